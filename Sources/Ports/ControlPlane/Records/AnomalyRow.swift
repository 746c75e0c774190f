package import Leaderboards

/// An anomaly that a node has found, as it is kept.
package struct AnomalyRow: Hashable, Sendable {
    package var time: Timestamp
    package var tenant: TenantID
    package var project: ProjectID
    /// Both nil if it is about the project as a whole.
    package var key: KeyID?
    package var leaderboard: String?
    /// Such as `request-surge`.
    package var kind: String
    package var observed: Double
    package var expected: Double
    package var deviation: Double
    /// Two letters.
    package var country: String?
    package var explanation: String

    package init(
        time: Timestamp, tenant: TenantID, project: ProjectID, key: KeyID? = nil, leaderboard: String? = nil,
        kind: String, observed: Double, expected: Double, deviation: Double, country: String? = nil,
        explanation: String
    ) {
        self.time = time
        self.tenant = tenant
        self.project = project
        self.key = key
        self.leaderboard = leaderboard
        self.kind = kind
        self.observed = observed
        self.expected = expected
        self.deviation = deviation
        self.country = country
        self.explanation = explanation
    }
}
