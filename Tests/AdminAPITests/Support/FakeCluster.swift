import CommitLogs
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Synchronization

/// A cluster of three nodes and four shards that does at once what orders say, or as much of it as a test wants.
final class FakeCluster: ClusterInspection {
    struct State {
        var sights: [NodeSight] = []
        var moves: [PlacementPlan.Move] = []
        var comparison: Result<ShardComparison, ServiceError> = .success(
            ShardComparison(shard: 3, owner: 1, number: 7, hash: .zero, followers: [(2, .same)]))
        var checkpoints: [NodeCheckpoints] = []
        var inspection = LogInspection()
        var logs: [LogCondition] = []
        var duringSurvey: (@Sendable () async throws -> Void)?
        var survey: Result<LossSurvey, ServiceError> = .success(LossSurvey(shard: ShardID(2)))
        var removals: [String] = []
        var removalProblem: AppendError?
        var released: [[ShardID]] = []
        var plans: [PlacementOrders] = []
        var asked: [String] = []
    }

    let clusterName: String?
    let shardCount = 4
    let state = Mutex(State())

    init(clusterName: String? = "test") {
        self.clusterName = clusterName
        state.withLock { state in
            state.sights = (1...3).map { Self.node($0) }
            // Of one that is gone nobody asks anything.
            state.sights.append(NodeSight(ClusterMember(id: NodeID(4), state: .dead, zone: "d"), nil))
            var log = LogCondition(name: "LAUREL_test_0")
            log.leader = "n1"
            log.byteCount = 10
            log.byteCountMax = 100
            log.replicas = [.init(name: "n1", isCurrent: true), .init(name: "n2", isCurrent: true)]
            log.consumers = [LogConsumer("rows", floor: LogPosition(21), unacknowledgedCount: 0)]
            state.logs = [log]
        }
    }

    /// Node 1 owns all shards, the others follow.
    static func node(_ number: UInt64, member state: ClusterMember.State = .alive) -> NodeSight {
        let shards = (0..<4).map { shard -> ShardSight in
            var sight = ShardSight(shard: ShardID(UInt16(shard)), role: number == 1 ? .owner : .follower)
            sight.epoch = 2
            sight.number = number == 3 ? 8 : 10
            sight.checkpoint = 5
            sight.checkpointPosition = LogPosition(10)
            sight.leaderboardCount = 1
            sight.log = LogSight(number: sight.number, epoch: 2, position: LogPosition(20), owner: 1, target: 1)
            return sight
        }
        let member = ClusterMember(
            id: NodeID(number), state: state, address: "10.0.0.\(number):7947", zone: "z\(number)", version: "0.1.0")
        return NodeSight(
            member,
            .success(NodeReport(node: number, incarnation: 1, state: "ready", shardCount: 4, shards: shards)))
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    /// What one node says of one shard from now on.
    func change(_ node: UInt64, shard: Int, _ body: (inout ShardSight) -> Void) {
        state.withLock { state in
            let place = state.sights.firstIndex { $0.member.id.number == node }!
            guard case .success(var report)? = state.sights[place].report else { return }
            body(&report.shards[shard])
            state.sights[place].report = .success(report)
        }
    }

    func nodes(shards: [Int]) async -> [NodeSight] { state.withLock { $0.sights } }

    func plan(_ orders: PlacementOrders) async -> [PlacementPlan.Move] {
        state.withLock { state in
            state.plans.append(orders)
            return orders == .none ? [] : state.moves
        }
    }

    func compare(shard: Int) async throws(ServiceError) -> ShardComparison {
        try state.withLock { $0.comparison }.get()
    }

    func checkpoints(of shards: [Int], verifying: Bool) async -> [NodeCheckpoints] {
        state.withLock { state in
            state.asked.append("checkpoints \(shards) \(verifying)")
            return state.checkpoints
        }
    }

    func inspectLog(
        of shard: Int, from position: LogPosition?, limit: Int
    ) async throws(ServiceError) -> LogInspection {
        state.withLock { state in
            state.asked.append("log \(shard) \(position?.description ?? "-") \(limit)")
            return state.inspection
        }
    }

    func survey(shard: Int, removed: Set<UInt64>) async throws(ServiceError) -> LossSurvey {
        let (survey, during) = state.withLock { state in
            state.asked.append("survey \(shard) \(removed.sorted())")
            return (state.survey, state.duringSurvey)
        }
        try? await during?()
        return try survey.get()
    }

    /// What somebody else does while nodes are asked.
    func duringSurvey(_ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.duringSurvey = body }
    }

    func logGroups() async -> [LogCondition] { state.withLock { $0.logs } }

    func removeConsumer(_ name: String, ofGroup group: Int) async throws(AppendError) -> Bool {
        try state.withLock { state throws(AppendError) in
            if let problem = state.removalProblem { throw problem }
            state.removals.append("\(name) \(group)")
            let count = state.logs[group].consumers.count
            state.logs[group].consumers.removeAll { $0.name == name }
            return state.logs[group].consumers.count < count
        }
    }

    func ordersChanged(released: [ShardID]) async { state.withLock { $0.released.append(released) } }
}
