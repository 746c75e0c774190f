import CheckpointStores
import Logging
import NIOPosix
import NodeRuntime
import RedisFrontend
import ServiceLifecycle
import UringLog

/// What a node keeps its records in: files of its own, or the log that a cluster shares.
enum Engine {
    case alone(SegmentedLog)
    case shared(OpenCluster, incarnation: UInt64)

    init(_ settings: Settings, in directory: DataDirectory, _ console: Console, _ logger: Logger) async throws {
        guard settings.cluster.name != nil else {
            self = .alone(try directory.openLog(settings) { console.say($0) })
            return
        }
        let incarnation = UInt64.random(in: 1 ... .max)
        let node = directory.nodeConfiguration(settings, incarnation: incarnation).node
        self = .shared(
            try await OpenCluster(settings, node: node, incarnation: incarnation, console, logger),
            incarnation: incarnation)
    }

    /// Another number for each start.
    var incarnation: UInt64 {
        switch self {
        case .alone(let log): log.openCount
        case .shared(_, let incarnation): incarnation
        }
    }

    func node(
        _ configuration: NodeConfiguration, store: any CheckpointStore, limits: any ProjectLimits,
        orders: StoredOrders?, _ console: Console, _ logger: Logger
    ) -> Node {
        switch self {
        case .alone(let log):
            Node(
                configuration: configuration, log: log, store: store, clock: SystemClock(),
                eventLoops: MultiThreadedEventLoopGroup.singleton, limits: limits, logger: logger,
                progress: { console.show($0) })
        case .shared(let cluster, _):
            Node(
                configuration: Self.sharing(configuration), cluster: cluster.nodeCluster(orders), store: store,
                clock: SystemClock(),
                eventLoops: MultiThreadedEventLoopGroup.singleton, limits: limits, logger: logger)
        }
    }

    /// A shared log takes records of a mebibyte: what waits in a shard and one request more must fit.
    private static func sharing(_ configuration: NodeConfiguration) -> NodeConfiguration {
        var configuration = configuration
        configuration.pendingBytesMax = 256 << 10
        return configuration
    }

    /// Beyond it a request could become a record that the log does not take.
    var requestBytesMax: Int {
        switch self {
        case .alone: .max
        case .shared: 512 << 10
        }
    }

    /// What runs beside the node, and longer.
    var services: [any Service] {
        switch self {
        case .alone: []
        case .shared(let cluster, _): [cluster.gossip, cluster.membership]
        }
    }

    /// How the node asks others; nil if it is alone.
    func talk(
        _ settings: Settings, _ node: Node, redis: RedisConfiguration, _ console: Console, _ logger: Logger
    ) throws -> NodeTalk? {
        guard case .shared(let cluster, _) = self else { return nil }
        return try NodeTalk(settings, node, cluster.membership, redis: redis, console, logger)
    }

    func close() async {
        switch self {
        case .alone(let log): await log.close()
        case .shared(let cluster, _): await cluster.close()
        }
    }
}
