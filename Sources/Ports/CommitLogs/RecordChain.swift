package import Leaderboards
package import Sharding

/// Makes the records of one shard, each following the one before: what a shard's owner does, for tests and benchmarks.
///
/// A value: a copy made before `next` still makes the record that was refused.
package struct RecordChain: Sendable {
    package let shard: ShardID
    package var epoch: UInt64
    /// Of the last record made.
    package private(set) var number: UInt64 = 0
    package private(set) var hash = ChainHash.zero

    package init(shard: ShardID, epoch: UInt64 = 1) {
        self.shard = shard
        self.epoch = epoch
    }

    /// A chain that goes on after an entry of a log.
    package init(after entry: LogEntry) {
        shard = entry.record.shard
        epoch = entry.record.epoch
        number = entry.record.number
        hash = entry.hash
    }

    package mutating func next(_ payload: [UInt8], kind: LogRecord.Kind = .data) -> EncodedRecord {
        let record = LogRecord(
            kind: kind, shard: shard, epoch: epoch, node: 1, incarnation: 1, number: number + 1, previousHash: hash,
            payload: payload
        ).encoded()
        number = record.number
        hash = record.hash
        return record
    }
}
