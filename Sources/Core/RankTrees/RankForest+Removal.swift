extension RankForest {
    /// An entry that was removed, and the index it had.
    package struct Removed: Hashable, Sendable {
        package let rank: Int
        package let key: UInt64
        package let tree: UInt32

        package init(rank: Int, key: UInt64, tree: UInt32) {
            self.rank = rank
            self.key = key
            self.tree = tree
        }
    }

    /// Removes the entry of a slot; nil if it has none. O(log n).
    @discardableResult
    package mutating func remove(_ slot: UInt32) -> Removed? {
        let node = leafOf.leaf(of: slot)
        guard node != none else { return nil }
        let leaf = leaf(node)
        let place = leaf.place(of: slot)
        let key = leaf.key(at: place)
        let (tree, rank) = remove(slot, at: place, of: node)
        return Removed(rank: rank, key: key, tree: tree)
    }

    /// Removes every entry of a tree and gives its nodes back. O(n).
    package mutating func removeAll(in tree: UInt32) {
        guard count(in: tree) > 0 else { return }
        removeBranch(trees[Int(tree)].root, level: trees[Int(tree)].height)
        trees[Int(tree)] = Tree()
        distinctKeys?.removeAll(in: tree)
    }

    private mutating func removeBranch(_ node: UInt32, level: Int) {
        if level == 1 { willChange(twig: node) }
        let branch = branch(node, level: level)
        for place in 0..<branch.count {
            let child = branch.child(at: place)
            guard level == 1 else {
                removeBranch(child, level: level - 1)
                continue
            }
            let leaf = leaf(child)
            for entry in 0..<leaf.count { leafOf[leaf.slot(at: entry)] = none }
            leaves.release(child)
        }
        release(node, level: level)
    }

    @inline(__always)
    mutating func remove(_ slot: UInt32, at place: Int, of node: UInt32) -> (tree: UInt32, rank: Int) {
        let leaf = leaf(node)
        let twigNode = leaf.twig
        willChange(twig: twigNode)
        let isLastOfKey = distinctKeys != nil && isOnlyOfItsKey(at: place, in: leaf)
        let (tree, rank) = uncount(leafNode: node, twigNode: twigNode)
        if isLastOfKey { distinctKeys?.remove(leaf.key(at: place), in: tree) }
        trees[Int(tree)].count &-= 1
        leaf.remove(at: place)
        leafOf[slot] = none
        if leaf.count < limits.leaf * 3 / 4 {
            relieve(node, leaf, wasFirst: place == 0)
        } else if place == 0 {
            raiseFirst(ofLeaf: node)
        }
        return (tree, rank &+ place)
    }

    /// Takes one from the counts above a leaf. Answers the tree, and the rank of the leaf's first entry.
    @inline(__always)
    private func uncount(leafNode: UInt32, twigNode: UInt32) -> (tree: UInt32, rank: Int) {
        var branch = twig(twigNode)
        var place = branch.place(of: leafNode)
        var rank = branch.entries(before: place)
        branch.add(-1, at: place)
        var node = twigNode
        while branch.parent != none {
            let parent = inner(branch.parent)
            place = parent.place(of: node)
            rank &+= parent.entries(before: place)
            parent.add(-1, at: place)
            node = branch.parent
            branch = parent
        }
        return (branch.tree, rank)
    }

    private func isOnlyOfItsKey(at place: Int, in leaf: Leaf) -> Bool {
        let key = leaf.key(at: place)
        return entry(before: place, in: leaf)?.key != key && entry(at: place + 1, in: leaf)?.key != key
    }

    /// Gives memory back after a removal from a leaf that is getting empty.
    private mutating func relieve(_ node: UInt32, _ leaf: Leaf, wasFirst: Bool) {
        let twigNode = leaf.twig
        let twig = twig(twigNode)
        let place = twig.place(of: node)
        if leaf.count == 0 {
            removeLeaf(at: place, of: twigNode)
            if place == 0 && twig.count > 0 { raiseFirst(of: twigNode, level: 1) }
            mendTwig(twigNode, twig)
            return
        }
        if wasFirst { raiseFirst(ofLeaf: node) }
        let window = window(around: place, in: twig, width: Self.mergeWidth)
        let entries = twig.entries(before: window.upperBound) - twig.entries(before: window.lowerBound)
        guard entries <= (window.count - 1) * (limits.leaf - max(1, limits.leaf / 16)) else { return }
        spread(window, of: twigNode, over: window.count - 1)
        mendTwig(twigNode, twig)
    }

    static var mergeWidth: Int { 6 }

    private mutating func mendTwig(_ node: UInt32, _ twig: Branch) {
        if twig.count < max(2, limits.twig / 4) { mend(node, level: 1) }
    }
}
