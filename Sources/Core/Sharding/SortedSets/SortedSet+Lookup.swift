import Leaderboards
import RankTrees

extension SortedSet {
    /// A member that a command is about, and the score that it will get if that is known.
    package struct Lookup {
        let member: Range<Int>
        let newScore: Double?

        /// - Parameter member: where its name is; empty if the command is about no member
        package init(member: Range<Int>, newScore: Double?) {
            self.member = member
            self.newScore = newScore
        }
    }

    /// Looks members up, a few dozen at a time, and asks for the memory that commands on them will touch: in a large set
    /// most of a command's time is waiting for memory, and the waits overlap. `slots[i]` becomes the slot of `lookups[i]`,
    /// or `noSlot`.
    ///
    /// A slot stays the member's until the member is removed.
    package func lookUp(
        _ lookups: UnsafeBufferPointer<Lookup>, in bytes: UnsafeRawBufferPointer,
        into slots: UnsafeMutableBufferPointer<UInt32>
    ) {
        withUnsafeTemporaryAllocation(of: Range<Int>.self, capacity: lookups.count) { names in
            for index in lookups.indices { names[index] = lookups[index].member }
            leaderboard.members.table.find(bytes, at: UnsafeBufferPointer(names), into: slots)
        }
        withUnsafeTemporaryAllocation(of: RankForest.Change.self, capacity: lookups.count) { changes in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: lookups.count) { read in
                var (changeCount, readCount) = (0, 0)
                for index in lookups.indices {
                    if let score = lookups[index].newScore {
                        let slot = slots[index] == Self.noSlot ? newSlot : slots[index]
                        changes[changeCount] = RankForest.Change(slot: slot, tree: 0, key: key(of: score))
                        changeCount += 1
                    } else if slots[index] != Self.noSlot {
                        read[readCount] = slots[index]
                        readCount += 1
                    }
                }
                let forest = leaderboard.allTime.ranking
                if changeCount > 0 {
                    forest.forest.prefetch(changes: UnsafeBufferPointer(rebasing: changes[..<changeCount]))
                }
                if readCount > 0 { forest.forest.prefetch(slots: UnsafeBufferPointer(rebasing: read[..<readCount])) }
            }
        }
    }

    /// Stands for the slot that a new member will get: there is no entry of it.
    private var newSlot: UInt32 { UInt32(leaderboard.members.table.slotCapacity) }

    /// Right for a plain set, and near enough for any other.
    private func key(of score: Double) -> UInt64 {
        leaderboard.rules.first.type == .decimal ? leaderboard.rules.first.key(ofBits: bits(of: score)) : 0
    }
}
