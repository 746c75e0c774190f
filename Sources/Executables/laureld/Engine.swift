import CheckpointStores
import CommitLogs
import Logging
import NIOPosix
import NodeRuntime
import RedisFrontend
import ServiceLifecycle
import Sharding
import UringLog

/// What a node keeps its records in: files of its own, or the log that a cluster shares.
enum Engine {
    case alone(SegmentedLog)
    case shared(OpenCluster, OpenMirrors, incarnation: UInt64)

    init(_ settings: Settings, in directory: DataDirectory, _ console: Console, _ logger: Logger) async throws {
        guard settings.cluster.name != nil else {
            self = .alone(try directory.openLog(settings) { console.say($0) })
            return
        }
        // What is wrong with the regions is said before anything is begun.
        _ = try RegionTalk.region(settings.cluster)
        let incarnation = UInt64.random(in: 1 ... .max)
        let node = directory.nodeConfiguration(settings, incarnation: incarnation).node
        let cluster = try await OpenCluster(settings, node: node, incarnation: incarnation, console, logger)
        do {
            self = .shared(
                cluster, try await OpenMirrors(settings, in: directory, logger), incarnation: incarnation)
        } catch {
            await cluster.close()
            throw error
        }
    }

    /// Another number for each start.
    var incarnation: UInt64 {
        switch self {
        case .alone(let log): log.openCount
        case .shared(_, _, let incarnation): incarnation
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
        case .shared(let cluster, _, _):
            Node(
                configuration: sharing(configuration), cluster: cluster.nodeCluster(orders), store: store,
                clock: SystemClock(),
                eventLoops: MultiThreadedEventLoopGroup.singleton, limits: limits, logger: logger)
        }
    }

    private func sharing(_ configuration: NodeConfiguration) -> NodeConfiguration {
        var configuration = configuration
        configuration.shard.records = records
        configuration.pendingBytesMax = records.pendingByteCountMax
        return configuration
    }

    /// How much of a record is whose. A shared log takes shorter ones.
    var records: RecordRoom {
        switch self {
        case .alone(let log): RecordRoom(recordsOf: log)
        case .shared(let cluster, _, _):
            cluster.logs.map { RecordRoom(recordsOf: $0) }.min { $0.byteCountMax < $1.byteCountMax }!
        }
    }

    /// What runs beside the node, and longer.
    var services: [any Service] {
        switch self {
        case .alone: []
        case .shared(let cluster, _, _): [cluster.gossip, cluster.membership]
        }
    }

    /// What follows other regions.
    var mirrors: OpenMirrors? {
        if case .shared(_, let mirrors, _) = self { mirrors } else { nil }
    }

    /// How the node asks others; nil if it is alone.
    func talk(
        _ settings: Settings, _ node: Node, redis: RedisConfiguration, _ console: Console, _ logger: Logger
    ) throws -> NodeTalk? {
        guard case .shared(let cluster, let mirrors, _) = self else { return nil }
        return try NodeTalk(settings, node, cluster.membership, mirrors, redis: redis, console, logger)
    }

    func close() async {
        switch self {
        case .alone(let log): await log.close()
        case .shared(let cluster, let mirrors, _):
            await mirrors.close()
            await cluster.close()
        }
    }
}

extension RecordRoom {
    fileprivate init(recordsOf log: any CommitLog) {
        self.init(byteCountMax: log.recordByteCountMax - LogRecord.headerByteCount - 8)
    }
}
