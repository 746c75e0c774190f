import Logging
import NIOCore
import NIOPosix
import NodeLink
import NodeRuntime
import RedisFrontend
import ServiceLifecycle
import TLSCertificates

/// What carries requests out, wherever their shard is.
typealias AnyNodeService = any LeaderboardService & SortedSetService & UsageService

/// How the nodes of a cluster ask each other.
struct NodeTalk {
    let service: RoutedService
    /// Nil if there is one region only.
    let regions: RegionInspector?
    /// Outlives the node: when that ends it asks others who may have its shards.
    let links: NodeLinks
    /// In the order in which they start.
    let services: [any Service]

    init(
        _ settings: Settings, _ node: Node, _ directory: GossipMembership, _ mirrors: OpenMirrors,
        redis: RedisConfiguration,
        _ console: Console,
        _ logger: Logger
    ) throws {
        let cluster = settings.cluster
        var watchers: [any Service] = []
        var security = LinkSecurity.cleartextOnLoopback
        if !cluster.isCleartext {
            let certificates: PeerCertificates
            do {
                certificates = try PeerCertificates(
                    certificate: cluster.certificate ?? "", key: cluster.key ?? "", authority: cluster.authority ?? "",
                    logger: logger)
            } catch {
                throw StartError("the cluster's certificates: \(error.description)")
            }
            security = .mutualTLS(server: { certificates.server }, client: { certificates.client })
            watchers = [CertificateWatcher(certificates)]
        }
        var configuration = NodeLinkConfiguration(
            cluster: cluster.name ?? "", node: node.configuration.node, security: security)
        if let listen = cluster.listen { (configuration.host, configuration.port) = listen }
        let loops = MultiThreadedEventLoopGroup.singleton
        let links = NodeLinks(configuration: configuration, directory: directory, eventLoops: loops, logger: logger)
        self.links = links
        node.use(links)
        // They get the node itself: what was forwarded goes no further.
        let server = PeerServer(
            configuration: configuration,
            handlers: [PeerService(node), RedisPeerService(node, configuration: redis)], eventLoops: loops,
            onRunning: { channel in
                console.say("Laurel takes calls of other nodes on \(channel.localAddress.map(Serve.text) ?? "?")")
            }, logger: logger)
        let routed = RoutedService(node, links: links, directory: directory)
        let regions = try RegionTalk(settings, routed, configuration, mirrors, redis: redis, console, logger)
        self.regions = regions?.inspector
        service =
            regions.map {
                RoutedService(
                    node, links: links, directory: directory, regions: $0.routing, mirrors: mirrors.nodes)
            } ?? routed
        services = watchers + [server] + (regions?.services ?? [])
    }
}
