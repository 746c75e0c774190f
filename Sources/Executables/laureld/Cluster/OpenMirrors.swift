import CommitLogs
import JetStreamLog
import Logging
import NIOPosix
import NodeRuntime
import Placement
import Regions
import RocksDBCheckpoints
import ServiceLifecycle

/// What this node keeps of other regions: for each a node of its own, which follows all shards of that region's mirrored log and owns
/// none.
struct OpenMirrors {
    private(set) var nodes: [String: Node] = [:]
    /// Those of the nodes, which close them.
    private(set) var logs: [String: [StreamLog]] = [:]

    init(_ settings: Settings, in directory: DataDirectory, _ logger: Logger) async throws {
        guard let (name, map) = try RegionTalk.region(settings.cluster) else { return }
        for mirrored in settings.cluster.regionMirrors {
            do {
                let domain = try Self.domain(of: mirrored, seenFrom: name, in: map)
                let logs = try await OpenCluster.openLogs(
                    settings.cluster, name: map.region(named: mirrored)!.cluster, originDomain: domain, logger)
                nodes[mirrored] = try await Self.node(mirrored, logs, settings, directory, logger)
                self.logs[mirrored] = logs
            } catch {
                await close()
                throw error
            }
        }
    }

    private static func domain(of mirrored: String, seenFrom name: String, in map: RegionMap) throws -> String {
        guard mirrored != name, let region = map.region(named: mirrored) else {
            throw StartError("region-mirrors: '\(mirrored)' is no other region")
        }
        guard let domain = region.logDomain else {
            throw StartError("region-mirrors: region '\(mirrored)' has no log_domain")
        }
        return domain
    }

    private static func node(
        _ region: String, _ logs: [StreamLog], _ settings: Settings, _ directory: DataDirectory, _ logger: Logger
    ) async throws -> Node {
        let store: RocksDBCheckpointStore
        do { store = try directory.openStore(ofRegion: region) } catch {
            for log in logs { await log.close() }
            throw error
        }
        var logger = logger
        logger[metadataKey: "mirror"] = "\(region)"
        let configuration = directory.nodeConfiguration(settings, incarnation: UInt64.random(in: 1 ... .max))
        var cluster = NodeCluster(logs: logs, membership: NobodyElse(), followerCount: 0)
        cluster.isMirror = true
        return Node(
            configuration: configuration, cluster: cluster, store: store, clock: SystemClock(),
            eventLoops: MultiThreadedEventLoopGroup.singleton, logger: logger)
    }

    /// A mirror that fails ends nothing else.
    var services: [ServiceGroupConfiguration.ServiceConfiguration] {
        nodes.values.map {
            .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore)
        }
    }

    /// Only if the nodes were never run, which close what they have themselves.
    func close() async { for node in nodes.values { await node.close() } }
}

/// Nothing need be known of others by who owns nothing.
private struct NobodyElse: ClusterMembership {
    func view() -> ClusterView { ClusterView(profiles: [], standings: [:]) }
    func publish(_ notes: [ShardNote]) {}
}
