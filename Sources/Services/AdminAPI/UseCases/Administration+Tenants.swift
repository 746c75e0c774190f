package import ControlPlane

extension Administration {
    package func createTenant(_ new: NewTenant, _ call: AdminCall) async throws -> Tenant {
        try call.administrator.check(.operate, in: nil)
        let id = new.id ?? newID()
        return try await carryOut(call) { now in
            _ = try await existingPlan(new.plan)
            return Tenant.create(new, id: id, at: now)
        }
    }

    /// Deleted ones are left out unless they are asked for; so a page may be shorter than its limit and have a next one.
    package func tenants(
        withDeleted: Bool = false, after id: TenantID? = nil, limit: Int, _ call: AdminCall
    ) async throws -> AdminPage<Tenant> {
        try call.administrator.check(.operate, in: nil)
        return try await reading {
            let tenants = try await store.tenants(after: id, limit: limit)
            return AdminPage(
                items: tenants.filter { withDeleted || $0.status != .deleted },
                next: tenants.count < limit ? nil : tenants.last?.id.text)
        }
    }

    package func tenant(_ id: TenantID, _ call: AdminCall) async throws -> Tenant {
        try call.administrator.check(.look, in: id)
        return try await reading { try await existingTenant(id, call) }
    }

    package func renameTenant(_ id: TenantID, to name: String, _ call: AdminCall) async throws -> Tenant {
        try await changeTenant(id, .own, call) { tenant in try tenant.renamed(name) }
    }

    package func setPlan(of id: TenantID, to plan: PlanID, _ call: AdminCall) async throws -> Tenant {
        try await changeTenant(id, .operate, call) { tenant in
            _ = try await existingPlan(plan)
            return try tenant.withPlan(plan)
        }
    }

    package func suspendTenant(_ id: TenantID, _ call: AdminCall) async throws -> Tenant {
        try await changeTenant(id, .operate, call) { tenant in try tenant.suspended() }
    }

    package func resumeTenant(_ id: TenantID, _ call: AdminCall) async throws -> Tenant {
        try await changeTenant(id, .operate, call) { tenant in try tenant.resumed() }
    }

    package func deleteTenant(_ id: TenantID, _ call: AdminCall) async throws -> Tenant {
        try await changeTenant(id, .own, call) { tenant in
            tenant.deleted(with: try await allProjects(of: id))
        }
    }

    private func changeTenant(
        _ id: TenantID, _ right: Right, _ call: AdminCall, _ decide: (Tenant) async throws -> Change<Tenant>
    ) async throws -> Tenant {
        try call.administrator.check(right, in: id)
        return try await carryOut(call) { _ in
            let tenant = try await existingTenant(id, call)
            try tenant.check(call.version)
            return try await decide(tenant)
        }
    }

    func allProjects(of tenant: TenantID) async throws -> [Project] {
        try await all(\.id.text) { after, limit in
            try await store.projects(of: tenant, after: after.map(ProjectID.init(unchecked:)), limit: limit)
        }
    }
}
