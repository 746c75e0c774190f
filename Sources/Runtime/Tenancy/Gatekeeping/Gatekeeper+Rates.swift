internal import Admission
internal import ControlPlane

/// Whom a request is counted for.
struct Subjects {
    var project: ProjectAccess
    var key: KeyAccess?
    /// Of a player with a token.
    var user: RateIdentity?
    var address: IPAddress?
}

extension Gatekeeper {
    /// Takes what a request costs of every limit that it is subject to, or of none. Answers how it stands with the one that it
    /// came closest to; nil if there is no limit.
    func charge(_ subjects: Subjects, cost: Int) -> Result<RateFigures?, Denial> {
        let claims = claims(of: subjects, cost: cost)
        guard !claims.isEmpty else { return .success(nil) }
        let decision = rates.decide(claims.map { $0.claim }, now: clock.uptime())
        let (subject, claim) = claims[decision.claim]
        let figures = figures(decision.decision, subject, claim.limit)
        return decision.isAllowed ? .success(figures) : .failure(.rateLimited(figures))
    }

    /// The same for up to so many requests: takes as many as there are. Answers how many, and if it is not all, why.
    func charge(_ subjects: Subjects, upTo count: Int) -> (count: Int, denial: Denial?) {
        var taken = 0
        var cost = count
        while taken < count {
            switch charge(subjects, cost: cost) {
            case .success:
                taken += cost
                // The one that finds no room is asked for alone: it is told how long it must wait.
                cost = 1
            case .failure(let denial):
                guard cost > 1, case .rateLimited(let figures) = denial else { return (taken, denial) }
                // Another limit may have less left than this one.
                cost = max(1, min(cost - 1, figures.remaining))
            }
        }
        return (taken, nil)
    }

    private func claims(of subjects: Subjects, cost: Int) -> [(subject: RateFigures.Subject, claim: RateClaim)] {
        let project = subjects.project
        var claims: [(subject: RateFigures.Subject, claim: RateClaim)] = []
        if let limit = project.projectLimit {
            claims.append((.project, RateClaim(project.state.identity, limit, cost: cost)))
        }
        if let key = subjects.key, let limit = key.limit {
            claims.append((.key, RateClaim(key.identity, limit, cost: cost)))
        }
        if let user = subjects.user, let limit = project.userLimit {
            claims.append((.user, RateClaim(user, limit, cost: cost)))
        }
        if let address = subjects.address, let limit = project.addressLimit {
            claims.append((.address, RateClaim(identity(of: address, project), limit, cost: cost)))
        }
        return claims
    }

    private func identity(of address: IPAddress, _ project: ProjectAccess) -> RateIdentity {
        let limited = address.limited
        return RateIdentity(.address, project.project.id.text, high: limited.high, low: limited.low)
    }

    private func figures(
        _ decision: RateDecision, _ subject: RateFigures.Subject, _ limit: RateLimit
    ) -> RateFigures {
        var retryAfter: UInt64?
        if case .denied(let nanoseconds) = decision.verdict { retryAfter = nanoseconds }
        let rate = Rate(
            requests: limit.requests, seconds: Int(limit.period.components.seconds), burst: limit.burst)
        return RateFigures(
            subject: subject, limit: rate, remaining: decision.remaining,
            untilFullNanoseconds: decision.untilFullNanoseconds, retryAfterNanoseconds: retryAfter)
    }

    /// Whether an address may try another token, and with `fails` that one was none.
    func checkAddress(_ address: IPAddress?, of project: ProjectAccess, fails: Bool) -> Denial? {
        guard let address, let limit = project.addressLimit else { return nil }
        let identity = identity(of: address, project)
        let now = clock.uptime()
        let decision =
            fails ? rates.decide(identity, limit, now: now) : rates.preview(identity, limit, now: now)
        guard !decision.isAllowed else { return nil }
        return .rateLimited(figures(decision, .address, limit))
    }
}
