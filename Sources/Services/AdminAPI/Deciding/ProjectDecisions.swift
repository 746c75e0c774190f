package import ControlPlane
import Leaderboards

/// What is asked of a new project.
package struct NewProject: Sendable {
    /// Nil: one that nobody has.
    package var id: ProjectID?
    package var name: String
    package var environment: Project.Environment

    package init(id: ProjectID? = nil, name: String, environment: Project.Environment = .live) {
        self.id = id
        self.name = name
        self.environment = environment
    }
}

extension Project {
    /// - Parameter existing: the tenant's projects, as far as the quota makes them count.
    static func create(
        _ new: NewProject, id: ProjectID, in tenant: Tenant, existing: [Project], quota: Quota, at now: Timestamp
    ) throws(AdminProblem) -> Change<Project> {
        try tenant.checkNotDeleted()
        let project = Project(
            id: id, tenant: tenant.id, name: new.name, environment: new.environment, createdAt: now)
        var writes: [ControlWrite] = [.insert(.project(project))]
        if let allowed = quota.projects {
            try checkRoom(existing.count { !$0.isDeleted }, below: allowed, "projects", plan: tenant.plan)
            // Two at once must not both take the last place: the later one meets another version of the tenant.
            writes.append(.replace(.tenant(tenant)))
        }
        return Change(
            "project.create", project, of: tenant.id, writes: writes,
            detail: "name '\(new.name)', environment \(new.environment.rawValue)")
    }

    func renamed(_ name: String) throws(AdminProblem) -> Change<Project> {
        try checkNotDeleted()
        guard name != self.name else { return .none(self) }
        var project = self
        project.name = name
        return Change(
            "project.rename", project, of: tenant, writes: [.replace(.project(project))],
            detail: "name '\(self.name)' → '\(name)'")
    }

    func deleted() -> Change<Project> {
        guard !isDeleted else { return .none(self) }
        var project = self
        project.isDeleted = true
        return Change("project.delete", project, of: tenant, writes: [.replace(.project(project))])
    }

    /// Applies a merge patch to the settings; all that is wrong with the outcome is told at once.
    func configured(by patch: JSON, quota: Quota) throws -> Change<Project> {
        try checkNotDeleted()
        let findings = Findings()
        let merged = settings.json.merged(with: settings.completing(patch))
        let reader = ProjectSettingsReader(quota: quota, findings: findings)
        let settings = reader.settings(merged, patch: patch)
        try findings.check()
        guard settings != self.settings else { return .none(self) }
        var project = self
        project.settings = settings
        return Change(
            "project.configure", project, of: tenant, writes: [.replace(.project(project))],
            detail: settings.differences(from: self.settings))
    }

    func checkNotDeleted() throws(AdminProblem) {
        if isDeleted { throw AdminProblem(.projectDeleted, "Project \(id) was deleted, for good.") }
    }
}

/// Throws `plan_limit` unless there is room for one more.
func checkRoom(_ count: Int, below allowed: Int64, _ what: String, plan: PlanID) throws(AdminProblem) {
    guard Int64(count) >= allowed else { return }
    throw AdminProblem(.planLimit, "Plan \(plan) allows \(allowed) \(what), and there are \(count).")
}
