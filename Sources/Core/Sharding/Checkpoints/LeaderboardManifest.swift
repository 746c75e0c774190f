import Leaderboards
import RankTrees

// What one leaderboard was at a checkpoint:
//
//   u8      layout version (2)
//   varint  leaderboard number
//   run     project, run id
//   u64     seed of the member table
//   i64     created at, i64 updated at: milliseconds since 1970
//   then    definition (LeaderboardDefinition+Codec)
//   for each dimension: varint values, then a run for each, in the order of their numbers
//   varint  member slots
//   varint  member chunks, then the serial of each as varint, in slot order
//   board   all-time
//   varint  seasons, then for each:
//             run window, run season id, i64 start, i64 end, i64 closes at, u8 closed
//             board
//   deadline as in operation 10; not in version 1, which knew none
// where a board is
//   varint  entries
//   u64 × 2 content hash
//   varint  chunks, then the serial of each as varint, in rank order
struct LeaderboardManifest: Hashable {
    static let layoutVersion: UInt8 = 2

    struct StoredBoard: Hashable {
        var entryCount = 0
        var content = ContentHash.zero
        var chunks: [UInt64] = []
    }

    struct StoredSeason: Hashable {
        var window: String
        var season: Season
        var closesAt: Timestamp
        var isClosed: Bool
        var board: StoredBoard
    }

    var number: UInt32
    var key: LeaderboardKey
    var seed: UInt64
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var definition: LeaderboardDefinition
    var values: [[[UInt8]]]
    var memberSlots: Int
    var memberChunks: [UInt64]
    var allTime: StoredBoard
    var seasons: [StoredSeason]
    /// When a plain set ceases to be there.
    var deadline: Timestamp?

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 1024 + memberChunks.count * 5 + allTime.chunks.count * 5)
        writer.write(Self.layoutVersion)
        writer.writeVarint(UInt64(number))
        writer.writeRun(key.project)
        writer.writeRun(key.id)
        writer.write(seed)
        writer.write(createdAt.milliseconds)
        writer.write(updatedAt.milliseconds)
        definition.write(to: &writer)
        for names in values {
            writer.writeVarint(UInt64(names.count))
            for name in names { writer.writeRun(name) }
        }
        writer.writeVarint(UInt64(memberSlots))
        writer.writeVarint(UInt64(memberChunks.count))
        for serial in memberChunks { writer.writeVarint(serial) }
        allTime.write(to: &writer)
        writer.writeVarint(UInt64(seasons.count))
        for season in seasons {
            writer.writeRun(season.window)
            writer.writeRun(season.season.id)
            writer.write(season.season.start.milliseconds)
            writer.write((season.season.end ?? .never).milliseconds)
            writer.write(season.closesAt.milliseconds)
            writer.write(UInt8(season.isClosed ? 1 : 0))
            season.board.write(to: &writer)
        }
        writer.writeDeadline(deadline)
        return writer.bytes
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Problem) {
        var reader = ByteReader(bytes)
        let version: UInt8 = try reader.read()
        guard 1...Self.layoutVersion ~= version else { throw .invalid("manifest layout") }
        number = UInt32(truncatingIfNeeded: try reader.readVarint())
        let project = try reader.readString()
        key = LeaderboardKey(project: project, id: try reader.readString())
        seed = try reader.read()
        createdAt = Timestamp(milliseconds: try reader.read())
        updatedAt = Timestamp(milliseconds: try reader.read())
        definition = try LeaderboardDefinition(from: &reader)
        values = []
        for _ in definition.dimensions {
            var names: [[UInt8]] = []
            for _ in 0..<(try reader.readCount(atMost: 1 << 30)) { names.append(Array(try reader.readRun())) }
            guard Set(names).count == names.count else { throw .invalid("a dimension's value twice") }
            values.append(names)
        }
        memberSlots = try reader.readCount(atMost: 1 << 31)
        memberChunks = try readSerials(&reader)
        guard memberChunks.count == (memberSlots + MemberTable.chunkSlots - 1) / MemberTable.chunkSlots else {
            throw .invalid("\(memberSlots) member slots in \(memberChunks.count) chunks")
        }
        allTime = try StoredBoard(from: &reader)
        seasons = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 30)) { seasons.append(try StoredSeason(from: &reader)) }
        deadline = version < 2 ? nil : try reader.readDeadline()
    }

    init(
        number: UInt32, key: LeaderboardKey, seed: UInt64, createdAt: Timestamp, updatedAt: Timestamp,
        definition: LeaderboardDefinition, values: [[[UInt8]]], memberSlots: Int, memberChunks: [UInt64],
        allTime: StoredBoard, seasons: [StoredSeason], deadline: Timestamp? = nil
    ) {
        self.number = number
        self.key = key
        self.seed = seed
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.definition = definition
        self.values = values
        self.memberSlots = memberSlots
        self.memberChunks = memberChunks
        self.allTime = allTime
        self.seasons = seasons
        self.deadline = deadline
    }

    var entryChunks: [UInt64] { seasons.reduce(into: allTime.chunks) { $0 += $1.board.chunks } }

    var nextClosing: Timestamp? {
        seasons.filter { !$0.isClosed }.map(\.closesAt).min().flatMap { $0 == .never ? nil : $0 }
    }
}

extension LeaderboardManifest.StoredBoard {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(entryCount))
        content.write(to: &writer)
        writer.writeVarint(UInt64(chunks.count))
        for serial in chunks { writer.writeVarint(serial) }
    }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        entryCount = try reader.readCount(atMost: 1 << 31)
        content = try ContentHash(from: &reader)
        chunks = try readSerials(&reader)
        guard chunks.count...(chunks.count * RankForest.twigEntriesMax) ~= entryCount else {
            throw .invalid("\(entryCount) entries in \(chunks.count) chunks")
        }
    }
}

extension LeaderboardManifest.StoredSeason {
    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        window = try reader.readString()
        let id = try reader.readString()
        let start = Timestamp(milliseconds: try reader.read())
        let end = Timestamp(milliseconds: try reader.read())
        season = Season(id: id, start: start, end: end.orNil)
        closesAt = Timestamp(milliseconds: try reader.read())
        isClosed = try reader.read(UInt8.self) == 1
        board = try LeaderboardManifest.StoredBoard(from: &reader)
    }
}

private func readSerials(_ reader: inout ByteReader) throws(ByteReader.Problem) -> [UInt64] {
    let count = try reader.readCount(atMost: 1 << 30)
    var serials: [UInt64] = []
    serials.reserveCapacity(min(count, 1 << 16))
    for _ in 0..<count { serials.append(try reader.readVarint()) }
    return serials
}
