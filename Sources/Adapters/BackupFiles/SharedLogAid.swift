package import CheckpointStores
package import Leaderboards
package import Sharding

/// What a node does for a backup of its cluster, beside reading its store and its logs.
package struct SharedLogAid: Sendable {
    package typealias Take = (CheckpointKey, [UInt8]) async throws -> Void

    /// Keeps the log from being cut for a while. Called with everything that is asked for or sent.
    package var hold: @Sendable () -> Void
    /// Whether the log has everything behind a checkpoint; without one, whether it has everything.
    package var continues: @Sendable (ShardID, ShardManifest?) async throws -> Bool
    /// Hands out the pieces of another node's checkpoint, the shard's manifest last. False if no node has one that the log continues;
    /// then pieces may have been handed out, but not all.
    package var relay: @Sendable (ShardID, Take) async throws -> Bool

    package init(
        hold: @escaping @Sendable () -> Void,
        continues: @escaping @Sendable (ShardID, ShardManifest?) async throws -> Bool,
        relay: @escaping @Sendable (ShardID, Take) async throws -> Bool
    ) {
        self.hold = hold
        self.continues = continues
        self.relay = relay
    }
}
