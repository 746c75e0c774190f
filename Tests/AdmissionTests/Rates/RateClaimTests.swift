import Admission
import TestSupport
import Testing

@Suite("Several limits for one request")
struct RateClaimTests {
    private let key = RateIdentity(high: 1, low: 1 << 20)
    private let project = RateIdentity(high: 2, low: 2 << 20)
    private let user = RateIdentity(high: 3, low: 3 << 20)
    private let now = moment(1_000_000_000)

    @Test("if one refuses, nothing is taken from any", arguments: 0..<10)
    func allOrNothing(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let table = RateTable(capacity: 1024)
        let identities = (0..<6).map { RateIdentity(high: UInt64($0), low: UInt64($0) << 20) }
        let limits = identities.map { _ in RateLimit.random(&random) }
        var states = [RateState](repeating: RateState(), count: 6)
        var now: UInt64 = 1
        var refusedCount = 0
        for _ in 0..<3000 {
            now += random.next() % limits[0].step
            let chosen = (0..<6).filter { _ in random.chance(2) }
            guard !chosen.isEmpty else { continue }
            let claims = chosen.map { RateClaim(identities[$0], limits[$0], cost: random.below(limits[$0].burst + 1)) }
            var next = states
            let decisions = zip(chosen, claims).map { next[$0].decide($1.limit, cost: $1.cost, now: moment(now)) }
            let decision = table.decide(claims, now: moment(now))
            #expect(decision.isAllowed == decisions.allSatisfy(\.isAllowed))
            #expect(decision.decision == decisions[decision.claim])
            if decision.isAllowed {
                states = next
                #expect(decision.decision.remaining == decisions.map(\.remaining).min())
            } else {
                refusedCount += 1
                #expect(decision.decision.retryAfter == decisions.compactMap(\.retryAfter).max())
            }
            for (index, identity) in identities.enumerated() {
                var copy = states[index]
                #expect(
                    table.preview(identity, limits[index], now: moment(now))
                        == copy.decide(limits[index], now: moment(now)))
            }
        }
        #expect(refusedCount > 100)
    }

    @Test("the answer names the one that must be waited for longest, and one that can never be met above all")
    func refusals() {
        let table = RateTable(capacity: 64)
        let fast = RateLimit.made(10, burst: 1)
        let slow = RateLimit.made(1, per: 60, burst: 1)
        _ = table.decide([RateClaim(key, fast), RateClaim(project, slow)], now: now)
        let both = table.decide([RateClaim(user, fast), RateClaim(key, fast), RateClaim(project, slow)], now: now)
        #expect(both.claim == 2 && both.decision.retryAfterSeconds == 60)
        let never = table.decide([RateClaim(project, slow), RateClaim(user, fast, cost: 2)], now: now)
        #expect(never.claim == 1 && never.decision.verdict == .exceedsBurst)
        #expect(table.preview(user, fast, now: now).isAllowed)
    }

    @Test("if all allow, the answer is the tightest, for the headers")
    func tightest() {
        let table = RateTable(capacity: 64)
        let decision = table.decide(
            [RateClaim(key, .made(100)), RateClaim(project, .made(5)), RateClaim(user, .made(5, per: 60))], now: now)
        #expect(decision.isAllowed && decision.claim == 2 && decision.decision.remaining == 4)
    }

    @Test("a limit that stands twice in a request is taken from twice, or not at all")
    func twice() {
        let table = RateTable(capacity: 64)
        let limit = RateLimit.made(1, burst: 3)
        let claims = [RateClaim(key, limit), RateClaim(key, limit)]
        #expect(table.decide(claims, now: now).isAllowed)
        let second = table.decide(claims, now: now)
        #expect(!second.isAllowed && second.claim == 1)
        #expect(table.preview(key, limit, cost: 0, now: now).remaining == 1)
    }

    @Test("a request may have eight claims")
    func most() {
        let table = RateTable(capacity: 64)
        let claims = (0..<RateClaim.countMax).map { RateClaim(RateIdentity(UInt64($0)), .made(8 - $0)) }
        #expect(table.decide(claims, now: now).claim == 7)
    }

    @Test("threads that lose the race for the last of one limit give back what they took of another")
    func threads() async {
        let table = RateTable(capacity: 1024, segmentCount: 4)
        let scarce = RateLimit.made(1, per: 3600, burst: 500)
        let plenty = RateLimit.made(1, per: 3600, burst: 700)
        let (project, now) = (project, now)
        let taken = await withTaskGroup(of: (UInt64, Int).self) { group in
            for thread in 10..<16 as Range<UInt64> {
                group.addTask {
                    let claims = [
                        RateClaim(RateIdentity(high: thread, low: thread << 20), plenty), RateClaim(project, scarce),
                    ]
                    return (thread, (0..<600).count { _ in table.decide(claims, now: now).isAllowed })
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(taken.values.reduce(0, +) == 500)
        for (thread, count) in taken {
            let own = RateIdentity(high: thread, low: thread << 20)
            #expect(table.preview(own, plenty, cost: 0, now: now).remaining == 700 - count)
        }
    }
}
