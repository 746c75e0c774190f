package import Leaderboards

/// What a backup is taken of: asked by whoever takes it, part by part, so that it has to remember nothing.
package protocol BackupOrigin: Sendable {
    func outline() async throws -> BackupOutline
    /// The newest checkpoint of a shard, as a `PieceStream` in parts of any length.
    func checkpoint(of shard: ShardID, _ body: ([UInt8]) async throws -> Void) async throws
    /// The records of a log group from a position on, up to what is durable now, as a `RecordStream`.
    func records(group: Int, from position: LogPosition, _ body: ([UInt8]) async throws -> Void) async throws
    /// The dump of the control database. Answers nothing if there is none.
    func control(_ body: ([UInt8]) async throws -> Void) async throws
}

/// What there is to be backed up.
package struct BackupOutline: Hashable, Sendable, Codable {
    package var laurel: String
    package var source: BackupManifest.Source
    package var shardCount: Int
    /// The oldest position of each log group.
    package var groups: [UInt64]
    /// Where each shard's log ends, by number; those that have one.
    package var ends: [UInt16: UInt64]

    package init(
        laurel: String, source: BackupManifest.Source, shardCount: Int, groups: [UInt64], ends: [UInt16: UInt64]
    ) {
        self.laurel = laurel
        self.source = source
        self.shardCount = shardCount
        self.groups = groups
        self.ends = ends
    }

    package func group(of shard: ShardID) -> Int { Int(shard.number) % groups.count }
}
