/// How often something may be done: `requests` in each `period` in the long run, and up to `burst` of them at once.
///
/// Kept as GCRA, the generic cell rate algorithm of ATM networks (ITU-T I.371): whoever is limited has one number, his
/// *theoretical arrival time*. It lies in the past if he is idle, and each unit of cost moves it `interval` ahead. He may go
/// on as long as it stays within `tolerance` of now. That is a token bucket of `burst` tokens which fills continuously, in
/// one word, without anything to do while nobody asks.
package struct RateLimit: Hashable, Sendable {
    package let requests: Int
    package let period: Duration
    package let burst: Int
    /// Nanoseconds between two units of cost at full rate. Rounded up: never more than the limit says gets through, and less
    /// than 0.1 % fewer.
    let interval: UInt64
    /// Nanoseconds of `burst` intervals: how far ahead of now the arrival time may be.
    let tolerance: UInt64

    package static let requestsAccepted = 1...1_000_000_000
    package static let periodAccepted = Duration.seconds(1)...Duration.seconds(31 * 86400)
    package static let burstAccepted = 1...1_000_000
    /// Requests come at most every microsecond: beyond, rounding to nanoseconds would be felt.
    package static let intervalNanosecondsMin: UInt64 = 1000
    /// An empty bucket is full again within 31 days: so long, at most, is anybody remembered.
    package static let toleranceMax = Duration.seconds(31 * 86400)

    /// - Parameter burst: as many as `requests` if nil
    package init(requests: Int, per period: Duration, burst: Int? = nil) throws(RateLimitProblem) {
        let burst = burst ?? min(requests, Self.burstAccepted.upperBound)
        guard Self.requestsAccepted.contains(requests) else { throw .requests }
        guard Self.periodAccepted.contains(period) else { throw .period }
        guard Self.burstAccepted.contains(burst) else { throw .burst }
        let (quotient, remainder) = period.wholeNanoseconds.quotientAndRemainder(dividingBy: UInt64(requests))
        interval = quotient + (remainder == 0 ? 0 : 1)
        guard quotient >= Self.intervalNanosecondsMin else { throw .tooFast }
        let (tolerance, overflow) = interval.multipliedReportingOverflow(by: UInt64(burst))
        guard !overflow, tolerance <= Self.toleranceMax.wholeNanoseconds + UInt64(burst) else {
            throw .burstLastsTooLong
        }
        self.tolerance = tolerance
        self.requests = requests
        self.period = period
        self.burst = burst
    }
}

/// Why a limit is none.
package enum RateLimitProblem: Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case requests, period, burst, tooFast, burstLastsTooLong

    package var description: String {
        switch self {
        case .requests: "requests must be 1 to 1000000000"
        case .period: "the period must be 1 second to 31 days"
        case .burst: "the burst must be 1 to 1000000"
        case .tooFast: "there may be at most 1000000 requests a second"
        case .burstLastsTooLong: "at this rate the burst would take more than 31 days to be there again"
        }
    }
}

extension RateLimit {
    /// Decides about a request for someone whose theoretical arrival time is `arrival`, and says what it becomes. It stays as
    /// it is unless the request is allowed: asking in vain costs nothing.
    ///
    /// Exact: after a refusal the same request is allowed `retryAfter` later if nothing else was, and not a nanosecond sooner.
    func evaluate(arrival: UInt64, cost: Int, now: MonotonicTime) -> (decision: RateDecision, arrival: UInt64) {
        precondition(cost >= 0, "a request can't give back")
        let now = now.nanoseconds
        let base = max(arrival, now)
        guard cost <= burst else {
            return (decision(.exceedsBurst, debt: base - now), arrival)
        }
        let next = base + UInt64(cost) * interval
        let debt = next - now
        guard debt <= tolerance || cost == 0 else {
            return (decision(.denied(retryAfterNanoseconds: debt - tolerance), debt: base - now), arrival)
        }
        return (decision(.allowed, debt: debt), cost == 0 ? arrival : next)
    }

    private func decision(_ verdict: RateDecision.Verdict, debt: UInt64) -> RateDecision {
        // More than the tolerance only if it was run up under a more generous limit.
        let left = debt < tolerance ? tolerance - debt : 0
        return RateDecision(
            verdict: verdict, burst: burst, remaining: Int(left / interval), untilFullNanoseconds: debt)
    }

    /// Takes back what an allowed request of this cost took.
    func givingBack(_ cost: Int, arrival: UInt64) -> UInt64 {
        let taken = UInt64(cost) * interval
        return arrival > taken ? arrival - taken : 0
    }
}
