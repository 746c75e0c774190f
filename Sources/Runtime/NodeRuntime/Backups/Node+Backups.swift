package import CheckpointStores
internal import CommitLogs
package import Leaderboards
package import Sharding

// What a node of a cluster does for whoever takes a backup at it.
extension Node {
    /// From now on and for two minutes, the shared log is not cut, unless it is nearly full. What somebody has decided to cut already is
    /// still cut.
    package func holdLog() {
        environment.sharing?.exchange.backups.renew(at: environment.clock.uptime())
    }

    /// Whether the log has everything behind a checkpoint, or everything.
    package func logContinues(_ shard: ShardID, behind manifest: ShardManifest?) async throws -> Bool {
        guard let end = try await environment.log(for: shard)?.tail(of: shard) else { return manifest == nil }
        let record = manifest.map { CheckpointRecord($0) }
        return try await ShardRecovery(environment: environment).fit(record, of: shard, before: end) == .fits
    }

    /// Hands out the pieces of another node's checkpoint, its manifest's last. False if no other node has one that fits the log.
    package func relayCheckpoint(
        of shard: ShardID, _ body: (CheckpointKey, [UInt8]) async throws -> Void
    ) async throws -> Bool {
        guard let exchange = environment.sharing?.exchange else { return false }
        return try await CheckpointRelay(environment: environment, exchange: exchange, id: shard).send(body)
    }
}

extension ShardEnvironment {
    /// Nil in a node that stands alone.
    func log(for shard: ShardID) -> (any SharedLog)? { sharing?.log(of: shard) }
}
