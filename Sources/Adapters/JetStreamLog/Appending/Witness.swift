internal import CommitLogs
internal import Leaderboards
internal import Sharding
internal import Synchronization

/// The newest record of each shard that is known to be committed, whoever told.
///
/// The log must never end before it: a reader that sees less is behind, or the log is damaged.
final class Witness: Sendable {
    private let tails = Mutex<[ShardID: LogTail]>([:])

    subscript(shard: ShardID) -> LogTail? { tails.withLock { $0[shard] } }

    var all: [ShardID: LogTail] { tails.withLock { $0 } }

    func note(_ tail: LogTail, of shard: ShardID) {
        tails.withLock { tails in
            if let known = tails[shard], known.position >= tail.position { return }
            tails[shard] = tail
        }
    }

    /// What was known of the shard is void.
    func forget(_ shard: ShardID) { tails.withLock { $0[shard] = nil } }

    func note(_ entry: LogEntry) { note(LogTail(entry), of: entry.record.shard) }
}
