/// Whether a request may go on, with all that its client should be told.
package struct RateDecision: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case allowed
        /// The same request will be allowed this much later, if nothing else is until then.
        case denied(retryAfterNanoseconds: UInt64)
        /// It costs more than can ever be there at once. Waiting is no use; a smaller batch is.
        case exceedsBurst
    }

    package var verdict: Verdict
    /// The most that can be there.
    package var burst: Int
    /// What is left, after this request if it is allowed.
    package var remaining: Int
    /// How long until all of the burst is there again, if nothing is taken.
    package var untilFullNanoseconds: UInt64

    package init(verdict: Verdict, burst: Int, remaining: Int, untilFullNanoseconds: UInt64) {
        self.verdict = verdict
        self.burst = burst
        self.remaining = remaining
        self.untilFullNanoseconds = untilFullNanoseconds
    }

    package var isAllowed: Bool { verdict == .allowed }

    /// Nil if the request is allowed or never will be.
    package var retryAfter: Duration? {
        guard case .denied(let nanoseconds) = verdict else { return nil }
        return .nanoseconds(Int64(clamping: nanoseconds))
    }

    /// For `Retry-After`: rounded up, since a client that comes a little early is refused again.
    package var retryAfterSeconds: Int? {
        guard case .denied(let nanoseconds) = verdict else { return nil }
        return Self.secondsRoundedUp(nanoseconds)
    }

    /// For `RateLimit-Reset` and the like, rounded up.
    package var untilFullSeconds: Int { Self.secondsRoundedUp(untilFullNanoseconds) }

    private static func secondsRoundedUp(_ nanoseconds: UInt64) -> Int {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return Int(seconds) + (rest == 0 ? 0 : 1)
    }

    /// Whether this says more urgently than `other` that it is time to slow down.
    func isTighter(than other: RateDecision) -> Bool {
        if remaining != other.remaining { return remaining < other.remaining }
        return untilFullNanoseconds > other.untilFullNanoseconds
    }
}
