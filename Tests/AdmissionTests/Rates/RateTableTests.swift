import Admission
import TestSupport
import Testing

@Suite("Rate tables")
struct RateTableTests {
    private func identity(_ number: Int) -> RateIdentity {
        var mixed = SplitMix64(seed: UInt64(number))
        return RateIdentity(high: mixed.next(), low: mixed.next())
    }

    @Test("decides for each identity as a state of its own does, as long as there is room", arguments: 0..<5)
    func twin(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let table = RateTable(capacity: 4096, segmentCount: 8)
        var states: [Int: RateState] = [:]
        let limit = RateLimit.random(&random)
        var now: UInt64 = 1
        for _ in 0..<20_000 {
            now += random.next() % limit.step
            let number = random.below(400)
            let cost = random.below(4)
            let decision = table.decide(identity(number), limit, cost: cost, now: moment(now))
            #expect(decision == states[number, default: RateState()].decide(limit, cost: cost, now: moment(now)))
            if random.chance(50) {
                table.giveBack(identity(number), limit, cost: 1)
                states[number]?.giveBack(limit, cost: 1)
            }
            if random.chance(100) {
                table.forget(identity(number))
                states[number] = nil
            }
            if random.chance(10) {
                var copy = states[number] ?? RateState()
                #expect(
                    table.preview(identity(number), limit, cost: 2, now: moment(now))
                        == copy.decide(limit, cost: 2, now: moment(now)))
            }
        }
        #expect(table.displacedCount == 0)
    }

    @Test("a table has the capacity asked for, within bounds, and never holds more")
    func capacity() {
        #expect(RateTable(capacity: 0).capacity == 16)
        #expect(RateTable(capacity: 17, segmentCount: 0).capacity == 32)
        #expect(RateTable(capacity: 16, segmentCount: 5000).capacity == 16)
        let table = RateTable(capacity: 256, segmentCount: 4)
        let limit = RateLimit.made(1, per: 60, burst: 5)
        for number in 0..<5000 { #expect(table.decide(identity(number), limit, now: moment(9)).isAllowed) }
        #expect(table.liveCount(now: moment(9)) == 256)
        #expect(table.displacedCount == 5000 - 256)
    }

    @Test("places of identities that are idle again are used anew, and nobody is displaced for them")
    func reuse() {
        let table = RateTable(capacity: 16)
        let limit = RateLimit.made(1, burst: 3)
        for round in 0..<50 {
            let now = moment(UInt64(round) * limit.step)
            for number in 0..<16 {
                #expect(table.decide(identity(round * 16 + number), limit, now: now).remaining == 2)
            }
        }
        #expect(table.displacedCount == 0)
        #expect(table.liveCount(now: moment(50 * limit.step)) == 0)
    }

    @Test("a full bucket gives up the one that owes least: whoever is limited stays limited")
    func displacement() {
        let table = RateTable(capacity: 16)
        let limit = RateLimit.made(1, burst: 10)
        let now = moment(1_000_000)
        // 15 that took all they had, and one that took a little.
        for number in 0..<15 { _ = table.decide(identity(number), limit, cost: 10, now: now) }
        _ = table.decide(identity(15), limit, cost: 1, now: now)
        // A thousand strangers come by once. Each takes the place of the last one.
        for number in 100..<1100 { #expect(table.decide(identity(number), limit, now: now).isAllowed) }
        #expect(table.displacedCount == 1000)
        for number in 0..<15 {
            #expect(
                table.preview(identity(number), limit, now: now).verdict == .denied(retryAfterNanoseconds: limit.step))
        }
        #expect(
            table.preview(identity(15), limit, now: now).remaining == 9, "forgotten, so whole again but for this one")
    }

    @Test("twice as large as what is active, a table displaces about one in a thousand")
    func sizing() {
        let table = RateTable(capacity: 16_384)
        let limit = RateLimit.made(1, burst: 10)
        for number in 0..<8192 { _ = table.decide(identity(number), limit, now: moment(1)) }
        #expect(table.displacedCount < 16)
        // Of 64-bit hashes just as well.
        let other = RateTable(capacity: 16_384)
        for number in 0..<8192 { _ = other.decide(RateIdentity(identity(number).high), limit, now: moment(1)) }
        #expect(other.displacedCount < 16)
    }

    @Test("threads that share identities together take each one's burst and no more")
    func threads() async {
        let table = RateTable(capacity: 1024, segmentCount: 4)
        let limit = RateLimit.made(10, burst: 100)
        let identities = (0..<20).map(identity)
        let taken = await withTaskGroup(of: Int.self) { group in
            for thread in 0..<6 as Range<UInt64> {
                group.addTask {
                    var random = SplitMix64(seed: thread)
                    return (0..<4000).count { _ in
                        table.decide(random.pick(identities), limit, now: moment(3)).isAllowed
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 20 * 100)
    }
}
