package import CommitLogs
package import Leaderboards
internal import Synchronization

// When records that were acknowledged are gone for good.
extension StreamLog {
    package func visibleTail(of shard: ShardID) async throws(ReadError) -> LogTail? {
        try await reader.visibleTail(of: shard)
    }

    package func forget(_ shard: ShardID) {
        witness.forget(shard)
        // The stream may end before what it was known to have, and takes new records there.
        lastKnown.withLock { $0 = .start }
    }
}
