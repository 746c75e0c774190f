package import Leaderboards

/// Names one piece. Serials are handed out by the shard, only ever upwards, so no piece is overwritten.
package struct CheckpointKey: Hashable, Sendable {
    /// Numbers once used stay used.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// What a shard was at a position: its leaderboards, and where each one's manifest is. Serial: the generation.
        case shardManifest = 1
        /// What one leaderboard was: definition, seasons, and the serials of its chunks in order.
        case leaderboardManifest = 2
        /// About a thousand entries of one ranking, in rank order.
        case entryChunk = 3
        /// The names of up to 1024 members, by slot.
        case memberChunk = 4
    }

    package let kind: Kind
    package let shard: ShardID
    package let serial: UInt64

    package init(kind: Kind, shard: ShardID, serial: UInt64) {
        self.kind = kind
        self.shard = shard
        self.serial = serial
    }
}

extension CheckpointKey: CustomStringConvertible {
    package var description: String { "\(kind) \(serial) of shard \(shard)" }
}
