package import CheckpointStores
package import Leaderboards

/// Where the manifest of one leaderboard is kept.
///
///     byte 0      1: belongs to a shard
///     bytes 1–2   shard
///     byte 3      1: the bytes of a piece
///     byte 4      2: leaderboard manifest
///     bytes 5–12  serial
package struct LeaderboardManifestKey: PieceKey {
    package static let kind = CheckpointKey.Kind.leaderboardManifest
    package let shard: ShardID
    package let serial: UInt64

    package init(shard: ShardID, serial: UInt64) {
        self.shard = shard
        self.serial = serial
    }
}
