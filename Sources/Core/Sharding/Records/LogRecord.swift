package import Leaderboards

/// One entry of the commit log: what happened to one shard, in one append.
///
/// A record says who wrote it (epoch, node, incarnation), where it belongs in its shard's history (number, hash of
/// everything before), and carries its own checksum, so that a log which lost, damaged or reordered records is found
/// out by whoever reads it. Invariant: a shard's record numbers are 1, 2, 3… without gaps, and each `previousHash` is
/// the chain hash of the record before.
package struct LogRecord: Hashable, Sendable {
    /// What a record means. Numbers once used stay used.
    package enum Kind: UInt8, Sendable {
        /// The writer becomes owner of the shard, with an epoch one higher than any before.
        case claim = 1
        /// Commands of the shard, with their outcomes.
        case data = 2
        /// The owner is alive. Changes nothing.
        case lease = 3
        /// The owner gives the shard away.
        case release = 4
        /// A checkpoint reflects everything up to here.
        case checkpointMark = 5
    }

    package var kind: Kind
    package var shard: ShardID
    package var epoch: UInt64
    package var node: UInt64
    /// A random number for each start of a process, so that a restarted node is not mistaken for its former self.
    package var incarnation: UInt64
    package var number: UInt64
    package var previousHash: ChainHash
    package var payload: [UInt8]

    package init(
        kind: Kind, shard: ShardID, epoch: UInt64, node: UInt64, incarnation: UInt64, number: UInt64,
        previousHash: ChainHash, payload: [UInt8]
    ) {
        self.kind = kind
        self.shard = shard
        self.epoch = epoch
        self.node = node
        self.incarnation = incarnation
        self.number = number
        self.previousHash = previousHash
        self.payload = payload
    }
}

/// A record as bytes, ready for any log, with what a log needs to know of it.
package struct EncodedRecord: Sendable {
    package let shard: ShardID
    package let number: UInt64
    /// The layout of `LogRecord+Codec`; its length is a multiple of 8.
    package let bytes: [UInt8]
    /// The chain hash after this record.
    package let hash: ChainHash
}
