package import Admission
package import ControlPlane

extension Administration {
    package func createProject(
        _ new: NewProject, in tenant: TenantID, _ call: AdminCall
    ) async throws -> Project {
        try call.administrator.check(.manage, in: tenant)
        let id = new.id ?? newID()
        return try await carryOut(call) { now in
            let owner = try await existingTenant(tenant, call)
            let quota = try await existingPlan(owner.plan).quota
            return try Project.create(
                new, id: id, in: owner, existing: quota.projects == nil ? [] : try await allProjects(of: tenant),
                quota: quota, at: now)
        }
    }

    /// Of one tenant or of all. Deleted ones are left out unless they are asked for.
    package func projects(
        of tenant: TenantID?, withDeleted: Bool = false, after id: ProjectID? = nil, limit: Int, _ call: AdminCall
    ) async throws -> AdminPage<Project> {
        let tenant = try call.administrator.scope(tenant)
        return try await reading {
            if let tenant { _ = try await existingTenant(tenant, call) }
            let projects = try await store.projects(of: tenant, after: id, limit: limit)
            return AdminPage(
                items: projects.filter { withDeleted || !$0.isDeleted },
                next: projects.count < limit ? nil : projects.last?.id.text)
        }
    }

    package func project(_ id: ProjectID, _ call: AdminCall) async throws -> Project {
        try await reading {
            let project = try await existingProject(id, call)
            try call.administrator.check(.look, in: project.tenant)
            return project
        }
    }

    package func renameProject(_ id: ProjectID, to name: String, _ call: AdminCall) async throws -> Project {
        try await changeProject(id, .manage, call) { project in try project.renamed(name) }
    }

    package func deleteProject(_ id: ProjectID, _ call: AdminCall) async throws -> Project {
        try await changeProject(id, .manage, call) { project in project.deleted() }
    }

    /// Applies a merge patch (RFC 7396) to the settings.
    package func configureProject(_ id: ProjectID, by patch: JSON, _ call: AdminCall) async throws -> Project {
        try await changeProject(id, .configure, call) { project in
            let tenant = try await existingTenant(project.tenant, call)
            let quota = try await existingPlan(tenant.plan).quota
            return try project.configured(by: patch, quota: quota)
        }
    }

    /// What bounds a project: its plan, its rates, and what it uses of both.
    package func limits(of id: ProjectID, _ call: AdminCall) async throws -> ProjectLimits {
        try await reading {
            let project = try await existingProject(id, call)
            try call.administrator.check(.look, in: project.tenant)
            let plan = try await existingPlan(try await existingTenant(project.tenant, call).plan)
            let now = clock()
            var use = await hooks.use(id)
            use["keys"] = Int64(try await allKeys(of: id).count { $0.isValid(at: now) && $0.replacedBy == nil })
            use["projects"] = Int64(try await allProjects(of: project.tenant).count { !$0.isDeleted })
            return ProjectLimits(project: project, plan: plan, use: use)
        }
    }

    /// What the request filter of a project does and has found.
    package func filter(of id: ProjectID, _ call: AdminCall) async throws -> FilterReport {
        try await reading {
            let project = try await existingProject(id, call)
            try call.administrator.check(.look, in: project.tenant)
            return FilterReport(project: project, counts: await hooks.filtered(id))
        }
    }

    private func changeProject(
        _ id: ProjectID, _ right: Right, _ call: AdminCall, _ decide: (Project) async throws -> Change<Project>
    ) async throws -> Project {
        try await carryOut(call) { _ in
            let project = try await existingProject(id, call)
            try call.administrator.check(right, in: project.tenant)
            try project.check(call.version)
            return try await decide(project)
        }
    }
}

package struct ProjectLimits: Sendable {
    package var project: Project
    package var plan: Plan
    /// By metric.
    package var use: [String: Int64]
}

package struct FilterReport: Sendable {
    package var project: Project
    /// Rules that were not met may be missing.
    package var counts: [FilterRule: FilterCounts]
}
