internal import Leaderboards

extension Shard {
    /// A fingerprint of everything the shard knows, the same on every replica that applied the same records, however
    /// its trees and tables lie in memory. O(leaderboards + remembered requests).
    ///
    /// - Parameter usage: whether the projects' accounts are covered, which depend on where counting began
    ///
    /// Precondition: all leaderboards are in memory.
    package func stateHash(withUsage usage: Bool = true) -> ChainHash {
        var writer = ByteWriter(capacity: 4096)
        writer.write(time.milliseconds)
        writer.writeVarint(UInt64(nextNumber))
        for number in sortedNumbers { residentLeaderboard(number).writeFingerprint(to: &writer) }
        requests.write(to: &writer)
        uploads.write(to: &writer)
        if usage { writeUsage(to: &writer) }
        return writer.withBytes { ChainHash.zero.extended(by: $0) }
    }
}

extension Leaderboard {
    /// What `stateHash` covers of a leaderboard.
    func writeFingerprint(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(number))
        writer.writeRun(key.project)
        writer.writeRun(key.id)
        writer.write(seed)
        writer.write(createdAt.milliseconds)
        writer.write(updatedAt.milliseconds)
        writer.writeDeadline(deadline)
        definition.write(to: &writer)
        writer.writeVarint(UInt64(allTime.count))
        allTime.content.write(to: &writer)
        for slot in seasons {
            writer.writeRun(slot.window)
            writer.writeRun(slot.season.id)
            writer.write(slot.season.start.milliseconds)
            writer.write(slot.closesAt.milliseconds)
            writer.write(UInt8(slot.isClosed ? 1 : 0))
            writer.writeVarint(UInt64(slot.isClosed ? slot.entryCount : slot.board?.count ?? 0))
            (slot.isClosed ? slot.content : slot.board?.content ?? .zero).write(to: &writer)
        }
        for dimension in 0..<definition.dimensions.count {
            writer.writeVarint(UInt64(members.valueCount(dimension: dimension)))
            for name in members.valueNames(dimension: dimension) { writer.writeRun(name) }
        }
    }
}
