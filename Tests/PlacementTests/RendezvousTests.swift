import Leaderboards
import TestSupport
import Testing

@testable import Placement

/// The hash beneath it, and its logarithm in integers.
@Suite("Rendezvous hashing")
struct RendezvousTests {
    @Test("Logarithms are those of real numbers, to eight digits behind the point")
    func logarithms() {
        #expect(Rendezvous.logarithm(of: 1) == 0)
        for shift in UInt64(0)..<64 { #expect(Rendezvous.logarithm(of: 1 << shift) == shift << 32) }
        // log₂ 3 = 1.584962500721156…, log₂ 10 = 3.321928094887362…, log₂ (2⁶⁴ − 1) = 63.99999999999999999992…
        #expect(Rendezvous.logarithm(of: 3) == 6_807_362_105)
        #expect(Rendezvous.logarithm(of: 10) == 14_267_572_527)
        #expect(Rendezvous.logarithm(of: .max) == (64 << 32) - 1)
    }

    @Test("Logarithms rise with the number")
    func monotony() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            let value = random.next() >> UInt64(random.below(60))
            guard value > 0, value < .max else { continue }
            #expect(Rendezvous.logarithm(of: value) <= Rendezvous.logarithm(of: value + 1))
        }
    }

    @Test("Each node is preferred in proportion to its weight")
    func proportions() {
        let nodes = [50, 100, 150, 300].enumerated().map { (NodeID(UInt64($0.offset)), $0.element, $0.offset) }
        var counts = [0, 0, 0, 0]
        for shard in 0..<24_000 { counts[Rendezvous.preference(of: ShardID(UInt16(shard)), among: nodes)[0]] += 1 }
        // Four standard deviations of a binomial count are at most 310.
        for (count, expected) in zip(counts, [2000, 4000, 6000, 12_000]) { #expect(abs(count - expected) < 310) }
    }

    @Test("Numbers that follow each other give hashes that have nothing in common")
    func avalanche() {
        var differing = 0
        for number in UInt64(0)..<256 {
            differing +=
                (Rendezvous.hash(ShardID(7), NodeID(number)) ^ Rendezvous.hash(ShardID(7), NodeID(number + 1)))
                .nonzeroBitCount
        }
        #expect(30 * 256...34 * 256 ~= differing)
        #expect(Rendezvous.hash(ShardID(0), NodeID(0)) == 575_854_417_547_002_445)
    }
}
