package import CheckpointStores
package import Leaderboards

/// Where a chunk of entries is kept. Which ranking it belongs to is for the leaderboard's manifest to say.
///
///     byte 0      1: belongs to a shard
///     bytes 1–2   shard
///     byte 3      1: the bytes of a piece
///     byte 4      3: entry chunk
///     bytes 5–12  serial
package struct EntryChunkKey: PieceKey {
    package static let kind = CheckpointKey.Kind.entryChunk
    package let shard: ShardID
    package let serial: UInt64

    package init(shard: ShardID, serial: UInt64) {
        self.shard = shard
        self.serial = serial
    }
}
