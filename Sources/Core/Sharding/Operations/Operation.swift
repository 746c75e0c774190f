package import Leaderboards

// The payload of a data record, little-endian:
//
//   u8      payload version (1)
//   i64     the shard's time: milliseconds since 1970, never less than the record before
//   then    operations up to the end, each a tag byte and the layout of its own file
//
/// Something that happened to a shard, with everything uncertain resolved. Tags once used stay used.
enum OperationTag: UInt8 {
    case define = 1
    case redefine = 2
    case deleteLeaderboard = 3
    case openSeason = 4
    case submit = 5
    case removeEntry = 6
    case closeSeason = 7
    case advanceUpload = 8
    case setEntry = 9
    case setDeadline = 10
    case reportUsage = 11
}

/// The start of a data record's payload.
struct PayloadHeader {
    static let version: UInt8 = 1

    var time: Timestamp

    func write(to writer: inout ByteWriter) {
        writer.write(Self.version)
        writer.write(time.milliseconds)
    }

    init(time: Timestamp) { self.time = time }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let version: UInt8 = try reader.read()
        guard version == Self.version else { throw .invalid("payload version \(version)") }
        time = Timestamp(milliseconds: try reader.read())
        guard Timestamp.accepted.contains(time) else { throw .invalid("time") }
    }
}

extension LogRecord {
    /// When its commands were carried out, by the shard's time, which never falls. Only records of data have one; nil also
    /// for a payload of a newer Laurel.
    package var time: Timestamp? {
        guard kind == .data else { return nil }
        return payload.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return (try? PayloadHeader(from: &reader))?.time
        }
    }
}

/// Collects the operations of one record in the making.
package struct RecordBuilder: ~Copyable {
    var writer: ByteWriter
    private let headerByteCount: Int
    /// The closings of seasons don't make a record longer than this: what is left is closed by the next one.
    static let closingByteCountMax = 256 << 10
    package let time: Timestamp
    private let room: RecordRoom

    package init(time: Timestamp, room: RecordRoom = RecordRoom()) {
        self.time = time
        self.room = room
        writer = ByteWriter(capacity: 512)
        PayloadHeader(time: time).write(to: &writer)
        headerByteCount = writer.count
    }

    /// Nothing has happened: there is nothing to log.
    package var isEmpty: Bool { writer.count == headerByteCount }
    package var byteCount: Int { writer.count }
    /// One more command could be too much.
    package var isFull: Bool { writer.count > room.fullByteCount }
    package var payload: [UInt8] { writer.bytes }

    mutating func begin(_ tag: OperationTag) { writer.write(tag.rawValue) }
}
