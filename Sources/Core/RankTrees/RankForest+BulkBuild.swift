/// A slot that was to get an entry has one.
package struct OccupiedSlot: Error {
    package let slot: UInt32
}

extension RankForest {
    /// The most entries one twig can have.
    package static var twigEntriesMax: Int { Limits.full.twigEntries }

    /// Entries of a leaf in a bulk-built twig: a few places are left for the updates to come.
    private var bulkLeafEntries: Int { max(1, limits.leaf - limits.leaf / 16) }

    /// Adds entries behind the last of a tree: sorted by key, equals in the order they shall have. Slots must not have
    /// entries. O(n): over a hundred million entries a second into memory in use before, a fifth of that into fresh memory,
    /// whose page faults are most of the time then.
    package mutating func append(
        keys: UnsafeBufferPointer<UInt64>, slots: UnsafeBufferPointer<UInt32>, to tree: UInt32
    ) {
        precondition(keys.count == slots.count)
        let chunk = bulkLeafEntries * max(1, limits.twig * 7 / 8)
        var start = 0
        while start < keys.count {
            let end = min(start + chunk, keys.count)
            do throws(OccupiedSlot) {
                try unsafe appendTwig(
                    keys: UnsafeBufferPointer(rebasing: keys[start..<end]),
                    slots: UnsafeBufferPointer(rebasing: slots[start..<end]), to: tree)
            } catch {
                preconditionFailure("slot \(error.slot) has an entry already")
            }
            start = end
        }
    }

    /// Adds one twig of sorted entries behind the last of a tree. O(entries).
    ///
    /// - Parameters:
    ///   - keys: 1 to `twigEntriesMax` keys, none less than the tree's last
    ///   - storedAs: the tag of the stored chunk these entries were read from: the twig counts as clean. Nil if there is none.
    /// - Returns: the twig's id
    /// - Throws: if a slot has an entry already. The forest is good for nothing then.
    @discardableResult
    package mutating func appendTwig(
        keys: UnsafeBufferPointer<UInt64>, slots: UnsafeBufferPointer<UInt32>, to tree: UInt32,
        storedAs tag: UInt64? = nil
    ) throws(OccupiedSlot) -> UInt32 {
        precondition(keys.count == slots.count && 1...limits.twigEntries ~= keys.count)
        makeTree(tree)
        unsafe requireOrder(of: keys, behind: lastEntry(in: tree)?.key ?? 0)
        unsafe reserve(slots)
        let previousKey = lastEntry(in: tree)?.key
        let node = makeTwig(parent: none, tree: tree)
        try unsafe fill(node, keys: keys.baseAddress!, slots: slots.baseAddress!, count: keys.count, tree: tree)
        attach(node, entries: keys.count, to: tree)
        trees[Int(tree)].count += keys.count
        if let tag {
            twig(node).flags = []
            twig(node).tag = tag
        }
        if let distinctKeys {
            var previous = previousKey
            for index in keys.indices where unsafe keys[index] != previous {
                let key = unsafe keys[index]
                distinctKeys.insert(key, in: tree)
                previous = key
            }
        }
        return node
    }

    private func lastEntry(in tree: UInt32) -> Entry? { entry(at: count(in: tree) - 1, in: tree) }

    private func requireOrder(of keys: UnsafeBufferPointer<UInt64>, behind last: UInt64) {
        var previous = last
        var isSorted = true
        for index in keys.indices {
            let key = unsafe keys[index]
            isSorted = isSorted && previous <= key
            previous = key
        }
        precondition(isSorted, "keys must ascend")
    }

    private mutating func reserve(_ slots: UnsafeBufferPointer<UInt32>) {
        var greatest: UInt32 = 0
        for index in slots.indices { greatest = max(greatest, unsafe slots[index]) }
        precondition(greatest != none, "the greatest slot number is reserved")
        leafOf.reserve(greatest)
        for index in slots.indices { leafOf.prefetch(unsafe slots[index]) }
    }

    private mutating func fill(
        _ twigNode: UInt32, keys: UnsafePointer<UInt64>, slots: UnsafePointer<UInt32>, count: Int, tree: UInt32
    ) throws(OccupiedSlot) {
        let leafCount = max((count + bulkLeafEntries - 1) / bulkLeafEntries, 1)
        let leavesToMake = min(leafCount, limits.twig)
        var previous = lastLeaf(in: tree)
        var start = 0
        for place in 0..<leavesToMake {
            let entries = count / leavesToMake + (place < count % leavesToMake ? 1 : 0)
            let node = leaves.allocate()
            let leaf = leaf(node)
            leaf.makeEmpty(in: twigNode)
            unsafe leaf.fill(keys: keys + start, slots: slots + start, count: entries)
            for index in start..<(start + entries) {
                let slot = unsafe slots[index]
                guard leafOf[slot] == none else { throw OccupiedSlot(slot: slot) }
                leafOf[slot] = node
            }
            if previous != none { link(node, after: previous) }
            unsafe twig(twigNode).insert(
                child: node, entries: entries, key: keys[start], slot: slots[start], at: place)
            previous = node
            start += entries
        }
    }

    private func lastLeaf(in tree: UInt32) -> UInt32 {
        guard count(in: tree) > 0 else { return none }
        return select(count(in: tree) - 1, in: trees[Int(tree)]).leaf
    }

    /// Makes a twig the last of its tree.
    private mutating func attach(_ node: UInt32, entries: Int, to tree: UInt32) {
        guard trees[Int(tree)].root != none else {
            trees[Int(tree)].root = node
            trees[Int(tree)].height = 1
            return
        }
        let last = leaf(lastLeaf(in: tree)).twig
        let parentNode = parentWithRoom(of: last, level: 1)
        let parent = inner(parentNode)
        let branch = twig(node)
        branch.parent = parentNode
        parent.insert(
            child: node, entries: entries, key: branch.firstKey(at: 0), slot: branch.firstSlot(at: 0), at: parent.count)
        var child = parentNode
        var above = parent.parent
        while above != none {
            inner(above).add(Int32(entries), at: inner(above).place(of: child))
            child = above
            above = inner(above).parent
        }
    }
}
