package import Leaderboards

/// Which shard a leaderboard belongs to: a hash of its key, the same for ever, since the data lies where it says.
package enum ShardMap {
    /// The first 8 bytes of SHA-256 over project, a zero byte and id, modulo the number of shards.
    package static func place(of key: LeaderboardKey, among shardCount: Int) -> Int {
        var bytes = Array(key.project.utf8)
        bytes.append(0)
        bytes.append(contentsOf: key.id.utf8)
        let hash = bytes.withUnsafeBytes { ChainHash.digest(of: $0) }
        return Int(hash.low % UInt64(shardCount))
    }
}
