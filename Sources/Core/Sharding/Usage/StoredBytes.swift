internal import Leaderboards
internal import RankTrees

/// The measure by which a project's stored bytes are counted: about what its leaderboards take, and the same on every
/// machine and in every version, since it counts names and rows and not memory.
///
///     a leaderboard or plain set   512 and the bytes of its id
///     a member of it                16 and the bytes of the name, once for all its boards
///     a row of a board              32, 8 for each column after the first, 4 for each dimension, and its metadata's bytes
enum StoredBytes {
    static func ofLeaderboard(_ key: LeaderboardKey) -> Int { 512 + key.id.utf8.count }

    @inline(__always)
    static func ofMember(nameByteCount: Int) -> Int { 16 + nameByteCount }

    static func ofEntry(columns: Int, dimensions: Int) -> Int { 32 + 8 * (columns - 1) + 4 * dimensions }
}

/// How much a leaderboard holds.
package struct LeaderboardSize: Hashable, Sendable {
    /// Rows of all its boards.
    var entries = 0
    /// By the measure of `StoredBytes`.
    var storedBytes = 0
    /// False if it was counted from the list of pieces that an older version wrote, without names and metadata: it is
    /// measured when the leaderboard is loaded.
    var isExact = true
}

extension Leaderboard {
    /// Counts again what `members.size` keeps count of, as far as boards are in memory: of sealed seasons that are on disk only
    /// the rows.
    func measureSize() -> LeaderboardSize {
        var size = LeaderboardSize(storedBytes: StoredBytes.ofLeaderboard(key))
        for member in 0..<UInt32(members.table.slotCapacity) where members.table.contains(member) {
            size.storedBytes += StoredBytes.ofMember(nameByteCount: members.table.withName(of: member) { $0.count })
        }
        size.add(rows: allTime.count, of: rules, metadata: allTime.metadata)
        for slot in seasons {
            size.add(rows: slot.board?.count ?? slot.entryCount, of: rules, metadata: slot.board?.metadata ?? [:])
        }
        return size
    }
}

extension LeaderboardSize {
    fileprivate mutating func add(rows: Int, of rules: BoardRules, metadata: [UInt32: [UInt8]]) {
        entries += rows
        storedBytes += rows * rules.entryBytes
        // A sum: the order of the dictionary does not matter.
        for bytes in metadata.values { storedBytes += bytes.count }
    }
}

extension LeaderboardManifest {
    /// Counted from the list alone.
    var estimatedSize: LeaderboardSize {
        let rows = seasons.reduce(allTime.entryCount) { $0 + $1.board.entryCount }
        let perRow = StoredBytes.ofEntry(columns: definition.columns.count, dimensions: definition.dimensions.count)
        return LeaderboardSize(
            entries: rows,
            storedBytes: StoredBytes.ofLeaderboard(key) + memberSlots * StoredBytes.ofMember(nameByteCount: 0)
                + rows * perRow,
            isExact: false)
    }
}
