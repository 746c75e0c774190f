import Leaderboards
import RankTrees

/// Looks up the users of a batch a group at a time, and asks for the memory that their entries will need: in a large
/// leaderboard most of a submission's time is waiting for memory, and the waits of a group overlap.
///
/// Changes nothing but speed: a slot is what a lookup at the submission's turn would find, or unknown.
struct Lookahead {
    private static let groupSize = 32

    private let batch: SubmissionBatch
    private let bytes: UnsafeRawBufferPointer
    private let project: String
    private let time: Timestamp
    private var group = 0..<0
    private var slots: [UInt32] = []

    init(_ batch: SubmissionBatch, in bytes: UnsafeRawBufferPointer, project: String, at time: Timestamp) {
        self.batch = batch
        self.bytes = bytes
        self.project = project
        self.time = time
    }

    /// The slot of the user of a submission, if it was found ahead of its turn.
    mutating func slot(of index: Int, in shard: Shard) -> UInt32? {
        if !group.contains(index) { lookUpGroup(from: index, in: shard) }
        let slot = slots[index - group.lowerBound]
        // Whoever was unknown may have come in the meantime: the submission looks again.
        return slot == MemberTable.noSlot ? nil : slot
    }

    /// Submissions from `first` on that go to the same leaderboard.
    private mutating func lookUpGroup(from first: Int, in shard: Shard) {
        let submissions = batch.submissions
        let target = submissions[first].leaderboard
        var end = first + 1
        while end < submissions.count, end - first < Self.groupSize,
            submissions[end].leaderboard == target || bytes[submissions[end].leaderboard].elementsEqual(bytes[target])
        {
            end += 1
        }
        group = first..<end
        slots = [UInt32](repeating: MemberTable.noSlot, count: group.count)
        guard group.count > 1,
            let leaderboard = try? shard.target(bytes[target], project: project, at: time)
        else { return }
        let column = leaderboard.rules.first
        withUnsafeTemporaryAllocation(of: Range<Int>.self, capacity: group.count) { names in
            for index in group {
                let user = submissions[index].user
                names[index - first] = Int(user.offset)..<(Int(user.offset) + Int(user.count))
            }
            slots.withUnsafeMutableBufferPointer { slots in
                leaderboard.prefetch(
                    bytes, names: UnsafeBufferPointer(names),
                    scores: { column.bits(of: submissions[first + $0].score) }, into: slots)
            }
        }
    }
}

extension Column {
    /// The bits that the first value of a submission will have, or anything if it has none of the column's type.
    fileprivate func bits(of score: Score) -> UInt64 {
        score.count > 0 ? bits(of: score.value(0)) ?? 0 : 0
    }
}
