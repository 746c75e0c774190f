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
    /// The shard's last record, as far as can be seen; never one before what this log acknowledged, read or was told.
    func tail(of shard: ShardID) async throws(ReadError) -> LogTail?

    /// Where the log ends, as far as can be seen, and how sure that is.
    func end() async throws(ReadError) -> LogEnd

    /// The records of one shard from `position` through `barrier`, a record's position that is known to be committed.
    ///
    /// Each must continue the one before; the first must follow `predecessor`, if one is given: the record that a
    /// checkpoint reflects. Ends with the record at `barrier`, and waits for it if it can't be seen yet.
    func entries(
        of shard: ShardID, from position: LogPosition, through barrier: LogPosition, following predecessor: LogTail?
    ) async throws(ReadError) -> any LogEntries

    /// The records of one shard, or of all, from `position` on as they come. Doesn't end by itself.
    func watch(_ scope: WatchScope, from position: LogPosition) async throws(ReadError) -> any LogEntries

    /// A shard without a record goes on where another log has ended: its first record, appended after `.start`, follows the foundation.
    func found(_ shard: ShardID, on foundation: LogFoundation)

    /// How much the log has, and may have.
    func fill() async throws(ReadError) -> LogFill

    /// Gives back the space of one shard's records below `position`. Never removes its last one.
    func truncate(_ shard: ShardID, below position: LogPosition) async throws(AppendError)

    /// Who beside the nodes needs the log's records until it has acknowledged them, by name. Throws if they can't be listed.
    func consumers() async throws(ReadError) -> [LogConsumer]

    /// Has the log forget a consumer, and with it what was kept for it. False if there is none of that name.
    func removeConsumer(_ name: String) async throws(AppendError) -> Bool

    /// Takes appends of a shard again that it found damaged, if it is not: what it has is looked at anew.
    func endQuarantine(of shard: ShardID)

    /// The shard's last record as the log shows it now, whatever was known of it before. Nil if there is none.
    ///
    /// For who wants to know what a damaged log still has: nothing may be appended on the strength of it. Fails unless all who keep the
    /// log were asked and answered.
    func visibleTail(of shard: ShardID) async throws(ReadError) -> LogTail?

    /// An operator has given up records that were acknowledged: what this log knows to be in it, of the shard or behind its
    /// end, counts no more.
    func forget(_ shard: ShardID)

    func condition() async -> LogCondition
}

extension SharedLog {
    package func consumers() async throws(ReadError) -> [LogConsumer] { [] }
    package func removeConsumer(_ name: String) async throws(AppendError) -> Bool { false }
    package func endQuarantine(of shard: ShardID) {}
    package func visibleTail(of shard: ShardID) async throws(ReadError) -> LogTail? { try await tail(of: shard) }
    package func forget(_ shard: ShardID) {}
    package func condition() async -> LogCondition { LogCondition(name: "memory") }
}

/// An end of a log that somebody has seen.
package struct LogEnd: Hashable, Sendable {
    /// Of the last record; nil if there is none.
    package var last: LogPosition?
    /// What was acknowledged before the question was asked is not behind that record, unless it was so in this time before.
    package var age: Duration

    package init(last: LogPosition?, age: Duration) {
        self.last = last
        self.age = age
    }
}

package enum WatchScope: Hashable, Sendable {
    case shard(ShardID)
    case everything
}

package struct LogFill: Hashable, Sendable {
    package var byteCount: Int
    /// Beyond it, appends are answered `.noSpace`; nil if there is no such bound.
    package var byteCountMax: Int?
    /// Behind the last record of all.
    package var end: LogPosition

    package init(byteCount: Int, byteCountMax: Int?, end: LogPosition) {
        self.byteCount = byteCount
        self.byteCountMax = byteCountMax
        self.end = end
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
