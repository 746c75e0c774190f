package import Leaderboards
package import Sharding

/// Rows of a ranking are asked for:
///
///   the leaderboard's name
///   window, season, dimension, value: u8 1 and a run, or 0
///   u8      1 metadata + 2 relaxed
///   u8      0 from a place: varint offset, varint limit; 1 around a user: run user, varint radius
package struct PageQuestion: PeerMessage, Hashable {
    package var key: LeaderboardKey
    package var board: BoardSelector
    package var request: PageRequest
    package var options: ReadOptions

    package init(_ key: LeaderboardKey, _ board: BoardSelector, _ request: PageRequest, _ options: ReadOptions) {
        self.key = key
        self.board = board
        self.request = request
        self.options = options
    }

    package func write(to writer: inout ByteWriter) {
        key.write(to: &writer)
        board.write(to: &writer)
        options.write(to: &writer)
        switch request {
        case .from(let offset, let limit):
            writer.write(UInt8(0))
            writer.writeCount(offset)
            writer.writeCount(limit)
        case .around(let user, let radius):
            writer.write(UInt8(1))
            writer.writeRun(user)
            writer.writeCount(radius)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        key = try LeaderboardKey(from: &reader)
        board = try BoardSelector(from: &reader)
        options = try ReadOptions(from: &reader)
        switch try reader.read(UInt8.self) {
        case 0: request = .from(offset: try reader.readCount(), limit: try reader.readCount())
        case 1: request = .around(user: try reader.readArray(), radius: try reader.readCount())
        default: throw .invalid("page")
        }
    }
}

/// Entries of certain users are asked for: the leaderboard's name, the board and the options as for a page, varint users, each a run.
package struct EntriesQuestion: PeerMessage, Hashable {
    package var key: LeaderboardKey
    package var board: BoardSelector
    package var users: [[UInt8]]
    package var options: ReadOptions

    package init(_ key: LeaderboardKey, _ board: BoardSelector, users: [[UInt8]], _ options: ReadOptions) {
        self.key = key
        self.board = board
        self.users = users
        self.options = options
    }

    package func write(to writer: inout ByteWriter) {
        key.write(to: &writer)
        board.write(to: &writer)
        options.write(to: &writer)
        writer.writeVarint(UInt64(users.count))
        for user in users { writer.writeRun(user) }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        key = try LeaderboardKey(from: &reader)
        board = try BoardSelector(from: &reader)
        options = try ReadOptions(from: &reader)
        users = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 20)) { users.append(try reader.readArray()) }
    }
}

extension BoardSelector {
    fileprivate func write(to writer: inout ByteWriter) {
        for text in [window, season, dimension, value] { writer.writeOptional(text) }
    }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(
            window: try reader.readOptionalString(), season: try reader.readOptionalString(),
            dimension: try reader.readOptionalString(), value: try reader.readOptionalString())
    }
}

extension ReadOptions {
    fileprivate func write(to writer: inout ByteWriter) { writer.write(UInt8((metadata ? 1 : 0) | (relaxed ? 2 : 0))) }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let bits = try reader.read(UInt8.self)
        guard bits < 4 else { throw .invalid("options") }
        self.init(metadata: bits & 1 != 0, relaxed: bits & 2 != 0)
    }
}
