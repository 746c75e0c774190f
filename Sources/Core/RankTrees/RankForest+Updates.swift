extension RankForest {
    /// Where an entry stood and where it stands now.
    package struct Move: Hashable, Sendable {
        package let oldRank: Int
        package let newRank: Int

        package init(oldRank: Int, newRank: Int) {
            self.oldRank = oldRank
            self.newRank = newRank
        }
    }

    /// Gives the entry of a slot another key. An equal key changes nothing: who has reached a score keeps the place.
    /// Nil if the slot has no entry. O(log n).
    @discardableResult
    package mutating func update(
        _ slot: UInt32, key: UInt64, placing placement: Placement = .afterEqual
    ) -> Move? {
        let node = leafOf.leaf(of: slot)
        guard node != none else { return nil }
        let leaf = leaf(node)
        let place = leaf.place(of: slot)
        if leaf.key(at: place) == key {
            let rank = place + rank(ofFirstIn: node, twig: leaf.twig)
            return Move(oldRank: rank, newRank: rank)
        }
        let (tree, oldRank) = remove(slot, at: place, of: node)
        return Move(oldRank: oldRank, newRank: insert(slot, key: key, in: tree, placing: placement))
    }

    /// An entry that has got another key, or was added.
    package struct Placed {
        /// Nil if it was added.
        package let oldKey: UInt64?
        package let outcome: Outcome
    }

    /// Gives the entry of a slot a key, adding it to the tree if there is none; placed among its equals by the caller's
    /// order (see `insert`). Nil if it has that key, which changes nothing. O(log n).
    package mutating func place(
        _ slot: UInt32, key: UInt64, in tree: UInt32, orderedBy precedes: (_ existing: UInt32) -> Bool
    ) -> Placed? {
        let node = leafOf.leaf(of: slot)
        guard node != none else {
            let rank = insert(slot, key: key, in: tree, by: .ordered, precedes: precedes)
            return Placed(oldKey: nil, outcome: Outcome(oldRank: nil, newRank: rank))
        }
        let leaf = leaf(node)
        let place = leaf.place(of: slot)
        let oldKey = leaf.key(at: place)
        if oldKey == key { return nil }
        let (tree, oldRank) = remove(slot, at: place, of: node)
        let newRank = insert(slot, key: key, in: tree, by: .ordered, precedes: precedes)
        return Placed(oldKey: oldKey, outcome: Outcome(oldRank: oldRank, newRank: newRank))
    }

    /// As above, placed among its equals by the caller's order (see `insert`).
    @discardableResult
    package mutating func update(
        _ slot: UInt32, key: UInt64, orderedBy precedes: (_ existing: UInt32) -> Bool
    ) -> Move? {
        guard let old = self.key(of: slot) else { return nil }
        guard old != key else { return rank(of: slot).map { Move(oldRank: $0, newRank: $0) } }
        return reposition(slot, key: key, orderedBy: precedes)
    }

    /// Takes the entry of a slot out and puts it in again, even if the key is the same: it goes to the end of its equals,
    /// or to their beginning. Nil if the slot has no entry. O(log n).
    @discardableResult
    package mutating func reposition(
        _ slot: UInt32, key: UInt64, placing placement: Placement = .afterEqual
    ) -> Move? {
        guard let removed = remove(slot) else { return nil }
        let rank = insert(slot, key: key, in: removed.tree, placing: placement)
        return Move(oldRank: removed.rank, newRank: rank)
    }

    /// As above, placed among its equals by the caller's order (see `insert`), which is not asked about the slot itself.
    @discardableResult
    package mutating func reposition(
        _ slot: UInt32, key: UInt64, orderedBy precedes: (_ existing: UInt32) -> Bool
    ) -> Move? {
        guard let removed = remove(slot) else { return nil }
        let rank = insert(slot, key: key, in: removed.tree, orderedBy: precedes)
        return Move(oldRank: removed.rank, newRank: rank)
    }
}
