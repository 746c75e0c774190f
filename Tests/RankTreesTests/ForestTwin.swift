import RankTrees
import TestSupport

extension RankForest.Limits {
    /// Small enough that a dozen entries split and merge.
    static let tiny = RankForest.Limits(leaf: 4, twig: 3, inner: 3)
    static let small = RankForest.Limits(leaf: 8, twig: 4, inner: 4)
}

/// What a forest should do, done by sorted arrays.
struct ForestTwin {
    var trees: [[RankForest.Entry]]
    /// For the caller's order among equals: the lower goes first.
    var priority: [UInt32: Int] = [:]

    init(trees: Int) { self.trees = Array(repeating: [], count: trees) }

    func find(_ slot: UInt32) -> (tree: Int, rank: Int)? {
        for (tree, entries) in trees.enumerated() {
            if let rank = entries.firstIndex(where: { $0.slot == slot }) { return (tree, rank) }
        }
        return nil
    }

    func count(below key: UInt64, in tree: Int) -> Int { trees[tree].count { $0.key < key } }
    func count(upTo key: UInt64, in tree: Int) -> Int { trees[tree].count { $0.key <= key } }
    func distinctCount(below key: UInt64, in tree: Int) -> Int {
        Set(trees[tree].filter { $0.key < key }.map(\.key)).count
    }

    mutating func insert(_ slot: UInt32, key: UInt64, in tree: Int, _ placement: RankForest.Placement) -> Int {
        let rank = placement == .afterEqual ? count(upTo: key, in: tree) : count(below: key, in: tree)
        trees[tree].insert(.init(key: key, slot: slot), at: rank)
        return rank
    }

    mutating func insertByPriority(_ slot: UInt32, key: UInt64, in tree: Int) -> Int {
        let equals = count(below: key, in: tree)..<count(upTo: key, in: tree)
        let rank = equals.first { priority[trees[tree][$0].slot]! >= priority[slot]! } ?? equals.upperBound
        trees[tree].insert(.init(key: key, slot: slot), at: rank)
        return rank
    }

    mutating func remove(_ slot: UInt32) -> RankForest.Removed? {
        guard let (tree, rank) = find(slot) else { return nil }
        let entry = trees[tree].remove(at: rank)
        return RankForest.Removed(rank: rank, key: entry.key, tree: UInt32(tree))
    }
}

extension RankForest {
    func entries(in tree: Int) -> [Entry] {
        var entries: [Entry] = []
        forEach(in: UInt32(tree)) { entry in
            entries.append(entry)
            return true
        }
        return entries
    }

    mutating func append(_ entries: some Collection<Entry>, to tree: UInt32) {
        entries.map(\.key).withUnsafeBufferPointer { keys in
            entries.map(\.slot).withUnsafeBufferPointer { slots in append(keys: keys, slots: slots, to: tree) }
        }
    }

    @discardableResult
    mutating func appendTwig(
        _ entries: some Collection<Entry>, to tree: UInt32, storedAs tag: UInt64?
    ) throws -> UInt32 {
        try entries.map(\.key).withUnsafeBufferPointer { keys in
            try entries.map(\.slot).withUnsafeBufferPointer { slots in
                try appendTwig(keys: keys, slots: slots, to: tree, storedAs: tag)
            }
        }
    }
}

/// A forest and its twin, given the same commands; every answer is compared.
struct ForestPair: ~Copyable {
    var forest: RankForest
    var twin: ForestTwin
    var random: SplitMix64
    let slots: Int
    let keys: Int
    let seed: UInt64

    init(
        seed: UInt64, limits: RankForest.Limits = .tiny, trees: Int = 2, slots: Int = 60, keys: Int = 20,
        countsDistinct: Bool = false
    ) {
        forest = RankForest(countsDistinct: countsDistinct, limits: limits)
        twin = ForestTwin(trees: trees)
        random = SplitMix64(seed: seed)
        self.slots = slots
        self.keys = keys
        self.seed = seed
    }

    /// Keys from few values, so that equals are many, and now and then the least or greatest there is.
    mutating func randomKey() -> UInt64 {
        switch random.below(40) {
        case 0: 0
        case 1: .max
        default: UInt64(random.below(keys))
        }
    }

    mutating func randomSlot() -> UInt32 { UInt32(random.below(slots)) }
    mutating func randomTree() -> Int { random.below(twin.trees.count) }
}
