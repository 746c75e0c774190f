extension RankForest {
    /// What `checkInvariants` found.
    package struct Damage: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// Checks everything that must be true between calls, entry by entry. O(n log n).
    ///
    /// - Parameter precedes: whether the first slot may stand before the second, both of the same key. Nil: any order will do.
    package func checkInvariants(orderedBy precedes: ((UInt32, UInt32) -> Bool)? = nil) throws(Damage) {
        var seen = Seen()
        for number in trees.indices { try check(UInt32(number), precedes: precedes, seen: &seen) }
        try check(leaves.freeNodes(), highWater: leaves.highWater, used: seen.leaves, "leaf")
        try check(twigs.freeNodes(), highWater: twigs.highWater, used: seen.twigs, "twig")
        try check(inners.freeNodes(), highWater: inners.highWater, used: seen.inners, "inner node")
        for slot in 0..<UInt32(leafOf.capacity) where leafOf[slot] != none && !seen.slots.contains(slot) {
            throw Damage("slot \(slot) is said to be in leaf \(leafOf[slot]), which does not have it")
        }
    }

    private struct Seen {
        var leaves: Set<UInt32> = []
        var twigs: Set<UInt32> = []
        var inners: Set<UInt32> = []
        var slots: Set<UInt32> = []
        var lastLeaf = none
        var lastEntry: Entry?
        var keys: [UInt64] = []
    }

    private func check(
        _ number: UInt32, precedes: ((UInt32, UInt32) -> Bool)?, seen: inout Seen
    ) throws(Damage) {
        let tree = trees[Int(number)]
        guard tree.root != none else {
            return try require(tree.height == 0 && tree.count == 0, "tree \(number) has entries but no root")
        }
        let root = branch(tree.root, level: tree.height)
        try require(root.parent == none && root.tree == number, "root of tree \(number) does not know it is")
        try require(tree.height == 1 || root.count > 1, "root of tree \(number) has one child")
        (seen.lastLeaf, seen.lastEntry, seen.keys) = (none, nil, [])
        let entries = try check(tree.root, level: tree.height, precedes: precedes, seen: &seen)
        try require(entries == tree.count, "tree \(number) has \(entries) entries and counts \(tree.count)")
        try require(leaf(seen.lastLeaf).next == none, "the last leaf of tree \(number) has a next one")
        if let distinctKeys {
            try require(distinctKeys.keys(in: number) == seen.keys, "distinct keys of tree \(number) are wrong")
            try distinctKeys.checkInvariants()
        }
    }

    /// Checks a branch and what is beneath; answers the number of its entries.
    private func check(
        _ node: UInt32, level: Int, precedes: ((UInt32, UInt32) -> Bool)?, seen: inout Seen
    ) throws(Damage) -> Int {
        let name = "\(level == 1 ? "twig" : "inner node") \(node)"
        let branch = branch(node, level: level)
        let isNew = level == 1 ? seen.twigs.insert(node).inserted : seen.inners.insert(node).inserted
        try require(isNew, "\(name) was reached twice")
        try require(
            1...(level == 1 ? limits.twig : limits.inner) ~= branch.count, "\(name) has \(branch.count) children")
        for place in branch.count..<branch.capacity {
            try require(
                branch.child(at: place) == none && branch.firstKey(at: place) == .max, "\(name) is not padded")
        }
        if level == 1 && !snapshot.isActive {
            try require(!branch.flags.contains(.pending), "\(name) waits for a snapshot that is over")
        }
        var total = 0
        for place in 0..<branch.count {
            let child = branch.child(at: place)
            let parent = level == 1 ? leaf(child).twig : self.branch(child, level: level - 1).parent
            try require(parent == node, "child \(place) of \(name) names \(parent) as its parent")
            let first = firstEntry(beneath: child, level: level - 1)
            try require(
                first == Entry(key: branch.firstKey(at: place), slot: branch.firstSlot(at: place)),
                "\(name) has a wrong first entry for child \(place)")
            let entries =
                level == 1
                ? try check(leaf: child, precedes: precedes, seen: &seen)
                : try check(child, level: level - 1, precedes: precedes, seen: &seen)
            try require(
                entries == branch.entryCount(at: place),
                "\(name) counts \(branch.entryCount(at: place)) entries of child \(place), which has \(entries)")
            total += entries
        }
        return total
    }

    private func check(
        leaf node: UInt32, precedes: ((UInt32, UInt32) -> Bool)?, seen: inout Seen
    ) throws(Damage) -> Int {
        let leaf = leaf(node)
        try require(seen.leaves.insert(node).inserted, "leaf \(node) was reached twice")
        try require(1...limits.leaf ~= leaf.count, "leaf \(node) has \(leaf.count) entries")
        try require(leaf.previous == seen.lastLeaf, "leaf \(node) does not follow leaf \(seen.lastLeaf)")
        if seen.lastLeaf != none {
            try require(self.leaf(seen.lastLeaf).next == node, "leaf \(seen.lastLeaf) does not lead to leaf \(node)")
        }
        for place in 0..<leaf.count {
            let entry = leaf.entry(at: place)
            try require(seen.slots.insert(entry.slot).inserted, "slot \(entry.slot) has two entries")
            try require(leafOf.leaf(of: entry.slot) == node, "slot \(entry.slot) does not know its leaf \(node)")
            if let last = seen.lastEntry {
                try require(last.key <= entry.key, "keys descend at place \(place) of leaf \(node)")
                if let precedes, last.key == entry.key {
                    try require(
                        precedes(last.slot, entry.slot), "slots \(last.slot) and \(entry.slot) are in the wrong order")
                }
            }
            if seen.lastEntry?.key != entry.key { seen.keys.append(entry.key) }
            seen.lastEntry = entry
        }
        for place in leaf.count..<Leaf.capacity {
            try require(leaf.key(at: place) == .max && leaf.slot(at: place) == none, "leaf \(node) is not padded")
        }
        seen.lastLeaf = node
        return leaf.count
    }

    private func firstEntry(beneath node: UInt32, level: Int) -> Entry {
        guard level > 0 else { return leaf(node).entry(at: 0) }
        return firstEntry(beneath: branch(node, level: level).child(at: 0), level: level - 1)
    }

    private func check(
        _ free: [UInt32], highWater: Int, used: Set<UInt32>, _ kind: String
    ) throws(Damage) {
        let freeSet = Set(free)
        try require(freeSet.count == free.count, "a \(kind) is free twice")
        try require(freeSet.isDisjoint(with: used), "a \(kind) in use is free")
        try require(free.count + used.count == highWater, "a \(kind) is lost: \(free.count) free, \(used.count) used")
    }

    private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(Damage) {
        if !condition { throw Damage(message()) }
    }
}
