extension RankForest {
    /// Spreads the entries of adjacent leaves of a twig evenly over the same number of leaves, one more or one fewer.
    ///
    /// Nothing above the twig changes: neither its count nor its first entry.
    mutating func spread(_ window: Range<Int>, of twigNode: UInt32, over leafCount: Int) {
        willChange(twig: twigNode)
        let twig = twig(twigNode)
        let entries = window.reduce(0) { $0 + twig.entryCount(at: $1) }
        unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: entries) { keys in
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: entries) { slots in
                unsafe spread(
                    window, of: twigNode, over: leafCount, keys: keys.baseAddress!, slots: slots.baseAddress!)
            }
        }
    }

    private mutating func spread(
        _ window: Range<Int>, of twigNode: UInt32, over leafCount: Int,
        keys: UnsafeMutablePointer<UInt64>, slots: UnsafeMutablePointer<UInt32>
    ) {
        let twig = twig(twigNode)
        var entries = 0
        for place in window {
            let leaf = leaf(twig.child(at: place))
            unsafe (keys + entries).initialize(from: leaf.keys, count: leaf.count)
            unsafe (slots + entries).initialize(from: leaf.slots, count: leaf.count)
            entries += leaf.count
        }
        if leafCount > window.count { addEmptyLeaf(to: twigNode, at: window.upperBound) }
        var oldStart = 0
        var start = 0
        for offset in 0..<leafCount {
            let place = window.lowerBound + offset
            let count = entries / leafCount + (offset < entries % leafCount ? 1 : 0)
            let node = twig.child(at: place)
            let leaf = leaf(node)
            let old = oldStart..<(oldStart + leaf.count)
            let new = start..<(start + count)
            unsafe leaf.fill(keys: keys + start, slots: slots + start, count: count)
            // Only what comes from another leaf: each of these writes is likely a cache miss.
            for entry in new.lowerBound..<max(new.lowerBound, min(new.upperBound, old.lowerBound)) {
                unsafe leafOf[slots[entry]] = node
            }
            for entry in max(new.lowerBound, min(new.upperBound, max(old.upperBound, old.lowerBound)))..<new.upperBound
            {
                unsafe leafOf[slots[entry]] = node
            }
            twig.setCount(count, at: place)
            unsafe twig.setFirst(key: keys[start], slot: slots[start], at: place)
            oldStart = old.upperBound
            start = new.upperBound
        }
        if leafCount < window.count { removeLeaf(at: window.upperBound - 1, of: twigNode) }
    }

    private mutating func addEmptyLeaf(to twigNode: UInt32, at place: Int) {
        let node = leaves.allocate()
        leaf(node).makeEmpty(in: twigNode)
        let twig = twig(twigNode)
        link(node, after: twig.child(at: place - 1))
        twig.insert(child: node, entries: 0, key: 0, slot: 0, at: place)
    }

    /// Takes a leaf whose entries are gone out of its twig. The counts above must be right already.
    mutating func removeLeaf(at place: Int, of twigNode: UInt32) {
        let twig = twig(twigNode)
        let node = twig.child(at: place)
        let leaf = leaf(node)
        if leaf.previous != none { self.leaf(leaf.previous).next = leaf.next }
        if leaf.next != none { self.leaf(leaf.next).previous = leaf.previous }
        leaves.release(node)
        twig.remove(at: place)
    }

    mutating func link(_ node: UInt32, after left: UInt32) {
        let right = leaf(left).next
        leaf(node).previous = left
        leaf(node).next = right
        leaf(left).next = node
        if right != none { leaf(right).previous = node }
    }

    mutating func link(_ node: UInt32, before right: UInt32) {
        let left = leaf(right).previous
        leaf(node).previous = left
        leaf(node).next = right
        leaf(right).previous = node
        if left != none { leaf(left).next = node }
    }

    /// Tells the ancestors of a leaf that its first entry is another one.
    mutating func raiseFirst(ofLeaf node: UInt32) {
        let leaf = leaf(node)
        let twig = twig(leaf.twig)
        let place = twig.place(of: node)
        twig.setFirst(key: leaf.key(at: 0), slot: leaf.slot(at: 0), at: place)
        if place == 0 { raiseFirst(of: leaf.twig, level: 1) }
    }

    /// Tells the ancestors of a branch that its first entry is another one.
    mutating func raiseFirst(of node: UInt32, level: Int) {
        let branch = branch(node, level: level)
        let (key, slot) = (branch.firstKey(at: 0), branch.firstSlot(at: 0))
        var child = node
        var parent = branch.parent
        while parent != none {
            let inner = inner(parent)
            let place = inner.place(of: child)
            inner.setFirst(key: key, slot: slot, at: place)
            guard place == 0 else { return }
            child = parent
            parent = inner.parent
        }
    }
}
