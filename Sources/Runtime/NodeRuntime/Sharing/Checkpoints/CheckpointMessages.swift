package import Leaderboards
package import Sharding

/// What a node has of some shards is asked for:
///
///   varint  shards, then for each: varint number
///   u8      wish: 0 to be told, 1 verify what you have, 2 take a checkpoint first
package struct HoldingsQuestion: PeerMessage, Hashable {
    package enum Wish: UInt8, Sendable {
        case look = 0
        case verified = 1
        case newer = 2
    }

    package var shards: [Int]
    package var wish: Wish

    package init(shards: [Int], wish: Wish = .look) {
        self.shards = shards
        self.wish = wish
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(shards.count))
        for shard in shards { writer.writeCount(shard) }
        writer.write(wish.rawValue)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shards = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 16)) { shards.append(try reader.readCount(atMost: 1 << 16)) }
        guard let wish = Wish(rawValue: try reader.read()) else { throw .invalid("wish") }
        self.wish = wish
    }
}

/// What a node has of one shard:
///
///   u8      role: 0 none, 1 follower, 2 owner
///   u64     position of the last record that it applied, 0 if none
///   u64     the position below which the log is older than is to be kept, as far as this node has seen; 0 if it has not
///   u8 1 and u64 a position from which on somebody at this node needs the log, or u8 0
///   varint  checkpoints, oldest first, then each
package struct ShardHoldings: PeerMessage, Hashable {
    package enum Role: UInt8, Sendable {
        case none = 0
        case follower = 1
        case owner = 2
    }

    package var role: Role
    package var applied: LogPosition
    package var aged: LogPosition
    package var floor: LogPosition?
    package var checkpoints: [HeldCheckpoint]

    package init(
        role: Role, applied: LogPosition, aged: LogPosition = .start, floor: LogPosition? = nil,
        checkpoints: [HeldCheckpoint]
    ) {
        self.role = role
        self.applied = applied
        self.aged = aged
        self.floor = floor
        self.checkpoints = checkpoints
    }

    package func write(to writer: inout ByteWriter) {
        writer.write(role.rawValue)
        writer.write(applied.value)
        writer.write(aged.value)
        writer.write(flag: floor != nil)
        if let floor { writer.write(floor.value) }
        writer.writeVarint(UInt64(checkpoints.count))
        for checkpoint in checkpoints { checkpoint.write(to: &writer) }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        guard let role = Role(rawValue: try reader.read()) else { throw .invalid("role") }
        self.role = role
        applied = LogPosition(try reader.read())
        aged = LogPosition(try reader.read())
        floor = try reader.readFlag() ? LogPosition(try reader.read()) : nil
        checkpoints = []
        for _ in 0..<(try reader.readCount(atMost: 64)) { checkpoints.append(try HeldCheckpoint(from: &reader)) }
    }
}

/// A checkpoint in a node's store:
///
///   u64     generation
///   u64     position, u64 record number, u64 × 2 chain hash, u64 epoch of the last record that it reflects
///   varint  bytes, 0 if they were not counted
///   u8      1 if it was loaded completely and every content hash held
package struct HeldCheckpoint: PeerMessage, Hashable {
    package var generation: UInt64
    package var record: CheckpointRecord
    package var byteCount: Int
    package var isVerified: Bool

    package init(generation: UInt64, record: CheckpointRecord, byteCount: Int = 0, isVerified: Bool) {
        self.generation = generation
        self.record = record
        self.byteCount = byteCount
        self.isVerified = isVerified
    }

    package func write(to writer: inout ByteWriter) {
        writer.write(generation)
        writer.write(record.position.value)
        writer.write(record.number)
        writer.write(record.hash.low)
        writer.write(record.hash.high)
        writer.write(record.epoch)
        writer.writeCount(byteCount)
        writer.write(flag: isVerified)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        generation = try reader.read()
        record = CheckpointRecord(
            position: LogPosition(try reader.read()), number: try reader.read(),
            hash: ChainHash(low: try reader.read(), high: try reader.read()), epoch: try reader.read())
        byteCount = try reader.readCount()
        isVerified = try reader.readFlag()
    }
}

/// A chunk of a checkpoint is asked for: varint shard, u64 generation, varint pieces and varint bytes before it.
package struct ChunkQuestion: PeerMessage, Hashable {
    package var shard: Int
    package var generation: UInt64
    package var place: CheckpointPlace

    package init(shard: Int, generation: UInt64, place: CheckpointPlace) {
        self.shard = shard
        self.generation = generation
        self.place = place
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeCount(shard)
        writer.write(generation)
        writer.writeCount(place.pieces)
        writer.writeCount(place.bytes)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shard = try reader.readCount(atMost: 1 << 16)
        generation = try reader.read()
        place = CheckpointPlace(pieces: try reader.readCount(), bytes: try reader.readCount())
    }
}

/// A chunk as `CheckpointChunk` writes it: a run.
package struct ChunkBytes: PeerMessage, Hashable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package func write(to writer: inout ByteWriter) { writer.writeRun(bytes) }
    package init(from reader: inout ByteReader) throws(ByteReader.Problem) { bytes = try reader.readArray() }
}
