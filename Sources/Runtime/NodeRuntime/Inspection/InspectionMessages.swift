package import Leaderboards
package import Sharding

/// What a node says of itself and its shards:
///
///   u64     node, u64 incarnation
///   run     state: `ready`, or why not
///   varint  shards in all
///   varint  shards told of, then for each a `ShardSight`
package struct NodeReport: PeerMessage, Hashable {
    package var node: UInt64
    package var incarnation: UInt64
    package var state: String
    package var shardCount: Int
    package var shards: [ShardSight]

    package init(node: UInt64, incarnation: UInt64, state: String, shardCount: Int, shards: [ShardSight]) {
        self.node = node
        self.incarnation = incarnation
        self.state = state
        self.shardCount = shardCount
        self.shards = shards
    }

    package func write(to writer: inout ByteWriter) {
        writer.write(node)
        writer.write(incarnation)
        writer.writeRun(state)
        writer.writeCount(shardCount)
        writer.writeVarint(UInt64(shards.count))
        for shard in shards { shard.write(to: &writer) }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        node = try reader.read()
        incarnation = try reader.read()
        state = try reader.readString()
        shardCount = try reader.readCount(atMost: 1 << 16)
        shards = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 16)) { shards.append(try ShardSight(from: &reader)) }
    }
}

/// One node's view of one shard:
///
///   varint  shard
///   u8      role: 0 vacant, 1 follower, 2 owner
///   u8      1 if it is behind what it has seen of the log
///   varint  epoch, varint record number, varint position, u64 × 2 chain hash of what it has applied
///   varint  leaderboards, varint bytes of memory
///   varint  generation of the newest checkpoint, 0 if there is none, varint its position
///   u8, run what is wrong with it, if anything is
///   the log's last word: varint number, varint epoch, varint position; each u8 1 and u64, or u8 0: owner, heir, target;
///   u8, run why it is left alone, if it is
package struct ShardSight: PeerMessage, Hashable {
    package enum Role: UInt8, Sendable {
        case vacant = 0
        case follower = 1
        case owner = 2
    }

    package var shard: ShardID
    package var role: Role
    package var isBehind = false
    package var epoch: UInt64 = 0
    package var number: UInt64 = 0
    package var position = LogPosition.start
    package var hash = ChainHash.zero
    package var leaderboardCount = 0
    package var memoryBytes = 0
    package var checkpoint: UInt64 = 0
    package var checkpointPosition = LogPosition.start
    package var problem: String?
    package var log = LogSight()

    package init(shard: ShardID, role: Role) {
        self.shard = shard
        self.role = role
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(shard.number))
        writer.write(role.rawValue)
        writer.write(flag: isBehind)
        writer.writeVarint(epoch)
        writer.writeVarint(number)
        writer.writeVarint(position.value)
        writer.write(hash.low)
        writer.write(hash.high)
        writer.writeCount(leaderboardCount)
        writer.writeCount(memoryBytes)
        writer.writeVarint(checkpoint)
        writer.writeVarint(checkpointPosition.value)
        writer.writeOptional(problem)
        writer.writeVarint(log.number)
        writer.writeVarint(log.epoch)
        writer.writeVarint(log.position.value)
        for node in [log.owner, log.heir, log.target] {
            writer.write(flag: node != nil)
            if let node { writer.write(node) }
        }
        writer.writeOptional(log.quarantine)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shard = ShardID(UInt16(try reader.readCount(atMost: Int(UInt16.max))))
        guard let role = Role(rawValue: try reader.read()) else { throw .invalid("role") }
        self.role = role
        isBehind = try reader.readFlag()
        epoch = try reader.readVarint()
        number = try reader.readVarint()
        position = LogPosition(try reader.readVarint())
        hash = ChainHash(low: try reader.read(), high: try reader.read())
        leaderboardCount = try reader.readCount()
        memoryBytes = try reader.readCount()
        checkpoint = try reader.readVarint()
        checkpointPosition = LogPosition(try reader.readVarint())
        problem = try reader.readOptionalString()
        log.number = try reader.readVarint()
        log.epoch = try reader.readVarint()
        log.position = LogPosition(try reader.readVarint())
        log.owner = try reader.readFlag() ? try reader.read() : nil
        log.heir = try reader.readFlag() ? try reader.read() : nil
        log.target = try reader.readFlag() ? try reader.read() : nil
        log.quarantine = try reader.readOptionalString()
    }
}

/// A follower is to say what it holds at a record, or the owner at its next one:
///
///   varint  shard
///   varint  record number, varint position; 0 and 0 for the owner
package struct FingerprintQuestion: PeerMessage, Hashable {
    package var shard: Int
    package var number: UInt64
    package var position: LogPosition

    package init(shard: Int, number: UInt64 = 0, position: LogPosition = .start) {
        self.shard = shard
        self.number = number
        self.position = position
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeCount(shard)
        writer.writeVarint(number)
        position.write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shard = try reader.readCount(atMost: 1 << 16)
        number = try reader.readVarint()
        position = try LogPosition(from: &reader)
    }
}

/// What a node holds of a shard at a record:
///
///   varint  record number, varint position
///   u64 × 2 all but the leaderboards
///   varint  leaderboards, then for each: its name, u64 × 2 hash
package struct PlacedFingerprint: PeerMessage, Hashable {
    package var number: UInt64
    package var position: LogPosition
    package var content: ShardFingerprint

    package init(number: UInt64, position: LogPosition, content: ShardFingerprint) {
        self.number = number
        self.position = position
        self.content = content
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(number)
        position.write(to: &writer)
        content.rest.write(to: &writer)
        writer.writeVarint(UInt64(content.leaderboards.count))
        for part in content.leaderboards {
            part.key.write(to: &writer)
            part.hash.write(to: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        number = try reader.readVarint()
        position = try LogPosition(from: &reader)
        let rest = try ChainHash(from: &reader)
        var parts: [ShardFingerprint.Part] = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 24)) {
            let key = try LeaderboardKey(from: &reader)
            parts.append(.init(key, try ChainHash(from: &reader)))
        }
        content = ShardFingerprint(rest: rest, leaderboards: parts)
    }
}

/// A number: varint.
package struct PeerNumber: PeerMessage, Hashable {
    package var number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package func write(to writer: inout ByteWriter) { writer.writeVarint(number) }
    package init(from reader: inout ByteReader) throws(ByteReader.Problem) { number = try reader.readVarint() }
}

/// Checkpoints are asked for: u8 1 if they are to be verified, then the shards as in `ShardQuestion`.
package struct CheckpointQuestion: PeerMessage, Hashable {
    package var verifies: Bool
    package var shards: ShardQuestion

    package init(_ shards: [Int], verifies: Bool) {
        self.shards = ShardQuestion(shards: shards)
        self.verifies = verifies
    }

    package func write(to writer: inout ByteWriter) {
        writer.write(flag: verifies)
        shards.write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        verifies = try reader.readFlag()
        shards = try ShardQuestion(from: &reader)
    }
}

/// A checkpoint that a node has:
///
///   varint  shard, varint generation, varint record number, varint position, varint epoch, u64 × 2 chain hash
///   varint  leaderboards, varint entries, varint bytes
///   u8      0 if it was not verified; 1 and u64 × 2 hash of its content; 2 and run what is wrong with it
package struct CheckpointSight: PeerMessage, Hashable {
    package enum Verdict: Hashable, Sendable {
        case unknown
        case sound(ChainHash)
        case damaged(String)
    }

    package var shard: ShardID
    package var generation: UInt64
    package var number: UInt64 = 0
    package var position = LogPosition.start
    package var epoch: UInt64 = 0
    package var hash = ChainHash.zero
    package var leaderboardCount = 0
    package var entryCount = 0
    package var byteCount = 0
    package var verdict = Verdict.unknown

    package init(shard: ShardID, generation: UInt64) {
        self.shard = shard
        self.generation = generation
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(shard.number))
        for number in [generation, number, position.value, epoch] { writer.writeVarint(number) }
        hash.write(to: &writer)
        for count in [leaderboardCount, entryCount, byteCount] { writer.writeCount(count) }
        switch verdict {
        case .unknown: writer.write(UInt8(0))
        case .sound(let content):
            writer.write(UInt8(1))
            content.write(to: &writer)
        case .damaged(let reason):
            writer.write(UInt8(2))
            writer.writeRun(reason)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shard = ShardID(UInt16(try reader.readCount(atMost: Int(UInt16.max))))
        generation = try reader.readVarint()
        number = try reader.readVarint()
        position = LogPosition(try reader.readVarint())
        epoch = try reader.readVarint()
        hash = try ChainHash(from: &reader)
        leaderboardCount = try reader.readCount()
        entryCount = try reader.readCount()
        byteCount = try reader.readCount()
        switch try reader.read(UInt8.self) {
        case 0: verdict = .unknown
        case 1: verdict = .sound(try ChainHash(from: &reader))
        case 2: verdict = .damaged(try reader.readString())
        default: throw .invalid("verdict")
        }
    }
}

// A chain hash: u64 × 2.
extension ChainHash: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        writer.write(low)
        writer.write(high)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(low: try reader.read(), high: try reader.read())
    }
}
