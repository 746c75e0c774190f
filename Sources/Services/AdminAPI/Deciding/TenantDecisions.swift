package import ControlPlane
import Leaderboards

/// What is asked of a new tenant.
package struct NewTenant: Sendable {
    /// Nil: one that nobody has.
    package var id: TenantID?
    package var name: String
    package var plan: PlanID

    package init(id: TenantID? = nil, name: String, plan: PlanID = Plan.free.id) {
        self.id = id
        self.name = name
        self.plan = plan
    }
}

extension Tenant {
    static func create(_ new: NewTenant, id: TenantID, at now: Timestamp) -> Change<Tenant> {
        let tenant = Tenant(id: id, name: new.name, plan: new.plan, createdAt: now)
        return Change(
            "tenant.create", tenant, of: id, writes: [.insert(.tenant(tenant))],
            detail: "name '\(new.name)', plan \(new.plan)")
    }

    func renamed(_ name: String) throws(AdminProblem) -> Change<Tenant> {
        try checkNotDeleted()
        return changed("tenant.rename", detail: "name '\(self.name)' → '\(name)'") { $0.name = name }
    }

    func withPlan(_ plan: PlanID) throws(AdminProblem) -> Change<Tenant> {
        try checkNotDeleted()
        return changed("tenant.set_plan", detail: "plan \(self.plan) → \(plan)") { $0.plan = plan }
    }

    func suspended() throws(AdminProblem) -> Change<Tenant> {
        try checkNotDeleted()
        return changed("tenant.suspend") { $0.status = .suspended }
    }

    func resumed() throws(AdminProblem) -> Change<Tenant> {
        try checkNotDeleted()
        return changed("tenant.resume") { $0.status = .active }
    }

    /// For good, and its projects with it.
    func deleted(with projects: [Project]) -> Change<Tenant> {
        let live = projects.filter { !$0.isDeleted }
        var change = changed(
            "tenant.delete", detail: live.isEmpty ? "" : "with \(live.map(\.id.text).joined(separator: ", "))"
        ) { $0.status = .deleted }
        guard !change.writes.isEmpty else { return change }
        for var project in live {
            project.isDeleted = true
            change.writes.append(.replace(.project(project)))
        }
        return change
    }

    func checkNotDeleted() throws(AdminProblem) {
        if status == .deleted { throw AdminProblem(.tenantDeleted, "Tenant \(id) was deleted, for good.") }
    }

    private func changed(
        _ action: String, detail: String = "", _ body: (inout Tenant) -> Void
    ) -> Change<Tenant> {
        var tenant = self
        body(&tenant)
        if tenant == self { return .none(self) }
        return Change(action, tenant, of: id, writes: [.replace(.tenant(tenant))], detail: detail)
    }
}
