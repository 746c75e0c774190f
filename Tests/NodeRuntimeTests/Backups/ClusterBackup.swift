import BackupFiles
import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Placement
import Sharding

extension ClusterPlace {
    /// What a backup that is taken at a node asks of it.
    ///
    /// - Parameters:
    ///   - store: instead of the node's own
    ///   - holds: false to let the log be cut meanwhile
    func origin(at member: Member, store: (any CheckpointStore)? = nil, holds: Bool = true) -> StoredOrigin {
        let node = member.node
        return StoredOrigin(
            store: store ?? member.store, logs: [member.log], shardCount: shardCount, laurel: "test",
            source: BackupManifest.Source(cluster: "test", node: member.id.number), dump: nil,
            aid: SharedLogAid(
                hold: { if holds { node.holdLog() } },
                continues: { try await node.logContinues($0, behind: $1) },
                relay: { try await node.relayCheckpoint(of: $0, $1) }))
    }
}

/// An origin that lets something happen before each part of its answers, and after it has said what there is.
struct SlowOrigin: BackupOrigin {
    let base: StoredOrigin
    let pause: @Sendable () async throws -> Void

    func outline() async throws -> BackupOutline {
        let outline = try await base.outline()
        try await pause()
        return outline
    }

    func checkpoint(of shard: ShardID, _ body: ([UInt8]) async throws -> Void) async throws {
        try await base.checkpoint(of: shard) { part in
            try await pause()
            try await body(part)
        }
    }

    func records(group: Int, from position: LogPosition, _ body: ([UInt8]) async throws -> Void) async throws {
        try await base.records(group: group, from: position) { part in
            try await pause()
            try await body(part)
        }
    }

    func control(_ body: ([UInt8]) async throws -> Void) async throws { try await base.control(body) }
}

extension BackupDirectory {
    /// Takes a backup, or adds to it.
    @discardableResult
    func take(_ origin: some BackupOrigin, isFull: Bool = false) async throws -> BackupManifest {
        var options = BackupTaking.Options()
        options.isFull = isFull
        let manifest = try await BackupTaking(
            origin, to: self, options, now: { Timestamp(milliseconds: 5) }
        ).run()
        try commit(manifest)
        return manifest
    }

    /// What a shard is at a point of the backup.
    func fold(_ backup: ShardBackup, to point: RestorePoint = .end) throws -> ShardFolding {
        let history = try ShardHistory(backup, to: point, in: self)
        let source = try history.checkpoint.map { try checkpoint($0, of: history.shard) }
        let folding = try ShardFolding(history.shard, from: source)
        while let entry = try history.next() { try folding.apply(entry) }
        try folding.loadAll()
        return folding
    }

}

extension ShardBackup {
    /// The records that it lacks, from the one behind `number` to its end.
    func gaps(behind number: UInt64) -> [UInt64] {
        (number...(end?.number ?? number)).dropFirst().filter { number in
            !logs.contains { ($0.first...$0.last).contains(number) }
        }
    }
}
