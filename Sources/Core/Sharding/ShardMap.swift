package import Leaderboards

/// Which shard a leaderboard belongs to: a hash of its key, the same for ever, since the data lies where it says.
package enum ShardMap {
    /// The first 8 bytes of SHA-256 over project, a zero byte and id, modulo the number of shards. Of an id with a part in
    /// braces only that part counts, if it is not empty: what shares it lies together (a *hash tag*, as in Redis Cluster).
    package static func place(of key: LeaderboardKey, among shardCount: Int) -> Int {
        var bytes = Array(key.project.utf8)
        bytes.append(0)
        bytes.append(contentsOf: tag(of: key.id.utf8[...]))
        let hash = bytes.withUnsafeBytes { ChainHash.digest(of: $0) }
        return Int(hash.low % UInt64(shardCount))
    }

    private static func tag(of id: Substring.UTF8View) -> Substring.UTF8View {
        guard let open = id.firstIndex(of: UInt8(ascii: "{")) else { return id }
        let rest = id[id.index(after: open)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return id }
        return rest[..<close]
    }
}
