@testable import RankTrees
import TestSupport
import Testing

/// How full nodes are, how large a forest is, and that damage is seen.
@Suite struct RankForestShapeTests {
    @Test("Entries in ascending or descending order leave full leaves behind", arguments: [true, false])
    func orderedInserts(isAscending: Bool) throws {
        var forest = RankForest()
        for slot in 0..<UInt32(4000) {
            let key = UInt64(isAscending ? slot : 4000 - slot)
            #expect(forest.insert(slot, key: key, in: 0) == (isAscending ? Int(slot) : 0))
        }
        #expect(forest.leafFill > 0.97)
        try forest.checkInvariants()
    }

    @Test("Random updates keep leaves four fifths full, with many equal keys too", arguments: [1 << 40, 100, 3])
    func steadyFill(keys: Int) throws {
        var forest = RankForest()
        var random = SplitMix64(seed: 1)
        for slot in 0..<UInt32(6000) { forest.insert(slot, key: UInt64(random.below(keys)), in: 0) }
        #expect(forest.leafFill > 0.8)
        for _ in 0..<12_000 { forest.reposition(UInt32(random.below(6000)), key: UInt64(random.below(keys))) }
        #expect(forest.leafFill > 0.8)
        try forest.checkInvariants()
    }

    @Test("A long run of equals is searched, not walked")
    func longRun() throws {
        var forest = RankForest()
        forest.append((0..<20_000).map { .init(key: 5, slot: UInt32($0 * 2)) }, to: 0)
        var questions = 0
        let rank = forest.insert(20_001, key: 5, in: 0) { slot in
            questions += 1
            return slot < 20_001
        }
        #expect(rank == 10_001)
        #expect(questions < 40)
        try forest.checkInvariants { $0 < $1 }
    }

    @Test("A forest that is emptied gives its nodes back, and a small one is small")
    func memory() {
        var forest = RankForest()
        #expect(forest.memoryBytes < 100)
        for slot in 0..<UInt32(50) { forest.insert(slot, key: UInt64(slot % 7), in: 0) }
        #expect(forest.memoryBytes < 2048)
        for slot in 50..<UInt32(5000) { forest.insert(slot, key: UInt64(slot % 7), in: 0) }
        for slot in 0..<UInt32(5000) { forest.remove(slot) }
        #expect(forest.leaves.inUse == 0 && forest.twigs.inUse == 0 && forest.inners.inUse == 0)
    }

    @Test("Bulk-built trees are what inserts would have made, and can be appended to", arguments: [0, 1, 5, 61, 5000])
    func bulkBuild(count: Int) throws {
        let entries = (0..<count).map { RankForest.Entry(key: UInt64($0 / 4), slot: UInt32($0)) }
        for limits in [RankForest.Limits.tiny, .small, .full] {
            var forest = RankForest(countsDistinct: true, limits: limits)
            forest.append(entries.prefix(count / 3), to: 2)
            forest.append(entries.dropFirst(count / 3), to: 2)
            #expect(forest.entries(in: 2) == entries)
            #expect(forest.distinctCount(in: 2) == (count + 3) / 4)
            try forest.checkInvariants()
        }
    }

    @Test("A checker that sees damage: a wrong count, a wrong separator, a lost slot, a broken link")
    func canary() throws {
        func damaged(_ damage: (inout RankForest) -> Void) -> String? {
            var forest = RankForest(limits: .tiny)
            for slot in 0..<UInt32(100) { forest.insert(slot, key: UInt64(slot / 2), in: 0) }
            do throws(RankForest.Damage) {
                try forest.checkInvariants()
                damage(&forest)
                try forest.checkInvariants()
            } catch {
                return error.description
            }
            return nil
        }
        #expect(damaged { _ in } == nil)
        #expect(damaged { $0.inner($0.trees[0].root).add(1, at: 0) }?.contains("counts") == true)
        #expect(damaged { $0.twig(0).setFirst(key: 0, slot: 99, at: 1) }?.contains("first entry") == true)
        #expect(damaged { $0.leafOf[17] = $0.leafOf[99] }?.contains("does not know its leaf") == true)
        #expect(damaged { $0.leaf($0.leafOf[0]).next = 0 }?.contains("does not lead") == true)
        #expect(damaged { $0.leaf(3).remove(at: 0) } != nil)
        #expect(
            damaged { forest in
                forest.leafOf.reserve(200)
                forest.leafOf[200] = 1
            }?.contains("slot 200") == true)
        #expect(damaged { _ = $0.leaves.allocate() }?.contains("lost") == true)
    }
}
