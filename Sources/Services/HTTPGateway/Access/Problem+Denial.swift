import ControlPlane
import HTTPTypes
import Tenancy

/// What the gatekeeper's denials are to a client.
extension Problem {
    init(_ denial: Denial) {
        switch denial {
        case .missingCredential: self.init(.missingAPIKey, "Send it as X-Api-Key, or as Authorization: Bearer.")
        case .invalidCredential: self.init(.invalidAPIKey, "It is not known, was revoked, or has expired.")
        case .tenantSuspended: self.init(.tenantSuspended, "Its data stays. Whoever runs the service can tell why.")
        case .addressDenied: self.init(.addressDenied, "The project's settings say from where it may be called.")
        case .missingScope(let scope):
            self.init(.missingScope, "The request needs the scope \(scope.names.joined(separator: " and ")).")
        case .foreignLeaderboard: self.init(.foreignLeaderboard, "The key, or the token, is for others only.")
        case .authoritativeLeaderboard:
            self.init(.foreignLeaderboard, "Its scores come from the game's servers, not from players.")
        case .foreignUser: self.init(.foreignUser, "A player's token enters scores of its own user only.")
        case .rateLimited(let figures): self.init(figures)
        case .monthIsUsedUp(let limit):
            self.init(.planLimit, "The plan has \(limit) requests a month for each project, and they are used up.")
        case .invalidSignature(let reason): self.init(.signatureInvalid, reason)
        case .replayedSignature:
            self.init(.signatureReplayed, "A request with this time and nonce came before. Sign each anew.")
        case .unavailable:
            self.init(.unavailable, "Whether the key is valid can't be found out now.", retryAfter: 1)
        }
        if code.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
    }

    func saying(_ detail: String) -> Problem {
        var problem = self
        problem.detail = detail
        return problem
    }

    private init(_ figures: RateFigures) {
        let limit = figures.limit
        self.init(
            .rateLimited,
            "The limit of the \(figures.subject.rawValue) is \(limit.requests) requests in \(limit.seconds) s, "
                + "\(limit.burst) at once.",
            retryAfter: figures.retryAfterSeconds)
        headers.append(figures)
        if let wait = figures.retryAfterNanoseconds {
            counts = [("retry_after_milliseconds", Int((wait + 999_999) / 1_000_000))]
        }
    }
}
