import Admission
import TestSupport
import Testing

/// A token bucket as one would explain it: tokens drip in, a request takes some. It counts in nanoseconds of dripping, so
/// it is exact as well, and shares no line with GCRA.
struct TokenBucket {
    let interval: UInt64
    let burst: Int
    var nanoseconds: UInt64
    var last: UInt64 = 0

    init(_ limit: RateLimit) {
        let period = UInt64(limit.period / .nanoseconds(1))
        interval = (period + UInt64(limit.requests) - 1) / UInt64(limit.requests)
        burst = limit.burst
        nanoseconds = interval * UInt64(limit.burst)
    }

    mutating func decide(cost: Int, now: UInt64) -> RateDecision {
        let full = interval * UInt64(burst)
        nanoseconds = min(full, nanoseconds + (now - last))
        last = now
        var verdict = RateDecision.Verdict.allowed
        if cost > burst {
            verdict = .exceedsBurst
        } else if UInt64(cost) * interval > nanoseconds {
            verdict = .denied(retryAfterNanoseconds: UInt64(cost) * interval - nanoseconds)
        } else {
            nanoseconds -= UInt64(cost) * interval
        }
        return RateDecision(
            verdict: verdict, burst: burst, remaining: Int(nanoseconds / interval),
            untilFullNanoseconds: full - nanoseconds)
    }
}

func moment(_ nanoseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

extension RateLimit {
    static func made(_ requests: Int, per seconds: Int64 = 1, burst: Int? = nil) -> RateLimit {
        try! RateLimit(requests: requests, per: .seconds(seconds), burst: burst)
    }

    /// Limits of all kinds: some divide their period, some don't.
    static func random(_ random: inout SplitMix64) -> RateLimit {
        made(1 + random.below(2000), per: Int64(1 + random.below(100)), burst: 1 + random.below(50))
    }

    /// The bucket's nanoseconds of one request.
    var step: UInt64 { TokenBucket(self).interval }
}

@Suite("Rate limits")
struct RateLimitTests {
    @Test("a limit out of bounds is refused with its reason")
    func bounds() throws {
        func problem(_ requests: Int, _ period: Duration, _ burst: Int?) -> RateLimitProblem? {
            do throws(RateLimitProblem) {
                _ = try RateLimit(requests: requests, per: period, burst: burst)
                return nil
            } catch { return error }
        }
        #expect(problem(0, .seconds(1), nil) == .requests)
        #expect(problem(1_000_000_001, .seconds(86400), nil) == .requests)
        #expect(problem(1, .milliseconds(999), nil) == .period)
        #expect(problem(1, .seconds(31 * 86400 + 1), nil) == .period)
        #expect(problem(1, .seconds(1), 0) == .burst)
        #expect(problem(1, .seconds(1), 1_000_001) == .burst)
        #expect(problem(1_000_001, .seconds(1), 1) == .tooFast)
        #expect(problem(1, .seconds(31 * 86400), 2) == .burstLastsTooLong)
        for (requests, period, burst) in [
            (1_000_000, Duration.seconds(1), 1_000_000), (1, .seconds(31 * 86400), 1),
            (1_000_000_000, .seconds(31 * 86400), 1_000_000), (7, .seconds(31 * 86400), 7),
        ] { #expect(problem(requests, period, burst) == nil, "\(requests) per \(period), burst \(burst)") }
        #expect(RateLimitProblem.allCases.allSatisfy { !$0.description.isEmpty })
        #expect(RateLimit.made(20).burst == 20)
    }

    @Test("decides as a token bucket does, at whatever times and costs requests come", arguments: 0..<20)
    func twin(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let limit = RateLimit.random(&random)
        var state = RateState()
        var twin = TokenBucket(limit)
        var now: UInt64 = 0
        for _ in 0..<2000 {
            if !random.chance(3) { now += random.next() % (limit.step * UInt64(1 + random.below(4))) }
            if random.chance(200) { now += limit.step * UInt64(limit.burst) * 2 }
            let cost = random.chance(20) ? limit.burst + random.below(3) : random.below(5)
            #expect(state.decide(limit, cost: cost, now: moment(now)) == twin.decide(cost: cost, now: now))
        }
    }

    @Test("after a refusal the same request is allowed when it was told to come again, and not a nanosecond sooner")
    func retryAfter() throws {
        var random = SplitMix64(seed: 7)
        var refusedCount = 0
        for _ in 0..<200 {
            let limit = RateLimit.random(&random)
            var state = RateState()
            var now: UInt64 = random.next() >> 20
            for _ in 0..<50 {
                now += random.next() % limit.step
                let cost = 1 + random.below(limit.burst)
                guard case .denied(let wait) = state.decide(limit, cost: cost, now: moment(now)).verdict else {
                    continue
                }
                refusedCount += 1
                var sooner = state
                #expect(
                    sooner.decide(limit, cost: cost, now: moment(now + wait - 1)).verdict
                        == .denied(retryAfterNanoseconds: 1))
                #expect(state.decide(limit, cost: cost, now: moment(now + wait)).isAllowed)
                now += wait
            }
        }
        #expect(refusedCount > 1000)
    }

    @Test("in no stretch of time more gets through than the burst and what the rate allows", arguments: 0..<5)
    func longRun(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let limit = RateLimit.random(&random)
        var state = RateState()
        var taken: [(time: UInt64, cost: Int)] = []
        var now: UInt64 = 0
        for _ in 0..<1000 {
            now += random.next() % limit.step
            let cost = 1 + random.below(3)
            if state.decide(limit, cost: cost, now: moment(now)).isAllowed { taken.append((now, cost)) }
        }
        for start in stride(from: 0, to: taken.count, by: 7) {
            var sum = 0
            for (time, cost) in taken[start...] {
                sum += cost
                #expect(UInt64(sum) <= UInt64(limit.burst) + (time - taken[start].time) / limit.step)
            }
        }
    }

    @Test("a batch above the burst has a verdict of its own and takes nothing; asking costs nothing")
    func costs() {
        let limit = RateLimit.made(10, burst: 10)
        var state = RateState()
        let tooMuch = state.decide(limit, cost: 11, now: moment(5))
        #expect(tooMuch.verdict == .exceedsBurst && tooMuch.remaining == 10 && tooMuch.retryAfter == nil)
        #expect(state == RateState())
        #expect(state.decide(limit, cost: 10, now: moment(5)).remaining == 0)
        #expect(state.decide(limit, cost: 0, now: moment(5)).isAllowed)
        let refused = state.decide(limit, cost: 1, now: moment(5))
        #expect(refused.retryAfter == .milliseconds(100) && refused.retryAfterSeconds == 1)
        #expect(refused.untilFullSeconds == 1)
        #expect(state.decide(limit, cost: .max, now: moment(5)).verdict == .exceedsBurst)
    }

    @Test("what is given back is there again, and never more than was taken")
    func givingBack() {
        let limit = RateLimit.made(10, burst: 10)
        var state = RateState()
        _ = state.decide(limit, cost: 8, now: moment(1_000_000_000))
        state.giveBack(limit, cost: 5)
        #expect(state.decide(limit, cost: 0, now: moment(1_000_000_000)).remaining == 7)
        for _ in 0..<3 { state.giveBack(limit, cost: 10) }
        #expect(state.decide(limit, cost: 0, now: moment(1_000_000_000)).remaining == 10)
    }
}
