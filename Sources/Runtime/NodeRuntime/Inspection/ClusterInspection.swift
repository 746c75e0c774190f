package import CommitLogs
package import Leaderboards
package import Placement
package import Sharding

/// What operators ask of a node and, through it, of all others of its cluster.
package protocol ClusterInspection: Sendable {
    /// Nil if the node stands alone.
    var clusterName: String? { get }
    var shardCount: Int { get }
    /// All nodes, and what each says of itself and of certain shards; none for all.
    func nodes(shards: [Int]) async -> [NodeSight]
    /// What would move if these were the orders.
    func plan(_ orders: PlacementOrders) async -> [PlacementPlan.Move]
    /// Whether all who have a shard have the same at the same record.
    func compare(shard: Int) async throws(ServiceError) -> ShardComparison
    /// Of this node, and of all others that can be asked.
    func checkpoints(of shards: [Int], verifying: Bool) async -> [NodeCheckpoints]
    func inspectLog(of shard: Int, from position: LogPosition?, limit: Int) async throws(ServiceError) -> LogInspection
    /// What a damaged shard's log still has, and what is known to be missing. Changes nothing.
    func survey(shard: Int, removed: Set<UInt64>) async throws(ServiceError) -> LossSurvey
    func logGroups() async -> [LogCondition]
    /// The log of a group forgets a consumer. False if it has none of that name.
    func removeConsumer(_ name: String, ofGroup group: Int) async throws(AppendError) -> Bool
    /// All nodes read the orders anew, as far as they can be reached, and look again at shards that were released.
    func ordersChanged(released: [ShardID]) async
}

/// A node, and what it says of itself.
package struct NodeSight: Sendable {
    package var member: ClusterMember
    /// Nil if it was not asked: it is not there.
    package var report: Result<NodeReport, ServiceError>?

    package init(_ member: ClusterMember, _ report: Result<NodeReport, ServiceError>?) {
        self.member = member
        self.report = report
    }
}

/// A node, and its checkpoints.
package struct NodeCheckpoints: Sendable {
    package var node: UInt64
    package var result: Result<[CheckpointSight], ServiceError>

    package init(_ node: UInt64, _ result: Result<[CheckpointSight], ServiceError>) {
        self.node = node
        self.result = result
    }
}

/// What came of comparing a shard's replicas.
package struct ShardComparison: Sendable {
    package enum Finding: Hashable, Sendable {
        case same
        /// In what, by name.
        case differs([String])
        case unknown(String)
    }

    package var shard: Int
    package var owner: UInt64
    /// All were compared at this record.
    package var number: UInt64
    package var hash: ChainHash
    package var followers: [(node: UInt64, finding: Finding)]

    package init(
        shard: Int, owner: UInt64, number: UInt64, hash: ChainHash, followers: [(node: UInt64, finding: Finding)]
    ) {
        self.shard = shard
        self.owner = owner
        self.number = number
        self.hash = hash
        self.followers = followers
    }
}
