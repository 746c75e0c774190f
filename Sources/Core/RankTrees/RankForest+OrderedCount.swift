extension RankForest {
    /// How many entries of a tree stand before a hypothetical entry of `key`, placed among its equals by the caller's
    /// order as in `insert(_:key:in:orderedBy:)`. O(log n).
    package func count(before key: UInt64, in tree: UInt32, orderedBy precedes: (_ existing: UInt32) -> Bool) -> Int {
        guard count(in: tree) > 0 else { return 0 }
        return descend(to: key, in: trees[Int(tree)], by: .ordered, adding: 0, precedes: precedes).rank
    }
}
