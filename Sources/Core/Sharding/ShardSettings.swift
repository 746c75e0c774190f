/// Limits of a shard. All nodes of a cluster must agree on them: they decide outcomes.
package struct ShardSettings: Hashable, Sendable {
    /// How long the answer to a request key is remembered.
    package var requestHorizon: Duration = .seconds(24 * 60 * 60)
    /// How many answers a shard remembers at most.
    package var requestCountMax = 65_536
    /// How far ahead of the node's clock the time of a score may be.
    package var futureTolerance: Duration = .seconds(5 * 60)
    /// How long a season that was entered after its end stays open.
    package var backfillGrace: Duration = .seconds(24 * 60 * 60)
    /// How many leaderboards a shard takes.
    package var leaderboardCountMax = 1 << 20
    /// How many seasons of one window can be open at once: one live, and as many as a backfill replays.
    package var openSeasonCountMax = 1000

    package init() {}
}
