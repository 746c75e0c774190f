package import Leaderboards

// What a shard was at a position of its log:
//
//   u8      layout version (3)
//   u64     generation
//   u64     position, u64 record number, u64 × 2 chain hash, u64 epoch of the last record it reflects
//   i64     the shard's time
//   u32     next leaderboard number
//   u64     next serial: pieces of this serial and above are left over from a checkpoint that was not finished
//   varint  leaderboards, then for each: varint number, run project, run id, varint manifest serial, i64 next closing
//           or Int64.max, deadline as in operation 10 (not in version 1, which knew none), size: u8 1 if it is exact,
//           varint entries, varint stored bytes (not before version 3, which did not count)
//   varint  pieces that only the checkpoint before needs, then for each: u8 kind, varint serial
//   run     remembered requests (RequestTable), uploads (UploadTable), usage (UsageTable; not before version 3)
//   u64 × 2 hash of all bytes before
package struct ShardManifest: Sendable {
    static let layoutVersion: UInt8 = 3

    package var generation: UInt64
    /// The last record that the checkpoint reflects.
    package var position: LogPosition
    package var number: UInt64
    package var hash: ChainHash
    package var epoch: UInt64
    package var time: Timestamp
    package var nextNumber: UInt32
    package var nextSerial: UInt64
    package var leaderboards: [StoredLeaderboard]
    package var retired: [StoredPiece]
    /// As the tables write themselves.
    var tables: [UInt8]
    /// Usage is among them.
    let hasUsage: Bool

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 256 + leaderboards.count * 64 + tables.count)
        writer.write(Self.layoutVersion)
        writer.write(generation)
        writer.write(position.value)
        writer.write(number)
        writer.write(hash.low)
        writer.write(hash.high)
        writer.write(epoch)
        writer.write(time.milliseconds)
        writer.write(nextNumber)
        writer.write(nextSerial)
        writer.writeVarint(UInt64(leaderboards.count))
        for leaderboard in leaderboards {
            writer.writeVarint(UInt64(leaderboard.number))
            writer.writeRun(leaderboard.key.project)
            writer.writeRun(leaderboard.key.id)
            writer.writeVarint(leaderboard.manifest)
            writer.write((leaderboard.nextClosing ?? .never).milliseconds)
            writer.writeDeadline(leaderboard.deadline)
            writer.write(UInt8(leaderboard.size.isExact ? 1 : 0))
            writer.writeVarint(UInt64(leaderboard.size.entries))
            writer.writeVarint(UInt64(leaderboard.size.storedBytes))
        }
        writer.writeVarint(UInt64(retired.count))
        for piece in retired {
            writer.write(piece.kind.rawValue)
            writer.writeVarint(piece.serial)
        }
        writer.writeRun(tables)
        let seal = writer.withBytes { ChainHash.zero.extended(by: $0) }
        writer.write(seal.low)
        writer.write(seal.high)
        return writer.bytes
    }

    package init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Problem) {
        guard bytes.count > ChainHash.byteCount else { throw .ended }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - ChainHash.byteCount)])
        var seal = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[body.count...]))
        let sealed = ChainHash(low: try seal.read(), high: try seal.read())
        guard ChainHash.zero.extended(by: body) == sealed else { throw .invalid("hash of the shard's manifest") }
        var reader = ByteReader(body)
        let version: UInt8 = try reader.read()
        guard 1...Self.layoutVersion ~= version else { throw .invalid("manifest layout") }
        generation = try reader.read()
        position = LogPosition(try reader.read())
        number = try reader.read()
        hash = ChainHash(low: try reader.read(), high: try reader.read())
        epoch = try reader.read()
        time = Timestamp(milliseconds: try reader.read())
        nextNumber = try reader.read()
        nextSerial = try reader.read()
        leaderboards = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 30)) {
            let number = UInt32(truncatingIfNeeded: try reader.readVarint())
            let project = try reader.readString()
            let key = LeaderboardKey(project: project, id: try reader.readString())
            let manifest = try reader.readVarint()
            let closing = Timestamp(milliseconds: try reader.read())
            leaderboards.append(
                StoredLeaderboard(
                    number: number, key: key, manifest: manifest, nextClosing: closing.orNil,
                    deadline: version < 2 ? nil : try reader.readDeadline(),
                    size: version < 3 ? LeaderboardSize(isExact: false) : try LeaderboardSize(from: &reader)))
        }
        retired = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 30)) {
            guard let kind = StoredPiece.Kind(rawValue: try reader.read()) else { throw .invalid("piece kind") }
            retired.append(StoredPiece(kind: kind, serial: try reader.readVarint()))
        }
        tables = Array(try reader.readRun())
        hasUsage = version >= 3
    }

    init(
        generation: UInt64, position: LogPosition, number: UInt64, hash: ChainHash, epoch: UInt64, time: Timestamp,
        nextNumber: UInt32, nextSerial: UInt64, leaderboards: [StoredLeaderboard], retired: [StoredPiece],
        tables: [UInt8]
    ) {
        self.generation = generation
        self.position = position
        self.number = number
        self.hash = hash
        self.epoch = epoch
        self.time = time
        self.nextNumber = nextNumber
        self.nextSerial = nextSerial
        self.leaderboards = leaderboards
        self.retired = retired
        self.tables = tables
        hasUsage = true
    }
}

extension LeaderboardSize {
    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let isExact = try reader.read(UInt8.self) == 1
        self.init(
            entries: try reader.readCount(atMost: 1 << 40), storedBytes: try reader.readCount(atMost: 1 << 50),
            isExact: isExact)
    }
}

/// One piece of a shard's checkpoints, as the shard names it; whoever stores it adds the shard.
package struct StoredPiece: Hashable, Sendable {
    /// Numbers once used stay used.
    package enum Kind: UInt8, Sendable {
        case leaderboardManifest = 2
        case entryChunk = 3
        case memberChunk = 4
    }

    package let kind: Kind
    package let serial: UInt64

    package init(kind: Kind, serial: UInt64) {
        self.kind = kind
        self.serial = serial
    }
}

/// The pieces that the last checkpoint of a leaderboard consists of.
package struct StoredPieces: Hashable, Sendable {
    var manifest: UInt64
    var memberChunks: [UInt64]
    var entryChunks: [UInt64]

    package var all: [StoredPiece] {
        [StoredPiece(kind: .leaderboardManifest, serial: manifest)]
            + memberChunks.map { StoredPiece(kind: .memberChunk, serial: $0) }
            + entryChunks.map { StoredPiece(kind: .entryChunk, serial: $0) }
    }
}
