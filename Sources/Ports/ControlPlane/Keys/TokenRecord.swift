package import Leaderboards

/// A member's token as it is stored: everything but the secret.
package struct TokenRecord: Hashable, Sendable {
    package var id: TokenID
    package var member: MemberID
    /// Shown to people.
    package var name: String
    package var digest: KeyDigest
    /// The first characters of the token.
    package var hint: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    /// The token that took its place.
    package var replacedBy: TokenID?
    package var version: Int64 = 0

    package init(
        id: TokenID, member: MemberID, name: String, digest: KeyDigest, hint: String, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, revokedAt: Timestamp? = nil, replacedBy: TokenID? = nil
    ) {
        self.id = id
        self.member = member
        self.name = name
        self.digest = digest
        self.hint = hint
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
    }

    package func isValid(at now: Timestamp) -> Bool {
        if let revokedAt, revokedAt <= now { return false }
        if let expiresAt, expiresAt <= now { return false }
        return true
    }
}
