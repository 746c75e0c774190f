package import CommitLogs
package import Leaderboards
package import Placement
package import Sharding

/// What a node needs to share its shards with others.
package struct NodeCluster: Sendable {
    /// The log groups, in the order that all nodes have them in.
    package var logs: [any SharedLog]
    package var membership: any ClusterMembership
    package var terms: LeaseTerms
    /// How many nodes beside its owner keep a shard in memory, if there are as many.
    package var followerCount: Int
    /// The logs are mirrors of another cluster's: this node follows all shards, and owns none.
    package var isMirror = false
    package var keeping = LogKeeping()
    /// Nil if nobody gives any.
    package var orders: (any ClusterOrders)?

    package init(
        logs: [any SharedLog], membership: any ClusterMembership, terms: LeaseTerms = LeaseTerms(),
        followerCount: Int = 2, orders: (any ClusterOrders)? = nil
    ) {
        precondition(!logs.isEmpty, "a shard belongs to a log")
        self.logs = logs
        self.membership = membership
        self.terms = terms
        self.followerCount = followerCount
        self.orders = orders
    }
}

/// Which nodes there are, as this one hears. Hints: nothing that must be right depends on them.
package protocol ClusterMembership: Sendable {
    func view() -> ClusterView
    /// Tells the others what this node knows of the shards that it owns.
    func publish(_ notes: [ShardNote])
    /// Tells the others whether this node can reach all of the log. Who can't is as good as dead to what it owns, however alive it is.
    func tell(reachesLog: Bool)
    /// All that were ever heard of and not forgotten, this node included.
    func members() -> [ClusterMember]
}

extension ClusterMembership {
    package func tell(reachesLog: Bool) {}
}

package struct ClusterView: Sendable {
    /// Those that take shards, this one included.
    package var profiles: [NodeProfile]
    /// Of those that are left out: gone.
    package var standings: [NodeID: Standing]
    /// The newest that anybody has told of each shard.
    package var notes: [ShardID: ShardNote]

    package init(profiles: [NodeProfile], standings: [NodeID: Standing], notes: [ShardID: ShardNote] = [:]) {
        self.profiles = profiles
        self.standings = standings
        self.notes = notes
    }

    package func standing(of node: NodeID) -> Standing { standings[node] ?? .gone }
}

/// The newest record of a shard that its owner knows to be committed.
package struct ShardNote: Hashable, Sendable {
    package var shard: ShardID
    /// Nil if that has not been heard.
    package var owner: NodeID?
    package var epoch: UInt64
    package var number: UInt64
    package var position: LogPosition
    package var hash: ChainHash

    package init(
        shard: ShardID, owner: NodeID?, epoch: UInt64, number: UInt64, position: LogPosition, hash: ChainHash
    ) {
        self.shard = shard
        self.owner = owner
        self.epoch = epoch
        self.number = number
        self.position = position
        self.hash = hash
    }
}
