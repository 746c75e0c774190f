package import Leaderboards
package import Placement

/// A fact about a shard that nodes tell each other beside who is there. Of two, the later in the shard's log holds.
/// Gossip carries it; what it means is no business of the membership's.
package struct Piece: Hashable, Sendable {
    package enum Kind: UInt8, CaseIterable, Comparable, Sendable {
        /// Who owns the shard. Told at once.
        case owner = 1
        /// The newest record known to be durable. Told along with other things.
        case highWaterMark = 2

        package static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    package struct Key: Hashable, Comparable, Sendable {
        package var kind: Kind
        package var shard: ShardID

        package init(_ kind: Kind, _ shard: ShardID) {
            self.kind = kind
            self.shard = shard
        }

        package static func < (left: Key, right: Key) -> Bool {
            left.kind == right.kind ? left.shard < right.shard : left.kind < right.kind
        }
    }

    package var key: Key
    package var epoch: UInt64
    package var number: UInt64
    package var payload: [UInt8]

    package static let payloadBytesMax = 40

    package init(_ key: Key, epoch: UInt64, number: UInt64, payload: [UInt8]) {
        precondition(payload.count <= Self.payloadBytesMax, "a piece is small")
        self.key = key
        self.epoch = epoch
        self.number = number
        self.payload = payload
    }

    package func isNewer(than other: Piece) -> Bool { (epoch, number) > (other.epoch, other.number) }
}

/// Who owns a shard since which record. Payload: u64 node, u64 incarnation.
package struct OwnerEntry: Hashable, Sendable {
    package var shard: ShardID
    package var epoch: UInt64
    /// The record by which it became the owner.
    package var number: UInt64
    package var owner: NodeID
    /// Of the owner's process, as in its records.
    package var incarnation: UInt64

    package init(shard: ShardID, epoch: UInt64, number: UInt64, owner: NodeID, incarnation: UInt64) {
        self.shard = shard
        self.epoch = epoch
        self.number = number
        self.owner = owner
        self.incarnation = incarnation
    }

    package var piece: Piece {
        var writer = ByteWriter()
        writer.write(owner.number)
        writer.write(incarnation)
        return Piece(Piece.Key(.owner, shard), epoch: epoch, number: number, payload: writer.bytes)
    }

    /// Nil if the piece is none of these.
    package init?(_ piece: Piece) {
        var reader = ByteReader(piece.payload)
        guard piece.key.kind == .owner, let owner = try? reader.read(UInt64.self),
            let incarnation = try? reader.read(UInt64.self)
        else { return nil }
        self.init(
            shard: piece.key.shard, epoch: piece.epoch, number: piece.number, owner: NodeID(owner),
            incarnation: incarnation)
    }
}

/// The newest record of a shard that somebody knows to be durable: who claims the shard must find at least that one in
/// the log. Payload: u64 sequence, 16 B hash.
package struct HighWaterMark: Hashable, Sendable {
    package var shard: ShardID
    package var epoch: UInt64
    package var number: UInt64
    /// Where the log has it.
    package var sequence: UInt64
    package var hashLow: UInt64
    package var hashHigh: UInt64

    package init(
        shard: ShardID, epoch: UInt64, number: UInt64, sequence: UInt64, hashLow: UInt64, hashHigh: UInt64
    ) {
        self.shard = shard
        self.epoch = epoch
        self.number = number
        self.sequence = sequence
        self.hashLow = hashLow
        self.hashHigh = hashHigh
    }

    package var piece: Piece {
        var writer = ByteWriter()
        writer.write(sequence)
        writer.write(hashLow)
        writer.write(hashHigh)
        return Piece(Piece.Key(.highWaterMark, shard), epoch: epoch, number: number, payload: writer.bytes)
    }

    /// Nil if the piece is none of these.
    package init?(_ piece: Piece) {
        var reader = ByteReader(piece.payload)
        guard piece.key.kind == .highWaterMark, let sequence = try? reader.read(UInt64.self),
            let low = try? reader.read(UInt64.self), let high = try? reader.read(UInt64.self)
        else { return nil }
        self.init(
            shard: piece.key.shard, epoch: piece.epoch, number: piece.number, sequence: sequence, hashLow: low,
            hashHigh: high)
    }
}
