import Logging
import NIOCore
import NIOPosix
import NodeLink
import NodeRuntime
import RedisFrontend
import Regions
import ServiceLifecycle

/// How a node asks other regions, and takes their calls.
struct RegionTalk {
    let routing: RegionRouting
    let inspector: RegionInspector
    /// In the order in which they start.
    let services: [any Service]

    /// Nil if there is one region only.
    ///
    /// - Parameter routed: within this region
    init?(
        _ settings: Settings, _ routed: RoutedService, _ configuration: NodeLinkConfiguration,
        _ mirrors: OpenMirrors, redis: RedisConfiguration, _ console: Console, _ logger: Logger
    ) throws {
        let cluster = settings.cluster
        guard let path = cluster.regionsFile, let (name, map) = try Self.region(cluster) else { return nil }
        let loops = MultiThreadedEventLoopGroup.singleton
        let epochs = EpochNews()
        let gateways = RegionGateways(
            name, of: map, configuration: configuration, eventLoops: loops, logger: logger, heard: { epochs.heard($0) })
        let routing = RegionRouting(name, of: map, links: gateways)
        epochs.tell(routing)
        self.routing = routing
        for (mirrored, node) in mirrors.nodes { node.use(CheckpointOrigin(mirrored, links: gateways)) }
        let watcher = RegionsWatcher(path, map, logger: logger) { gateways.use($0) }
        inspector = RegionInspector(routing: routing, gateways: gateways, watcher: watcher, mirrors: mirrors)
        var services: [any Service] = [gateways, watcher]
        if let listen = cluster.regionListen {
            var configuration = configuration
            (configuration.host, configuration.port) = listen
            configuration.node = RegionGateways.number
            let gateway = GatewayService(routed, routing)
            services.append(
                PeerServer(
                    configuration: configuration,
                    handlers: [gateway, RedisGatewayService(routed, gateway, configuration: redis)], eventLoops: loops,
                    onRunning: { channel in
                        console.say(
                            "Laurel takes calls of other regions on \(channel.localAddress.map(Serve.text) ?? "?") for region \(name)"
                        )
                    }, logger: logger))
        }
        self.services = services
    }

    /// This node's region and the map of all; nil if there is one only.
    static func region(_ cluster: ClusterSettings) throws -> (name: String, map: RegionMap)? {
        guard let name = cluster.region, let path = cluster.regionsFile else { return nil }
        let map = try RegionsFile.read(path)
        guard let region = map.region(named: name) else {
            throw StartError("region: there is no '\(name)' in \(path)")
        }
        guard region.cluster == cluster.name else {
            throw StartError("region: '\(name)' is cluster '\(region.cluster)' in \(path), not '\(cluster.name ?? "")'")
        }
        return (name, map)
    }
}
