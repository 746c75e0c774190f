import TestSupport
import RankTrees
import Testing

/// The forest against sorted arrays, with nodes so small that every path is taken.
@Suite struct RankForestModelTests {
    @Test("Whatever the commands, a forest answers as sorted arrays would", arguments: 0..<60 as Range<UInt64>)
    func randomCommands(seed: UInt64) throws {
        var pair = ForestPair(
            seed: seed, limits: seed % 2 == 0 ? .tiny : .small, trees: 1 + Int(seed % 3),
            slots: seed % 5 == 0 ? 150 : 50, keys: [4, 20, 1000][Int(seed % 3)])
        for step in 0..<250 {
            try pair.randomCommand(growing: step < 120)
            if step % 10 == 0 { try pair.forest.checkInvariants() }
        }
        try pair.compareEverything()
        try pair.drain()
    }

    @Test("A caller's own order among equals is kept", arguments: 0..<30 as Range<UInt64>)
    func ownOrder(seed: UInt64) throws {
        var pair = ForestPair(seed: seed, slots: 120, keys: seed % 2 == 0 ? 1 : 5)
        for slot in 0..<UInt32(120) { pair.twin.priority[slot] = pair.random.below(40) }
        for _ in 0..<250 {
            let slot = pair.randomSlot()
            let priority = pair.twin.priority
            let precedes: (UInt32) -> Bool = { priority[$0]! < priority[slot]! }
            let key = pair.randomKey()
            if pair.forest.contains(slot) {
                let removed = pair.twin.remove(slot)!
                if pair.random.chance(3) {
                    #expect(pair.forest.remove(slot) == removed)
                } else {
                    let newRank = pair.twin.insertByPriority(slot, key: key, in: Int(removed.tree))
                    #expect(
                        pair.forest.reposition(slot, key: key, orderedBy: precedes)
                            == .init(oldRank: removed.rank, newRank: newRank))
                }
            } else {
                let rank = pair.twin.insertByPriority(slot, key: key, in: 0)
                #expect(pair.forest.insert(slot, key: key, in: 0, orderedBy: precedes) == rank)
            }
            try pair.forest.checkInvariants { priority[$0]! <= priority[$1]! }
        }
        #expect(pair.forest.entries(in: 0) == pair.twin.trees[0])
    }

    @Test(
        "Placing adds, moves or leaves alone, in a caller's own order among equals", arguments: 0..<30 as Range<UInt64>)
    func placing(seed: UInt64) throws {
        let limits: RankForest.Limits = seed % 3 == 0 ? .small : .tiny
        var pair = ForestPair(seed: seed, limits: limits, slots: 120, keys: seed % 2 == 0 ? 2 : 9)
        for slot in 0..<UInt32(120) { pair.twin.priority[slot] = pair.random.below(40) }
        for step in 0..<400 {
            let (slot, key) = (pair.randomSlot(), pair.randomKey())
            if pair.random.chance(step < 200 ? 8 : 2) {
                #expect(pair.forest.remove(slot) == pair.twin.remove(slot))
                continue
            }
            let priority = pair.twin.priority
            // A tree in which an entry already is not is not the one that it moves in.
            let tree = pair.randomTree()
            let placed = pair.forest.place(slot, key: key, in: UInt32(tree)) { existing in
                #expect(existing != slot, "an entry is not asked about itself")
                return priority[existing]! < priority[slot]!
            }
            if let old = pair.twin.find(slot) {
                let oldKey = pair.twin.trees[old.tree][old.rank].key
                #expect((placed == nil) == (oldKey == key), "seed \(seed)")
                if oldKey == key { continue }
                _ = pair.twin.remove(slot)
                let newRank = pair.twin.insertByPriority(slot, key: key, in: old.tree)
                #expect(placed?.oldKey == oldKey && placed?.outcome == .init(oldRank: old.rank, newRank: newRank))
            } else {
                let newRank = pair.twin.insertByPriority(slot, key: key, in: tree)
                #expect(placed != nil && placed?.oldKey == nil)
                #expect(placed?.outcome == .init(oldRank: nil, newRank: newRank), "seed \(seed)")
            }
            if step % 10 == 0 { try pair.forest.checkInvariants { priority[$0]! <= priority[$1]! } }
        }
        for tree in pair.twin.trees.indices { #expect(pair.forest.entries(in: tree) == pair.twin.trees[tree]) }
    }

    @Test("Distinct keys are counted for dense ranks", arguments: 0..<20 as Range<UInt64>)
    func distinctKeys(seed: UInt64) throws {
        var pair = ForestPair(seed: seed, keys: 12, countsDistinct: true)
        for step in 0..<150 {
            try pair.randomCommand(growing: step < 80)
            let key = pair.randomKey()
            let tree = pair.randomTree()
            #expect(
                pair.forest.distinctCount(below: key, in: UInt32(tree))
                    == pair.twin.distinctCount(below: key, in: tree))
            if step % 20 == 0 { try pair.forest.checkInvariants() }
        }
        pair.forest.removeAll(in: 0)
        #expect(pair.forest.distinctCount(in: 0) == 0)
        try pair.forest.checkInvariants()
    }

    @Test("A batch gives what its commands give one by one", arguments: 0..<20 as Range<UInt64>)
    func batches(seed: UInt64) throws {
        var pair = ForestPair(seed: seed, limits: seed % 2 == 0 ? .tiny : .full, trees: 1, slots: 200, keys: 50)
        for _ in 0..<6 {
            let changes = (0..<(1 + pair.random.below(70))).map { _ in
                RankForest.Change(slot: pair.randomSlot(), tree: 0, key: pair.randomKey())
            }
            let outcomes = [RankForest.Outcome](unsafeUninitializedCapacity: changes.count) { buffer, count in
                buffer.initialize(repeating: .init(oldRank: nil, newRank: -1))
                changes.withUnsafeBufferPointer { pair.forest.apply($0, into: buffer) }
                count = changes.count
            }
            for (change, outcome) in zip(changes, outcomes) {
                let old = pair.twin.find(change.slot)
                #expect(outcome.oldRank == old?.rank)
                if let old, pair.twin.trees[0][old.rank].key == change.key {
                    #expect(outcome.newRank == old.rank)
                    continue
                }
                _ = pair.twin.remove(change.slot)
                #expect(outcome.newRank == pair.twin.insert(change.slot, key: change.key, in: 0, .afterEqual))
            }
            let slots = (0..<220).map { UInt32($0) }
            var ranks = [Int](repeating: 0, count: slots.count)
            slots.withUnsafeBufferPointer { slots in
                ranks.withUnsafeMutableBufferPointer { pair.forest.ranks(of: slots, into: $0) }
            }
            for slot in slots { #expect(ranks[Int(slot)] == pair.twin.find(slot)?.rank ?? -1) }
        }
        try pair.forest.checkInvariants()
    }
}

extension ForestPair {
    mutating func randomCommand(growing: Bool) throws {
        let slot = randomSlot()
        let key = randomKey()
        let placement: RankForest.Placement = random.chance(2) ? .afterEqual : .beforeEqual
        guard let old = twin.find(slot) else {
            let tree = randomTree()
            guard growing || random.chance(3) else {
                #expect(
                    forest.remove(slot) == nil && forest.rank(of: slot) == nil && forest.update(slot, key: 1) == nil)
                return
            }
            let rank = twin.insert(slot, key: key, in: tree, placement)
            #expect(forest.insert(slot, key: key, in: UInt32(tree), placing: placement) == rank, "seed \(seed)")
            return
        }
        switch random.below(growing ? 10 : 4) {
        case 0, 1:
            let removed = twin.remove(slot)
            #expect(forest.remove(slot) == removed, "seed \(seed)")
        case 2:
            let removed = twin.remove(slot)!
            let newRank = twin.insert(slot, key: key, in: old.tree, placement)
            let move = forest.reposition(slot, key: key, placing: placement)
            #expect(move == .init(oldRank: removed.rank, newRank: newRank), "seed \(seed)")
        default:
            let isSame = twin.trees[old.tree][old.rank].key == key
            if !isSame { _ = twin.remove(slot) }
            let newRank = isSame ? old.rank : twin.insert(slot, key: key, in: old.tree, placement)
            let move = forest.update(slot, key: key, placing: placement)
            #expect(move == .init(oldRank: old.rank, newRank: newRank), "seed \(seed)")
        }
    }

    mutating func compareEverything() throws {
        try forest.checkInvariants()
        #expect(forest.totalCount == twin.trees.reduce(0) { $0 + $1.count })
        for (tree, entries) in twin.trees.enumerated() {
            let number = UInt32(tree)
            #expect(forest.count(in: number) == entries.count)
            #expect(forest.entries(in: tree) == entries, "seed \(seed)")
            for (rank, entry) in entries.enumerated() {
                #expect(forest.rank(of: entry.slot) == rank)
                #expect(forest.key(of: entry.slot) == entry.key)
                #expect(forest.tree(of: entry.slot) == number)
                #expect(forest.entry(at: rank, in: number) == entry)
                #expect(forest.entry(before: entry.slot) == (rank == 0 ? nil : entries[rank - 1]))
                #expect(forest.entry(after: entry.slot) == (rank + 1 == entries.count ? nil : entries[rank + 1]))
            }
            for key in [0, 1, 2, 7, 19, 20, 500, UInt64.max - 1, .max] {
                #expect(forest.count(below: key, in: number) == twin.count(below: key, in: tree))
                #expect(forest.count(upTo: key, in: number) == twin.count(upTo: key, in: tree))
            }
            for _ in 0..<10 {
                let start = random.below(entries.count + 1)
                let range = start..<(start + random.below(entries.count + 2))
                let expected = Array(entries[range.clamped(to: 0..<entries.count)])
                var visited: [RankForest.Entry] = []
                forest.forEach(in: number, at: range) { entry in
                    visited.append(entry)
                    return true
                }
                #expect(visited == expected)
                visited = []
                forest.forEachDescending(in: number, at: range) { entry in
                    visited.append(entry)
                    return true
                }
                #expect(visited == expected.reversed())
                visited = []
                forest.forEachDescending(in: number) { entry in
                    visited.append(entry)
                    return visited.count < 3
                }
                #expect(visited == entries.suffix(3).reversed())
            }
            #expect(forest.entry(at: entries.count, in: number) == nil)
        }
    }

    /// Removes everything, in random order.
    mutating func drain() throws {
        for slot in (0..<UInt32(slots)).shuffled(using: &random) {
            let removed = twin.remove(slot)
            #expect(forest.remove(slot) == removed, "seed \(seed)")
            if slot % 8 == 0 { try forest.checkInvariants() }
        }
        try forest.checkInvariants()
        #expect(forest.totalCount == 0)
    }
}
