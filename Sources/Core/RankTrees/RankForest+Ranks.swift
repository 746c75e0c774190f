extension RankForest {
    /// How many entries of its tree stand before a slot's. O(log n), without a search by key.
    package func rank(of slot: UInt32) -> Int? {
        guard let (leaf, place) = find(slot) else { return nil }
        return place &+ rank(ofFirstIn: leafOf[slot], twig: leaf.twig)
    }

    /// The entries before a leaf's first: the counts of earlier siblings, from the leaf up to the root.
    @inline(__always)
    func rank(ofFirstIn leafNode: UInt32, twig twigNode: UInt32) -> Int {
        var branch = twig(twigNode)
        var rank = branch.entries(before: branch.place(of: leafNode))
        var node = twigNode
        while branch.parent != none {
            let parent = inner(branch.parent)
            rank &+= parent.entries(before: parent.place(of: node))
            node = branch.parent
            branch = parent
        }
        return rank
    }

    /// How many entries of a tree have a key less than `key`: where a hypothetical entry would stand at best. O(log n).
    package func count(below key: UInt64, in tree: UInt32) -> Int {
        guard count(in: tree) > 0 else { return 0 }
        let place = descend(to: key, in: trees[Int(tree)], by: .beforeEqual, adding: 0) { _ in false }
        return place.rank
    }

    /// How many entries of a tree have a key of at most `key`. O(log n).
    package func count(upTo key: UInt64, in tree: UInt32) -> Int {
        guard count(in: tree) > 0 else { return 0 }
        let place = descend(to: key, in: trees[Int(tree)], by: .afterEqual, adding: 0) { _ in false }
        return place.rank
    }

    /// How many distinct keys of a tree are less than `key`. O(log n). The forest must count distinct keys.
    package func distinctCount(below key: UInt64, in tree: UInt32) -> Int {
        guard let distinctKeys else { preconditionFailure("the forest was made without countsDistinct") }
        return distinctKeys.count(below: key, in: tree)
    }

    /// How many distinct keys a tree has. O(1). The forest must count distinct keys.
    package func distinctCount(in tree: UInt32) -> Int {
        guard let distinctKeys else { preconditionFailure("the forest was made without countsDistinct") }
        return distinctKeys.count(in: tree)
    }

    /// The entry at an index of a tree, or nil past its end. O(log n).
    package func entry(at index: Int, in tree: UInt32) -> Entry? {
        guard index >= 0, index < count(in: tree) else { return nil }
        let (node, place) = select(index, in: trees[Int(tree)])
        return leaf(node).entry(at: place)
    }

    /// The leaf and the place in it of an index below the tree's count.
    func select(_ index: Int, in tree: Tree) -> (leaf: UInt32, place: Int) {
        var rest = index
        var node = tree.root
        var level = tree.height
        while level > 0 {
            let branch = branch(node, level: level)
            var child = 0
            while rest >= branch.entryCount(at: child) {
                rest -= branch.entryCount(at: child)
                child += 1
            }
            node = branch.child(at: child)
            level -= 1
        }
        return (node, rest)
    }
}

// MARK: The way down

extension RankForest {
    /// What decides where a new entry stands among its equals.
    enum TieRule {
        case afterEqual, beforeEqual
        /// A predicate on slots: whether an existing entry precedes the new one.
        case ordered

        init(_ placement: Placement) { self = placement == .afterEqual ? .afterEqual : .beforeEqual }
    }

    /// A place in the tree: between two entries, and how many stand before it.
    struct Place {
        let leaf: UInt32
        let offset: Int
        let rank: Int
    }

    /// Finds the place for a key in a tree that is not empty, adding `delta` to the counts along the way.
    @inline(__always)
    func descend(
        to key: UInt64, in tree: Tree, by rule: TieRule, adding delta: Int32, precedes: (UInt32) -> Bool
    ) -> Place {
        var rank = 0
        var node = tree.root
        var level = tree.height
        while level > 1 {
            let inner = inner(node)
            let child = childPlace(of: key, in: inner, by: rule, precedes: precedes)
            rank &+= inner.entries(before: child)
            inner.add(delta, at: child)
            node = inner.child(at: child)
            level &-= 1
        }
        let twig = twig(node)
        let child = childPlace(of: key, in: twig, by: rule, precedes: precedes)
        rank &+= twig.entries(before: child)
        twig.add(delta, at: child)
        let leafNode = twig.child(at: child)
        let offset = leafOffset(of: key, in: leaf(leafNode), by: rule, precedes: precedes)
        return Place(leaf: leafNode, offset: offset, rank: rank &+ offset)
    }

    @inline(__always)
    private func childPlace(
        of key: UInt64, in branch: Branch, by rule: TieRule, precedes: (UInt32) -> Bool
    ) -> Int {
        switch rule {
        case .afterEqual: return branch.lastChild(startingUpTo: key)
        case .beforeEqual: return branch.lastChild(startingBelow: key)
        case .ordered:
            // Children that start with the key are a run; the new entry belongs beneath the last whose first precedes it.
            let below = branch.lastChild(startingBelow: key)
            let upTo = branch.lastChild(startingUpTo: key)
            let run = (branch.firstKey(at: below) == key ? below : below + 1)..<(upTo + 1)
            guard run.lowerBound < run.upperBound else { return below }
            return max(partitionPoint(of: run) { !precedes(branch.firstSlot(at: $0)) } - 1, 0)
        }
    }

    @inline(__always)
    private func leafOffset(of key: UInt64, in leaf: Leaf, by rule: TieRule, precedes: (UInt32) -> Bool) -> Int {
        switch rule {
        case .afterEqual: return leaf.countUpTo(key)
        case .beforeEqual: return leaf.countBelow(key)
        case .ordered:
            return partitionPoint(of: leaf.countBelow(key)..<leaf.countUpTo(key)) { !precedes(leaf.slot(at: $0)) }
        }
    }

    /// Adds to the counts of everything above a leaf.
    func addToAncestors(ofLeaf leafNode: UInt32, _ delta: Int32) {
        var node = leafNode
        var parent = leaf(leafNode).twig
        var level = 1
        while parent != none {
            let branch = branch(parent, level: level)
            branch.add(delta, at: branch.place(of: node))
            node = parent
            parent = branch.parent
            level += 1
        }
    }
}
