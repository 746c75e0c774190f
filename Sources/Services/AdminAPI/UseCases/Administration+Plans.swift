package import ControlPlane
import Leaderboards

extension Administration {
    package func plans(_ call: AdminCall) async throws -> [Plan] {
        try call.administrator.check(.operate, in: nil)
        return try await reading { try await store.plans() }
    }

    package func plan(_ id: PlanID, _ call: AdminCall) async throws -> Plan {
        try call.administrator.check(.operate, in: nil)
        return try await reading { try await existingPlan(id) }
    }

    package func createPlan(_ plan: Plan, _ call: AdminCall) async throws -> Plan {
        try call.administrator.check(.operate, in: nil)
        return try await carryOut(call) { _ in Plan.create(plan) }
    }

    /// - Parameter quota: a merge patch.
    package func changePlan(
        _ id: PlanID, name: String?, quota: JSON?, _ call: AdminCall
    ) async throws -> Plan {
        try call.administrator.check(.operate, in: nil)
        return try await carryOut(call) { _ in
            let plan = try await existingPlan(id)
            try plan.check(call.version)
            return try plan.changed(name: name, quota: quota)
        }
    }
}

extension Administration {
    /// Newest first, of one tenant or of all.
    package func audit(
        of tenant: TenantID?, before: Int64? = nil, limit: Int, _ call: AdminCall
    ) async throws -> AdminPage<AuditEntry> {
        let tenant = try call.administrator.scope(tenant)
        return try await reading {
            if let tenant { _ = try await existingTenant(tenant, call) }
            let entries = try await store.audit(of: tenant, before: before, limit: limit)
            return AdminPage(
                items: entries, next: entries.count < limit ? nil : entries.last.map { String($0.revision) })
        }
    }

    /// What a project has used on days, counted from 1970-01-01, and what it uses now.
    package func usage(
        of id: ProjectID, days: ClosedRange<Int>, _ call: AdminCall
    ) async throws -> (rows: [UsageRow], now: [String: Int64]) {
        try await reading {
            try call.administrator.check(.look, in: try await existingProject(id, call).tenant)
            return (try await store.usage(of: id, days: days), await hooks.use(id))
        }
    }

    /// The day that it is.
    package var today: Int { CivilTime(clock()).date.dayNumber }
}
