package import Leaderboards

/// Somebody other than a node who reads a shared log and must not miss a record: what writes rows into a database, say.
///
/// The log remembers how far each has come, while it is away as well. Who reads along for as long as it runs is none of these: nothing is
/// kept for it.
package struct LogConsumer: Hashable, Sendable {
    package var name: String
    /// What it reads; nil: every shard of the log.
    package var shards: Set<ShardID>?
    /// It has acknowledged all that lies below. Nil if that can't be found out at the moment.
    package var floor: LogPosition?
    /// Records that it has not acknowledged, whether they were delivered or not; nil likewise.
    package var unacknowledgedCount: UInt64?

    package init(
        _ name: String, shards: Set<ShardID>? = nil, floor: LogPosition?, unacknowledgedCount: UInt64? = nil
    ) {
        self.name = name
        self.shards = shards
        self.floor = floor
        self.unacknowledgedCount = unacknowledgedCount
    }

    package func reads(_ shard: ShardID) -> Bool { shards?.contains(shard) ?? true }
}
