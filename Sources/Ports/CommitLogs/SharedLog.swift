package import Leaderboards
package import Sharding

/// A commit log that several nodes append to and read: what followers, leases and a change of owners need beyond
/// `CommitLog`.
///
/// Who owns a shard is decided by appends alone. Reading never is: what is read may be behind what was acknowledged,
/// here or elsewhere. So a new owner first appends its claim, naming the record it follows, and then reads up to the
/// position of that claim: the claim is the barrier, and nothing acknowledged before it can be missing from what is
/// read up to it. A claim is an ordinary append.
package protocol SharedLog: CommitLog {
    /// As `append`, and says from when on a lease may be counted.
    func commit(_ record: EncodedRecord, after expected: LogPosition?) async throws(AppendError) -> Commit

    /// The shard's last record, as far as can be seen; never one before what this log acknowledged, read or was told.
    func tail(of shard: ShardID) async throws(ReadError) -> LogTail?

    /// The records of one shard from `position` through `barrier`, a record's position that is known to be committed.
    ///
    /// Each must continue the one before; the first must follow `predecessor`, if one is given: the record that a
    /// checkpoint reflects. Ends with the record at `barrier`, and waits for it if it can't be seen yet.
    func entries(
        of shard: ShardID, from position: LogPosition, through barrier: LogPosition, following predecessor: LogTail?
    ) async throws(ReadError) -> any LogEntries

    /// The records of one shard, or of all, from `position` on as they come. Doesn't end by itself.
    func watch(_ scope: WatchScope, from position: LogPosition) async throws(ReadError) -> any LogEntries

    /// Says that a record is known to be committed, whoever knows it: gossip or a checkpoint. A log that turns out to
    /// end before it has lost acknowledged records, and takes no appends for the shard.
    func noteCommitted(_ tail: LogTail, of shard: ShardID)

    /// Gives back the space of one shard's records below `position`. Never removes its last one.
    func truncate(_ shard: ShardID, below position: LogPosition) async throws(AppendError)

    /// Takes appends of a shard again that it found damaged, if it is not: what it has is looked at anew.
    func endQuarantine(of shard: ShardID)

    func condition() async -> LogCondition
}

extension SharedLog {
    package func endQuarantine(of shard: ShardID) {}
    package func condition() async -> LogCondition { LogCondition(name: "memory") }
}

package enum WatchScope: Hashable, Sendable {
    case shard(ShardID)
    case everything
}

/// An append that succeeded.
package struct Commit: Hashable, Sendable {
    package let position: LogPosition
    /// Before the record was sent, by a clock that goes on while the machine sleeps. A lease runs from here: nobody can
    /// have seen the record, and so begun to wait, any earlier.
    package let sentAt: ContinuousClock.Instant

    package init(position: LogPosition, sentAt: ContinuousClock.Instant) {
        self.position = position
        self.sentAt = sentAt
    }
}

/// The last record of a shard: who wrote it, and what the next one must follow.
package struct LogTail: Hashable, Sendable {
    package var position: LogPosition
    package var kind: LogRecord.Kind
    package var epoch: UInt64
    package var node: UInt64
    package var incarnation: UInt64
    package var number: UInt64
    /// The chain hash after the record.
    package var hash: ChainHash

    package init(_ entry: LogEntry) {
        position = entry.position
        kind = entry.record.kind
        epoch = entry.record.epoch
        node = entry.record.node
        incarnation = entry.record.incarnation
        number = entry.record.number
        hash = entry.hash
    }
}

extension LogTail {
    /// Why `record` can't follow; nil if it can.
    package static func problem(of record: LogRecord, following tail: LogTail?) -> String? {
        let due = (tail?.number ?? 0) + 1
        guard record.number == due else {
            return "record \(record.number) of shard \(record.shard) where \(due) was due"
        }
        guard record.previousHash == tail?.hash ?? .zero else {
            return "record \(record.number) of shard \(record.shard) does not continue the hash chain"
        }
        guard record.epoch >= tail?.epoch ?? 0 else {
            return
                "record \(record.number) of shard \(record.shard) has epoch \(record.epoch) after \(tail?.epoch ?? 0)"
        }
        return nil
    }
}
