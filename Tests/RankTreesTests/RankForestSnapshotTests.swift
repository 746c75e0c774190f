import TestSupport
import RankTrees
import Testing

/// Snapshots taken in slices while commands go on.
@Suite struct RankForestSnapshotTests {
    @Test("A snapshot holds the moment it was begun, whatever happens after", arguments: 0..<40 as Range<UInt64>)
    func frozenContent(seed: UInt64) throws {
        var pair = ForestPair(seed: seed, slots: 120, keys: 30)
        var store = TwigStore()
        for round in 0..<6 {
            for _ in 0..<40 { try pair.randomCommand(growing: round < 4) }
            let list = pair.forest.beginSnapshot()
            let expected = pair.twin.trees
            var snapshot = TwigStore.Writer(list, over: store)
            for _ in 0..<30 {
                try pair.randomCommand(growing: round < 4)
                while let twig = pair.forest.takeSetAside() { snapshot.add(twig) }
                if pair.random.chance(4), let twig = pair.forest.takeNextTwig() { snapshot.add(twig) }
                if pair.random.chance(10) { pair.forest.touch(pair.randomSlot()) }
            }
            while let twig = pair.forest.takeNextTwig() { snapshot.add(twig) }
            guard round != 2 else {
                pair.forest.abandonSnapshot()
                continue
            }
            pair.forest.endSnapshot()
            // The last snapshot and the dirty twigs together are the state at the beginning.
            store = snapshot.finish()
            for (tree, entries) in expected.enumerated() {
                #expect(store.entries(in: tree) == entries, "seed \(seed), round \(round)")
            }
            try pair.forest.checkInvariants()
        }
    }

    @Test("Only twigs that changed are dirty")
    func dirtyTwigs() {
        var forest = RankForest(limits: .small)
        forest.append((0..<200).map { .init(key: UInt64($0) * 10, slot: UInt32($0)) }, to: 0)
        let first = forest.beginSnapshot()
        #expect(first.allSatisfy(\.isDirty) && first.count > 5)
        while forest.takeNextTwig() != nil {}
        forest.endSnapshot()

        let clean = forest.beginSnapshot()
        #expect(clean.map(\.id) == first.map(\.id) && clean.filter(\.isDirty) == [])
        if forest.takeNextTwig() != nil { Issue.record("a clean twig was taken") }
        forest.endSnapshot()

        forest.update(100, key: 1001)
        let changed = forest.beginSnapshot()
        #expect(changed.map(\.id) == first.map(\.id) && changed.count(where: \.isDirty) == 1)
        forest.abandonSnapshot()
        forest.touch(0)
        let touched = forest.beginSnapshot()
        #expect(touched.count(where: \.isDirty) == 2 && touched[0].isDirty, "what was given up is dirty still")
    }

    @Test("Twigs restored from stored chunks are clean, of whatever size, and keep their tags")
    func restoredTwigs() throws {
        var forest = RankForest(limits: .small)
        let sizes = [1, 32, 7, 31, 1, 15, 2, 2, 30]
        var start = 0
        for (index, size) in sizes.enumerated() {
            let entries = (start..<(start + size)).map { RankForest.Entry(key: UInt64($0 / 3), slot: UInt32($0)) }
            let id = try forest.appendTwig(entries, to: 1, storedAs: UInt64(1000 + index))
            #expect(forest.tag(ofTwig: id) == UInt64(1000 + index))
            start += size
        }
        try forest.checkInvariants()
        #expect(forest.entries(in: 1).map(\.slot) == (0..<UInt32(start)).map { $0 })
        let list = forest.beginSnapshot()
        #expect(list.map(\.entryCount) == sizes && list.map(\.tag) == sizes.indices.map { UInt64(1000 + $0) })
        #expect(list.filter(\.isDirty) == [])
        forest.endSnapshot()
        forest.setTag(7, ofTwig: list[2].id)
        #expect(forest.beginSnapshot()[2].tag == 7)
    }

    @Test("A snapshot survives that its trees are emptied")
    func emptiedTree() throws {
        var forest = RankForest(limits: .tiny)
        for slot in 0..<UInt32(100) { forest.insert(slot, key: UInt64(slot), in: slot % 2) }
        let expected = [forest.entries(in: 0), forest.entries(in: 1)]
        var snapshot = TwigStore.Writer(forest.beginSnapshot(), over: TwigStore())
        forest.removeAll(in: 0)
        forest.removeAll(in: 1)
        for slot in 0..<UInt32(100) { forest.insert(slot, key: 7, in: 1) }
        while let twig = forest.takeNextTwig() { snapshot.add(twig) }
        forest.endSnapshot()
        let store = snapshot.finish()
        #expect(store.entries(in: 0) == expected[0] && store.entries(in: 1) == expected[1])
        try forest.checkInvariants()
    }
}

/// A store of twigs, as a checkpoint would keep them: by id, and a table of contents.
private struct TwigStore {
    var contents: [RankForest.TwigReference] = []
    var twigs: [UInt32: [RankForest.Entry]] = [:]

    func entries(in tree: Int) -> [RankForest.Entry] {
        contents.filter { $0.tree == tree }.flatMap { twigs[$0.id]! }
    }

    struct Writer {
        let contents: [RankForest.TwigReference]
        let old: TwigStore
        var added: [UInt32: [RankForest.Entry]] = [:]

        init(_ contents: [RankForest.TwigReference], over old: TwigStore) {
            self.contents = contents
            self.old = old
        }

        mutating func add(_ twig: borrowing FrozenTwig) {
            #expect(added[twig.id] == nil, "a twig was taken twice")
            var entries: [RankForest.Entry] = []
            for place in 0..<twig.count { entries.append(.init(key: twig.key(at: place), slot: twig.slot(at: place))) }
            added[twig.id] = entries
        }

        func finish() -> TwigStore {
            var store = TwigStore(contents: contents)
            for twig in contents {
                #expect(twig.isDirty == (added[twig.id] != nil))
                let entries = twig.isDirty ? added[twig.id] : old.twigs[twig.id]
                #expect(entries?.count == twig.entryCount)
                store.twigs[twig.id] = entries
            }
            return store
        }
    }
}
