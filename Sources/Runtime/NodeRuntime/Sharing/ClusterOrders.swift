package import Leaderboards
package import Placement

/// What operators have ordered of a cluster, wherever that is kept.
package protocol ClusterOrders: Sendable {
    /// As this node last heard; while they can't be read, the last ones hold.
    func current() -> ShardOrders
    /// A shard was found damaged: it is to be left alone by all, through restarts, until an operator releases it. Best effort, and
    /// tried again.
    func report(_ shard: ShardID, reason: String)
    /// Reads them anew at once, as far as that can be done.
    func refresh() async
}

package struct ShardOrders: Hashable, Sendable {
    package var placement: PlacementOrders
    /// Shards that nobody touches, and why.
    package var quarantines: [ShardID: String]
    /// What was given up of shards whose logs had lost it.
    package var losses: [ShardID: AcceptedLosses]

    package init(
        placement: PlacementOrders = .none, quarantines: [ShardID: String] = [:],
        losses: [ShardID: AcceptedLosses] = [:]
    ) {
        self.placement = placement
        self.quarantines = quarantines
        self.losses = losses
    }
}
