/// The distinct keys of a forest's trees, for dense ranks (1, 1, 2): a forest of its own with one entry for each key.
///
/// A class because a forest cannot contain a forest; it is owned by exactly one and never shared.
final class DistinctKeys {
    private var forest: RankForest
    private var freeSlots: [UInt32] = []
    private var slotCount: UInt32 = 0

    init(limits: RankForest.Limits) { forest = RankForest(limits: limits) }

    var memoryBytes: Int { forest.memoryBytes + freeSlots.capacity * 4 }

    func count(in tree: UInt32) -> Int { forest.count(in: tree) }
    func count(below key: UInt64, in tree: UInt32) -> Int { forest.count(below: key, in: tree) }

    /// Adds a key that the tree does not have.
    func insert(_ key: UInt64, in tree: UInt32) {
        let slot = freeSlots.popLast() ?? slotCount
        if slot == slotCount { slotCount += 1 }
        forest.insert(slot, key: key, in: tree)
    }

    /// Removes a key that the tree has.
    func remove(_ key: UInt64, in tree: UInt32) {
        guard let entry = forest.entry(at: forest.count(below: key, in: tree), in: tree), entry.key == key else {
            preconditionFailure("a key was removed that is not there")
        }
        forest.remove(entry.slot)
        freeSlots.append(entry.slot)
    }

    func removeAll(in tree: UInt32) {
        forest.forEach(in: tree) { entry in
            freeSlots.append(entry.slot)
            return true
        }
        forest.removeAll(in: tree)
    }

    func checkInvariants() throws(RankForest.Damage) { try forest.checkInvariants() }
    func keys(in tree: UInt32) -> [UInt64] {
        var keys: [UInt64] = []
        forest.forEach(in: tree) { entry in
            keys.append(entry.key)
            return true
        }
        return keys
    }
}
