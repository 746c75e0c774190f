package import ControlPlane

/// Why a request is not let in.
package enum Denial: Error, Hashable, Sendable {
    /// There is no key and no token.
    case missingCredential
    /// Not known, revoked, expired, or of a project that is no more. Which of these is not told.
    case invalidCredential
    case tenantSuspended
    case addressDenied
    case missingScope(Scopes)
    case foreignLeaderboard
    /// A player's token submits for its own user only.
    case foreignUser
    /// Scores come from the game's own servers only.
    case authoritativeLeaderboard
    case rateLimited(RateFigures)
    /// The plan's requests of the month are used up.
    case monthIsUsedUp(limit: Int64)
    /// The signature is missing, malformed, too old or wrong.
    case invalidSignature(String)
    /// A request with this signature came before.
    case replayedSignature
    /// The database has been out of reach for so long that it is not known whether there is such a key.
    case unavailable
}

/// How a request stands with the limit that it came closest to, or that refuses it.
package struct RateFigures: Hashable, Sendable {
    /// What is limited.
    package var subject: Subject
    package var limit: Rate
    package var remaining: Int
    /// Until the whole burst is there again.
    package var untilFullNanoseconds: UInt64
    /// Until the same request would be allowed; nil if it is, or never will be.
    package var retryAfterNanoseconds: UInt64?

    package enum Subject: String, Hashable, Sendable, CaseIterable {
        case project, key, user, address
    }

    package init(
        subject: Subject, limit: Rate, remaining: Int, untilFullNanoseconds: UInt64, retryAfterNanoseconds: UInt64?
    ) {
        self.subject = subject
        self.limit = limit
        self.remaining = remaining
        self.untilFullNanoseconds = untilFullNanoseconds
        self.retryAfterNanoseconds = retryAfterNanoseconds
    }

    /// Rounded up, since a client that comes a little early is refused again.
    package var retryAfterSeconds: Int? { retryAfterNanoseconds.map { Self.seconds($0) } }
    package var untilFullSeconds: Int { Self.seconds(untilFullNanoseconds) }

    private static func seconds(_ nanoseconds: UInt64) -> Int { Int((nanoseconds + 999_999_999) / 1_000_000_000) }
}
