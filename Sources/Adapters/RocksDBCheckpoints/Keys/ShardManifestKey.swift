package import CheckpointStores
package import Leaderboards

/// Where a shard's manifest is kept. The generations of one shard follow each other, so the newest is the last.
///
///     byte 0      1: belongs to a shard
///     bytes 1–2   shard
///     byte 3      1: the bytes of a piece
///     byte 4      1: shard manifest
///     bytes 5–12  generation
package struct ShardManifestKey: PieceKey {
    package static let kind = CheckpointKey.Kind.shardManifest
    package let shard: ShardID
    package let serial: UInt64

    package init(shard: ShardID, serial: UInt64) {
        self.shard = shard
        self.serial = serial
    }
}
