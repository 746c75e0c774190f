import ControlPlane

extension Plan {
    static func create(_ plan: Plan) -> Change<Plan> {
        Change(
            "plan.create", plan, of: nil, writes: [.insert(.plan(plan))],
            detail: "name '\(plan.name)', \(plan.quota.json)")
    }

    /// What it allows changes at once for all tenants that have it.
    func changed(name: String?, quota patch: JSON?) throws -> Change<Plan> {
        var plan = self
        if let name { plan.name = name }
        if let patch {
            let findings = Findings()
            plan.quota = Quota.read(ObjectReader(quota.json.merged(with: patch), at: "quota", findings))
            try findings.check()
        }
        guard plan != self else { return .none(self) }
        var details: [String] = []
        if plan.name != self.name { details.append("name '\(self.name)' → '\(plan.name)'") }
        if plan.quota != quota { details.append("\(quota.json) → \(plan.quota.json)") }
        return Change(
            "plan.change", plan, of: nil, writes: [.replace(.plan(plan))], detail: details.joined(separator: ", "))
    }
}
