package import Leaderboards
package import Sharding

extension CheckpointKey {
    /// Where a piece that manifests name is kept.
    package init(_ piece: StoredPiece, of shard: ShardID) {
        let kind: Kind =
            switch piece.kind {
            case .leaderboardManifest: .leaderboardManifest
            case .entryChunk: .entryChunk
            case .memberChunk: .memberChunk
            }
        self.init(kind: kind, shard: shard, serial: piece.serial)
    }
}
