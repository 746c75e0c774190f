/// What a request asks of one of the limits that it is subject to: those of its key, project, user, address.
package struct RateClaim: Hashable, Sendable {
    /// The most for one request.
    package static let countMax = 8

    package var identity: RateIdentity
    package var limit: RateLimit
    package var cost: Int

    package init(_ identity: RateIdentity, _ limit: RateLimit, cost: Int = 1) {
        self.identity = identity
        self.limit = limit
        self.cost = cost
    }
}

/// What became of a request that is subject to several limits.
package struct CombinedRateDecision: Hashable, Sendable {
    /// Which of the claims, in the order given, the client should hear of. If the request is refused: the one that refuses
    /// it, with several the one that must be waited for longest, or for ever. Otherwise the tightest: the one with the least
    /// remaining, and of those the one that takes longest to be full again.
    package var claim: Int
    /// That claim's decision, and thereby the request's.
    package var decision: RateDecision

    package var isAllowed: Bool { decision.isAllowed }
}

extension RateTable {
    /// All or nothing: the request is allowed if every claim is, and if one is refused nothing is taken from any.
    ///
    /// All are looked at before the first takes anything, so a flood of requests that one limit refuses does not touch the
    /// others, not even for a moment. Only if another thread takes the last of something in between, what was already taken
    /// is given back; a third may meanwhile have found a little less than there was.
    ///
    /// - Parameter claims: 1 to `RateClaim.countMax`. One identity may stand in several
    package func decide(_ claims: [RateClaim], now: MonotonicTime) -> CombinedRateDecision {
        precondition(1...RateClaim.countMax ~= claims.count, "a request has 1 to 8 claims")
        let preview = worst(of: claims) { self.preview($0.identity, $0.limit, cost: $0.cost, now: now) }
        return preview.isAllowed ? take(claims, now: now) : preview
    }

    private func take(_ claims: [RateClaim], now: MonotonicTime) -> CombinedRateDecision {
        var tightest: CombinedRateDecision?
        for (index, claim) in claims.enumerated() {
            let decision = decide(claim.identity, claim.limit, cost: claim.cost, now: now)
            guard decision.isAllowed else {
                for taken in claims[..<index] { giveBack(taken.identity, taken.limit, cost: taken.cost) }
                return CombinedRateDecision(claim: index, decision: decision)
            }
            if tightest.map({ decision.isTighter(than: $0.decision) }) ?? true {
                tightest = CombinedRateDecision(claim: index, decision: decision)
            }
        }
        return tightest!
    }

    private func worst(of claims: [RateClaim], _ decide: (RateClaim) -> RateDecision) -> CombinedRateDecision {
        var worst: CombinedRateDecision?
        for (index, claim) in claims.enumerated() {
            let decision = decide(claim)
            if worst.map({ decision.isWorse(than: $0.decision) }) ?? true {
                worst = CombinedRateDecision(claim: index, decision: decision)
            }
        }
        return worst!
    }
}

extension RateDecision {
    fileprivate func isWorse(than other: RateDecision) -> Bool {
        switch (verdict, other.verdict) {
        case (.denied(let wait), .denied(let otherWait)): wait > otherWait
        case (.allowed, .allowed): isTighter(than: other)
        default: severity > other.severity
        }
    }

    private var severity: Int {
        switch verdict {
        case .allowed: 0
        case .denied: 1
        case .exceedsBurst: 2
        }
    }
}
