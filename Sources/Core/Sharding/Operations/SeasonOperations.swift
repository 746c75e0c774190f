import Leaderboards

// Operation 4, a season opens, and operation 7, a season closes:
//
//   varint  leaderboard number
//   run     window's name
//   run     season id
//   opening: i64 start, i64 end or Int64.max, i64 earliest closing time or Int64.max
//   closing: varint entries at the end, u64 × 2 content hash of the board
//
/// A season begins to take scores. Its bounds are part of the record: a node with other time zone data must not come
/// to other seasons.
struct OpenSeasonOperation: Hashable {
    var leaderboard: UInt32
    var window: String
    var season: String
    var start: Timestamp
    var end: Timestamp
    /// When the season may close: its end and the window's grace; for a season entered late, at least a day later.
    var closesAt: Timestamp

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        writer.writeRun(window)
        writer.writeRun(season)
        writer.write(start.milliseconds)
        writer.write(end.milliseconds)
        writer.write(closesAt.milliseconds)
    }
}

extension OpenSeasonOperation {
    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
        window = try reader.readString()
        season = try reader.readString()
        start = Timestamp(milliseconds: try reader.read())
        end = Timestamp(milliseconds: try reader.read())
        closesAt = Timestamp(milliseconds: try reader.read())
    }
}

/// A season is sealed: its board never changes again.
struct CloseSeasonOperation: Hashable {
    var leaderboard: UInt32
    var window: String
    var season: String
    var entryCount: Int
    var content: ContentHash

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        writer.writeRun(window)
        writer.writeRun(season)
        writer.writeVarint(UInt64(entryCount))
        content.write(to: &writer)
    }
}

extension CloseSeasonOperation {
    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
        window = try reader.readString()
        season = try reader.readString()
        entryCount = try reader.readCount(atMost: Int(UInt32.max))
        content = try ContentHash(from: &reader)
    }
}
