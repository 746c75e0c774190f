package import CheckpointStores
package import Leaderboards

/// Where the bytes of a piece are kept. Each kind has a file of its own with its layout.
///
/// All are 13 bytes, numbers big-endian, so that RocksDB's byte order is the order of the numbers and everything of one
/// shard lies together: a compaction after one shard's commit then leaves the other shards' files alone.
package protocol PieceKey: Hashable {
    static var kind: CheckpointKey.Kind { get }
    var shard: ShardID { get }
    var serial: UInt64 { get }
    init(shard: ShardID, serial: UInt64)
}

extension PieceKey {
    package var encoded: [UInt8] { KeyLayout(.piece, Self.kind, shard, serial).encoded }

    /// Nil if the bytes are not a key of this kind.
    package init?(decoding bytes: [UInt8]) {
        guard let layout = KeyLayout(decoding: bytes), layout.role == .piece, layout.kind == Self.kind else {
            return nil
        }
        self.init(shard: layout.shard, serial: layout.serial)
    }
}

extension CheckpointKey {
    /// The key of the piece's bytes.
    var encodedPieceKey: [UInt8] {
        switch kind {
        case .shardManifest: ShardManifestKey(shard: shard, serial: serial).encoded
        case .leaderboardManifest: LeaderboardManifestKey(shard: shard, serial: serial).encoded
        case .entryChunk: EntryChunkKey(shard: shard, serial: serial).encoded
        case .memberChunk: MemberChunkKey(shard: shard, serial: serial).encoded
        }
    }

    init?(decodingPieceKey bytes: [UInt8]) {
        guard let layout = KeyLayout(decoding: bytes), layout.role == .piece else { return nil }
        self.init(kind: layout.kind, shard: layout.shard, serial: layout.serial)
    }
}
