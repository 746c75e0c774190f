package import ControlPlane

/// Who asks, and what he may: what a key, or a player's token, says of a request.
///
/// One object for each key and each version of it, so that a request allocates none.
package final class Caller: Sendable {
    package let tenant: TenantID
    package let project: ProjectID
    /// The key; nil if it is a player with a token.
    package let key: KeyID?
    /// The only user that a player submits for.
    package let user: String?
    package let scopes: Scopes
    /// Scores are taken only with a signature.
    package let mustSign: Bool
    /// What is looked for in the texts that he sends; nil if nothing is.
    package let filter: ProjectFilter?
    private let leaderboards: LeaderboardFilter?
    private let authoritative: LeaderboardFilter?
    private let userBytes: [UInt8]
    /// Of the project, and of the key.
    private let traffic: [TrafficCounter]

    init(
        tenant: TenantID, project: ProjectID, key: KeyID?, scopes: Scopes, leaderboards: LeaderboardFilter? = nil,
        mustSign: Bool, user: String? = nil, authoritative: LeaderboardFilter? = nil,
        filter: ProjectFilter? = nil, traffic: [TrafficCounter] = []
    ) {
        self.tenant = tenant
        self.project = project
        self.key = key
        self.user = user
        self.scopes = scopes
        self.mustSign = mustSign
        self.filter = filter
        self.leaderboards = leaderboards
        self.authoritative = authoritative
        userBytes = Array((user ?? "").utf8)
        self.traffic = traffic
    }

    /// So many of his requests were let in and answered with an error.
    package func note(errors: Int) { for counter in traffic { counter.count(errors: errors) } }

    /// He may touch every leaderboard of the project, as far as his scopes go, for every user.
    package var isUnrestricted: Bool { leaderboards == nil && user == nil }

    /// He may see every leaderboard of the project.
    package var seesAllLeaderboards: Bool { leaderboards == nil }

    package func mayUse(leaderboard id: some Collection<UInt8>) -> Bool { leaderboards?.includes(id) ?? true }

    /// What keeps a score from being entered, if anything does. He has the scope to write.
    package func denial(ofScoreOn leaderboard: some Collection<UInt8>, for user: some Collection<UInt8>) -> Denial? {
        guard mayUse(leaderboard: leaderboard) else { return .foreignLeaderboard }
        guard self.user != nil else { return nil }
        guard user.elementsEqual(userBytes) else { return .foreignUser }
        if let authoritative, authoritative.includes(leaderboard) { return .authoritativeLeaderboard }
        return nil
    }
}
