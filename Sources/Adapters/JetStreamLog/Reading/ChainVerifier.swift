internal import CommitLogs
internal import Leaderboards
internal import Sharding

/// Follows the chains of shards through records as they are read, and notices one that does not continue.
///
/// Of a shard that was not seen before any record is taken, since a reader may begin anywhere.
struct ChainVerifier {
    private var tails: [ShardID: LogTail]

    /// - Parameter tails: what the next records of these shards must follow.
    init(_ tails: [ShardID: LogTail] = [:]) { self.tails = tails }

    subscript(shard: ShardID) -> LogTail? { tails[shard] }

    /// Takes the entry in, or answers why it can't come next.
    mutating func take(_ entry: LogEntry) -> RecordProblem? {
        if let tail = tails[entry.record.shard] {
            if entry.position <= tail.position {
                return RecordProblem("position \(entry.position) after \(tail.position)")
            }
            if let problem = LogTail.problem(of: entry.record, following: tail) { return RecordProblem(problem) }
        }
        tails[entry.record.shard] = LogTail(entry)
        return nil
    }
}
