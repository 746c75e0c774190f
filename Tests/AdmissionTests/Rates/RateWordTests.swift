import Admission
import TestSupport
import Testing

/// A `RateWord` can't be copied into tasks; this shares one.
private final class SharedWord: Sendable { let word = RateWord() }

@Suite("Rate words")
struct RateWordTests {
    @Test("decides as the plain state does", arguments: 0..<10)
    func sameAsState(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let limit = RateLimit.random(&random)
        let word = RateWord()
        var state = RateState()
        var now: UInt64 = 0
        for _ in 0..<2000 {
            now += random.next() % (2 * limit.step)
            let cost = random.below(limit.burst + 2)
            #expect(
                word.decide(limit, cost: cost, now: moment(now)) == state.decide(limit, cost: cost, now: moment(now)))
            if random.chance(10) {
                word.giveBack(limit, cost: 1)
                state.giveBack(limit, cost: 1)
            }
        }
        word.reset()
        #expect(word.decide(limit, cost: 0, now: moment(now)).remaining == limit.burst)
    }

    @Test("of what is there at one moment threads together take all and no more")
    func oneMoment() async {
        let limit = RateLimit.made(1000, burst: 5000)
        let shared = SharedWord()
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<2000).count { _ in shared.word.decide(limit, now: moment(77)).isAllowed }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 5000)
    }

    @Test("while time goes on threads together take what one alone could, though their clocks differ")
    func movingTime() async {
        let limit = RateLimit.made(100, burst: 50)
        let shared = SharedWord()
        let steps: UInt64 = 3000
        let taken = await withTaskGroup(of: Int.self) { group in
            for thread in 0..<4 as Range<UInt64> {
                group.addTask {
                    var random = SplitMix64(seed: thread)
                    var taken = 0
                    for step in 0..<steps {
                        let now = moment(step * limit.step + random.next() % limit.step)
                        if shared.word.decide(limit, now: now).isAllowed { taken += 1 }
                        if random.chance(7), shared.word.decide(limit, now: now).isAllowed {
                            shared.word.giveBack(limit)
                        }
                    }
                    return taken
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken <= limit.burst + Int(steps))
        // A thread that runs ahead of the others is allowed all of its own.
        #expect(taken >= Int(steps) / 2)
    }
}
