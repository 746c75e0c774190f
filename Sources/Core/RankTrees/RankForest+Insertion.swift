extension RankForest {
    /// Adds an entry and answers its index in the tree. O(log n). The slot must not have an entry; the tree is created
    /// if need be.
    @discardableResult
    package mutating func insert(
        _ slot: UInt32, key: UInt64, in tree: UInt32, placing placement: Placement = .afterEqual
    ) -> Int {
        insert(slot, key: key, in: tree, by: TieRule(placement)) { _ in false }
    }

    /// As above, placed among its equals by the caller's order: `precedes` says whether an existing slot of the same key
    /// stands before the new entry. It must be true for a first part of the equals and false for the rest.
    /// O(log n), with O(log n) calls of `precedes` however long the run of equals.
    @discardableResult
    package mutating func insert(
        _ slot: UInt32, key: UInt64, in tree: UInt32, orderedBy precedes: (_ existing: UInt32) -> Bool
    ) -> Int {
        insert(slot, key: key, in: tree, by: .ordered, precedes: precedes)
    }

    @inline(__always)
    mutating func insert(
        _ slot: UInt32, key: UInt64, in tree: UInt32, by rule: TieRule, precedes: (UInt32) -> Bool
    ) -> Int {
        precondition(slot != none, "the greatest slot number is reserved")
        leafOf.reserve(slot)
        precondition(leafOf[slot] == none, "the slot has an entry already")
        makeTree(tree)
        guard trees[Int(tree)].count > 0 else {
            plant(slot, key: key, in: tree)
            return 0
        }
        while true {
            let place = descend(to: key, in: trees[Int(tree)], by: rule, adding: 1, precedes: precedes)
            let leaf = leaf(place.leaf)
            if leaf.count < limits.leaf {
                put(slot, key: key, at: place, in: leaf)
            } else {
                addToAncestors(ofLeaf: place.leaf, -1)
                guard makeRoom(for: key, slot, at: place) else { continue }
            }
            trees[Int(tree)].count &+= 1
            if distinctKeys != nil { noteInsertion(of: slot, key: key, in: tree) }
            return place.rank
        }
    }

    /// Puts an entry into a leaf that has room, and whose ancestors count it already.
    @inline(__always)
    mutating func put(_ slot: UInt32, key: UInt64, at place: Place, in leaf: Leaf) {
        willChange(twig: leaf.twig)
        leaf.insert(key: key, slot: slot, at: place.offset)
        leafOf[slot] = place.leaf
        if place.offset == 0 { raiseFirst(ofLeaf: place.leaf) }
    }

    @inline(__always)
    mutating func makeTree(_ tree: UInt32) {
        guard Int(tree) >= trees.count else { return }
        trees.append(contentsOf: repeatElement(Tree(), count: Int(tree) + 1 - trees.count))
    }

    /// The first entry of a tree.
    private mutating func plant(_ slot: UInt32, key: UInt64, in tree: UInt32) {
        let twigNode = makeTwig(parent: none, tree: tree)
        let leafNode = leaves.allocate()
        let leaf = leaf(leafNode)
        leaf.makeEmpty(in: twigNode)
        leaf.insert(key: key, slot: slot, at: 0)
        twig(twigNode).insert(child: leafNode, entries: 1, key: key, slot: slot, at: 0)
        leafOf[slot] = leafNode
        trees[Int(tree)] = Tree(root: twigNode, height: 1, count: 1)
        distinctKeys?.insert(key, in: tree)
    }

    @inline(never)
    private func noteInsertion(of slot: UInt32, key: UInt64, in tree: UInt32) {
        if entry(before: slot)?.key != key && entry(after: slot)?.key != key { distinctKeys?.insert(key, in: tree) }
    }

    mutating func makeTwig(parent: UInt32, tree: UInt32) -> UInt32 {
        let node = twigs.allocate()
        let branch = twig(node)
        branch.makeEmpty(parent: parent, tree: tree)
        branch.flags = .dirty
        return node
    }
}

// MARK: Room in full leaves

extension RankForest {
    /// Makes room near a full leaf: by moving entries to siblings in the same twig, or by one more leaf. True if the
    /// entry was put in on the way; otherwise the caller looks for its place again.
    ///
    /// A leaf is not simply split in two: entries go to a neighbour first, and when five neighbours are full they become
    /// six. So leaves stay more than four fifths full, whatever the order of the updates.
    private mutating func makeRoom(for key: UInt64, _ slot: UInt32, at place: Place) -> Bool {
        let full = leaf(place.leaf)
        let twigNode = full.twig
        let twig = twig(twigNode)
        let isAppending = place.offset == full.count && full.next == none
        let isPrepending = place.offset == 0 && full.previous == none
        guard isAppending || isPrepending || !share(place.leaf, in: twig, twigNode) else { return false }
        guard twig.count < limits.twig else {
            split(twigNode, level: 1)
            return false
        }
        if isAppending || isPrepending {
            // Entries that come in order leave full leaves behind.
            addLeaf(beside: place.leaf, after: isAppending, key: key, slot: slot)
            return true
        }
        let window = window(around: twig.place(of: place.leaf), in: twig, width: Self.splitWidth)
        spread(window, of: twigNode, over: window.count + 1)
        return false
    }

    static var splitWidth: Int { 5 }

    /// Tries to even out a full leaf with its emptier neighbour, or else with the leaves around it.
    private mutating func share(_ leafNode: UInt32, in twig: Branch, _ twigNode: UInt32) -> Bool {
        let place = twig.place(of: leafNode)
        let left = place > 0 ? twig.entryCount(at: place - 1) : Int.max
        let right = place + 1 < twig.count ? twig.entryCount(at: place + 1) : Int.max
        let pair = left <= right ? max(place - 1, 0)..<(place + 1) : place..<(place + 2)
        if min(left, right) <= limits.leaf - 2 * max(1, limits.leaf / 16) {
            spread(pair, of: twigNode, over: 2)
            return true
        }
        let window = window(around: place, in: twig, width: Self.splitWidth)
        let entries = twig.entries(before: window.upperBound) - twig.entries(before: window.lowerBound)
        guard entries <= window.count * (limits.leaf - max(1, limits.leaf / 10)) else { return false }
        spread(window, of: twigNode, over: window.count)
        return true
    }

    /// Up to `width` places of a twig with `place` as near the middle as can be.
    func window(around place: Int, in twig: Branch, width: Int) -> Range<Int> {
        let start = max(0, min(place - width / 2, twig.count - width))
        return start..<min(start + width, twig.count)
    }

    private mutating func addLeaf(beside leafNode: UInt32, after isAfter: Bool, key: UInt64, slot: UInt32) {
        let neighbour = leaf(leafNode)
        let twigNode = neighbour.twig
        willChange(twig: twigNode)
        let node = leaves.allocate()
        let leaf = leaf(node)
        leaf.makeEmpty(in: twigNode)
        leaf.insert(key: key, slot: slot, at: 0)
        if isAfter { link(node, after: leafNode) } else { link(node, before: leafNode) }
        let twig = twig(twigNode)
        let place = twig.place(of: leafNode) + (isAfter ? 1 : 0)
        // Counted by `addToAncestors` below.
        twig.insert(child: node, entries: 0, key: key, slot: slot, at: place)
        leafOf[slot] = node
        addToAncestors(ofLeaf: node, 1)
        if place == 0 { raiseFirst(of: twigNode, level: 1) }
    }
}
