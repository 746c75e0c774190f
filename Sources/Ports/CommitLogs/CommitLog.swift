package import Leaderboards
package import Sharding

/// The only truth: an ordered, durable sequence of records, appended to by the owners of shards.
///
/// Everything else in Laurel is derived from it and can be rebuilt from it. What every implementation promises, and
/// `CommitLogConformance` checks:
///
/// - `append` returns a position only once the record would survive a power cut.
/// - A shard's records keep the order of their appends. The caller has at most one append in flight for each shard; a
///   second one is decided after the first, which as a rule makes it a conflict.
/// - A record that does not continue its shard's chain (number, previous hash, epoch) is `.invalid` and not written.
/// - An append names the record it follows. If the shard's last record is another one, nothing is written and the
///   caller learns which it is: that is how a deposed owner finds out.
/// - After `.failed` or `.outcomeUnknown` the log accepts nothing more for the shard until it was opened anew (or, for
///   a replicated log, until the outcome was read back): what reached the disk can't be known, and is not guessed.
/// A log can begin where another has ended (`LogFoundation`): then the shard's first append names `.start`, and its record
/// follows the foundation.
package protocol CommitLog: Sendable {
    /// Makes `record` durable as the shard's next, after the one at `expected` (nil: as its first).
    func append(_ record: EncodedRecord, after expected: LogPosition?) async throws(AppendError) -> LogPosition

    /// The most bytes a record may have, its header included. Larger ones are `.invalid`.
    var recordByteCountMax: Int { get }

    /// Where each shard's history ends.
    func lastPositions() async -> [ShardID: LogPosition]

    /// The oldest position that can still be read.
    func firstPosition() async -> LogPosition

    /// The records from `position` on, oldest first, up to what is durable now.
    func entries(from position: LogPosition) async throws(ReadError) -> any LogEntries

    /// Gives back the space of what lies below `position`. Never removes a shard's last record.
    func truncate(below position: LogPosition) async throws(AppendError)

    /// Stops accepting, waits for what is in flight, releases files and locks.
    func close() async
}

extension CommitLog {
    package var recordByteCountMax: Int { LogRecord.byteCountMax }
}

/// A record where it stands in the log.
package struct LogEntry: Sendable {
    package let position: LogPosition
    package let record: LogRecord
    /// The chain hash after this record.
    package let hash: ChainHash

    package init(position: LogPosition, record: LogRecord, hash: ChainHash) {
        self.position = position
        self.record = record
        self.hash = hash
    }
}

/// A run through the log. Batches, so that a replay does not pay for a suspension with each record.
package protocol LogEntries: AsyncSequence where Element == [LogEntry], Failure == ReadError {}

package enum AppendError: Error, Hashable, Sendable {
    /// The shard's last record is not the one the append was meant to follow: another owner wrote.
    case conflict(last: LogPosition?)
    /// There is no space. Nothing was written; a later append may succeed.
    case noSpace
    /// The record can never be accepted.
    case invalid(String)
    /// The log failed and accepts nothing any more; whether this record is in it is unknown.
    case outcomeUnknown(String)
    /// The log failed earlier and accepts nothing any more. This record is not in it.
    case failed(String)
    /// The log ends before what was acknowledged, or is damaged there. Nothing more is appended for the shard until an
    /// operator has looked: going on would make two histories. This record is not in it.
    case quarantined(String)
    case closed
}

package enum ReadError: Error, Hashable, Sendable {
    /// A record that was durable can't be read back as it was written. The shard must not be served from this log.
    case corrupted(at: LogPosition, String)
    /// The position was truncated away.
    case truncated(first: LogPosition)
    /// The shard's record there is whole, and only newer versions know what it says. Nothing is wrong with it.
    case newer(ShardID, at: LogPosition, String)
    case failed(String)
}
