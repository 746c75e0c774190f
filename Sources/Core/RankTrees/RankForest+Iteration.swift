extension RankForest {
    /// Visits the entries at `indices` of a tree in ascending order, until `body` answers false. Indices past the end are
    /// left out. O(log n) to begin, O(1) for each entry.
    package func forEach(in tree: UInt32, at indices: Range<Int>, _ body: (Entry) -> Bool) {
        let indices = indices.clamped(to: 0..<count(in: tree))
        guard !indices.isEmpty else { return }
        var (node, place) = select(indices.lowerBound, in: trees[Int(tree)])
        var rest = indices.count
        while true {
            let leaf = leaf(node)
            if leaf.next != none { self.leaf(leaf.next).prefetchAll() }
            let end = min(leaf.count, place + rest)
            for entry in place..<end {
                guard body(leaf.entry(at: entry)) else { return }
            }
            rest -= end - place
            guard rest > 0 else { return }
            node = leaf.next
            place = 0
        }
    }

    /// Visits all entries of a tree in ascending order, until `body` answers false.
    package func forEach(in tree: UInt32, _ body: (Entry) -> Bool) {
        forEach(in: tree, at: 0..<count(in: tree), body)
    }

    /// Visits the entries at `indices` of a tree in descending order, from the greatest index down, until `body` answers
    /// false. O(log n) to begin, O(1) for each entry.
    package func forEachDescending(in tree: UInt32, at indices: Range<Int>, _ body: (Entry) -> Bool) {
        let indices = indices.clamped(to: 0..<count(in: tree))
        guard !indices.isEmpty else { return }
        var (node, place) = select(indices.upperBound - 1, in: trees[Int(tree)])
        var rest = indices.count
        while true {
            let leaf = leaf(node)
            if leaf.previous != none { self.leaf(leaf.previous).prefetchAll() }
            let last = max(0, place + 1 - rest)
            for entry in stride(from: place, through: last, by: -1) {
                guard body(leaf.entry(at: entry)) else { return }
            }
            rest -= place + 1 - last
            guard rest > 0 else { return }
            node = leaf.previous
            place = self.leaf(node).count - 1
        }
    }

    /// Visits all entries of a tree in descending order, until `body` answers false.
    package func forEachDescending(in tree: UInt32, _ body: (Entry) -> Bool) {
        forEachDescending(in: tree, at: 0..<count(in: tree), body)
    }
}
