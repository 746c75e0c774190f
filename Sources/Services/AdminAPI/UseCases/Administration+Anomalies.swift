package import ControlPlane
package import Leaderboards

extension Administration {
    /// What was found unusual of late, the newest first: of one project.
    package func anomalies(of id: ProjectID, limit: Int, _ call: AdminCall) async throws -> [AnomalyReport] {
        try await reading {
            try call.administrator.check(.look, in: try await existingProject(id, call).tenant)
            return await hooks.anomalies(id, nil, limit)
        }
    }

    /// The same of all projects of a tenant, or of all tenants.
    package func anomalies(of tenant: TenantID?, limit: Int, _ call: AdminCall) async throws -> [AnomalyReport] {
        let tenant = try call.administrator.scope(tenant)
        return try await reading {
            if let tenant { _ = try await existingTenant(tenant, call) }
            return await hooks.anomalies(nil, tenant, limit)
        }
    }
}

/// That somebody does what he did not use to do: a reason to look, not a proof.
package struct AnomalyReport: Sendable {
    package var time: Timestamp
    package var tenant: TenantID
    package var project: ProjectID
    /// Nil if it is the project as a whole.
    package var key: KeyID?
    /// If it is about the scores of one.
    package var leaderboard: String?
    /// Such as `request-surge`.
    package var kind: String
    /// A sentence with the numbers.
    package var explanation: String

    package init(
        time: Timestamp, tenant: TenantID, project: ProjectID, key: KeyID?, leaderboard: String? = nil, kind: String,
        explanation: String
    ) {
        self.time = time
        self.tenant = tenant
        self.project = project
        self.key = key
        self.leaderboard = leaderboard
        self.kind = kind
        self.explanation = explanation
    }
}
