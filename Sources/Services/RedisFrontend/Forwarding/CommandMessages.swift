internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
package import Sharding

/// Commands of one client whose keys lie at one place:
///
///   run     project
///   u8      protocol version that replies are written in, 2 or 3
///   run     the commands, each an array of bulks as clients send it
struct CommandsRequest: PeerMessage, Hashable {
    var project: String
    var version: ProtocolVersion
    var commands: ByteBuffer

    /// - Parameter writer: has the commands
    init(project: String, version: ProtocolVersion, _ writer: ReplyWriter) {
        self.project = project
        self.version = version
        commands = writer.buffer
    }

    init(project: String, version: ProtocolVersion, _ commands: [PreparedCommand]) {
        var writer = ReplyWriter()
        for command in commands { writer.command(command.arguments) }
        self.init(project: project, version: version, writer)
    }

    func write(to writer: inout ByteWriter) {
        writer.writeRun(project)
        writer.write(UInt8(version.rawValue))
        commands.withUnsafeReadableBytes { writer.writeRun($0) }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        project = try reader.readString()
        guard let version = ProtocolVersion(rawValue: Int(try reader.read(UInt8.self))) else {
            throw .invalid("protocol version")
        }
        self.version = version
        commands = ByteBuffer(bytes: try reader.readRun())
    }

    /// The commands, or what is wrong with each.
    func parsed(_ configuration: RedisConfiguration) throws(ServiceError) -> [Result<PreparedCommand, CommandError>] {
        let batch = try batch(configuration)
        return batch.indices.map { index in
            Result { () throws(CommandError) in
                try PreparedCommand(Arguments(batch[index]), project: project)
            }
        }
    }

    func batch(_ configuration: RedisConfiguration) throws(ServiceError) -> CommandBatch {
        var limits = CommandParser.Limits()
        limits.bulkBytesMax = configuration.argumentByteCountMax
        limits.commandsPerBatch = .max
        var parser = CommandParser(limits: limits)
        parser.append(commands)
        let batch = CommandBatch()
        do throws(ProtocolError) {
            _ = try parser.next(into: batch)
        } catch {
            throw .unavailable("commands of another node can't be read: \(error)", retryAfter: 1)
        }
        return batch
    }
}

/// The replies to the first of the commands, or to all: varint how many, each a run.
struct CommandReplies: PeerMessage, Hashable {
    /// All of them, one behind the other from index 0 on.
    private(set) var bytes: ByteBuffer
    /// Where each ends.
    private(set) var ends: [Int]

    init(_ bytes: ByteBuffer, endingAt ends: [Int]) {
        self.bytes = bytes
        self.ends = ends
    }

    init(_ replies: [ByteBuffer]) {
        self.init(ByteBuffer(), endingAt: [])
        for reply in replies {
            bytes.writeImmutableBuffer(reply)
            ends.append(bytes.writerIndex)
        }
    }

    var count: Int { ends.count }
    var replies: [ByteBuffer] { bytes.slices(endingAt: ends) }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(ends.count))
        bytes.withUnsafeReadableBytes { bytes in
            var start = 0
            for end in ends {
                writer.writeRun(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end
            }
        }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(ByteBuffer(), endingAt: [])
        let count = try reader.readCount(atMost: 1 << 20)
        for _ in 0..<count {
            bytes.writeBytes(try reader.readRun())
            ends.append(bytes.writerIndex)
        }
    }
}

extension ByteBuffer {
    /// Its readable bytes in pieces, which share its memory.
    fileprivate func slices(endingAt ends: [Int]) -> [ByteBuffer] {
        var start = readerIndex
        return ends.map { end in
            defer { start = end }
            return getSlice(at: start, length: end - start)!
        }
    }
}

/// A transaction: the commands, then the watched keys: varint how many, each its name and its fingerprint.
struct TransactionRequest: PeerMessage, Hashable {
    var commands: CommandsRequest
    var watched: [LeaderboardKey: SetFingerprint]

    init(_ commands: CommandsRequest, unlessChanged watched: [LeaderboardKey: SetFingerprint]) {
        self.commands = commands
        self.watched = watched
    }

    func write(to writer: inout ByteWriter) {
        commands.write(to: &writer)
        writer.writeVarint(UInt64(watched.count))
        for (key, fingerprint) in watched.sorted(by: { $0.key < $1.key }) {
            key.write(to: &writer)
            fingerprint.write(to: &writer)
        }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        commands = try CommandsRequest(from: &reader)
        watched = [:]
        for _ in 0..<(try reader.readCount(atMost: 1 << 16)) {
            let key = try LeaderboardKey(from: &reader)
            watched[key] = try SetFingerprint(from: &reader)
        }
    }
}

/// What came of a transaction: u8 0 if a watched key had changed; or 1, then the replies.
struct TransactionAnswer: PeerMessage, Hashable {
    var replies: CommandReplies?

    init(_ replies: CommandReplies?) { self.replies = replies }

    func write(to writer: inout ByteWriter) {
        writer.write(UInt8(replies == nil ? 0 : 1))
        replies?.write(to: &writer)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        switch try reader.read(UInt8.self) {
        case 0: replies = nil
        case 1: replies = try CommandReplies(from: &reader)
        default: throw .invalid("transaction")
        }
    }
}

// What a set looks like: u8 0 and u32, absent: the last deleted; or u8 1, u32 number, u64 changes, u64 and u64 content hash.
extension SetFingerprint: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        switch self {
        case .absent(let lastDeleted):
            writer.write(UInt8(0))
            writer.write(lastDeleted)
        case .present(let number, let changeCount, let hash):
            writer.write(UInt8(1))
            writer.write(number)
            writer.write(changeCount)
            writer.write(hash.low)
            writer.write(hash.high)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        switch try reader.read(UInt8.self) {
        case 0: self = .absent(lastDeleted: try reader.read())
        case 1:
            self = .present(
                number: try reader.read(), changeCount: try reader.read(),
                ContentHash(low: try reader.read(), high: try reader.read()))
        default: throw .invalid("fingerprint")
        }
    }
}
