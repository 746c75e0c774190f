import ArgumentParser
import CommitLogs
import Foundation
import Gossip
import JetStreamLog
import Logging
import NATSClient
import NIOCore
import NIOPosix
import NodeRuntime
import Placement
import ServiceLifecycle
import UDPGossip

/// The logs that a cluster's nodes share, and what this one hears of the others.
struct OpenCluster {
    let logs: [StreamLog]
    let gossip: GossipService
    let membership: GossipMembership
    let lease: LeaseTerms
    let followers: Int
    let logKeep: Duration

    /// - Parameter incarnation: of this start
    init(_ settings: Settings, node: UInt64, incarnation: UInt64, _ console: Console, _ logger: Logger) async throws {
        let cluster = settings.cluster
        let keys = try Self.keys(cluster)
        let gossipConfiguration = try Self.gossip(settings, node: node, keys)
        logs = try await Self.openLogs(cluster, name: cluster.name ?? "", originDomain: nil, logger)
        lease = LeaseTerms(duration: .milliseconds(cluster.leaseMilliseconds))
        followers = cluster.followers
        logKeep = .seconds(cluster.logKeepSeconds)
        gossip = GossipService(
            gossipConfiguration, on: MultiThreadedEventLoopGroup.singleton.next(), logger: logger
        ) { address in
            console.say("Laurel gossips on \(Serve.text(address)) in cluster \(gossipConfiguration.cluster)")
        }
        membership = GossipMembership(
            gossip, id: NodeID(node), description: gossipConfiguration.description, incarnation: incarnation)
    }

    func nodeCluster(_ orders: StoredOrders?) -> NodeCluster {
        var nodeCluster = NodeCluster(
            logs: logs, membership: membership, terms: lease, followerCount: followers, orders: orders)
        nodeCluster.keeping.keep = logKeep
        return nodeCluster
    }

    func close() async { for log in logs { await log.close() } }

    /// - Parameters:
    ///   - name: of the cluster whose log it is
    ///   - originDomain: where it is mirrored from, if it is another's
    static func openLogs(
        _ cluster: ClusterSettings, name: String, originDomain: String?, _ logger: Logger
    ) async throws -> [StreamLog] {
        let access = try LogAccess(cluster)
        var logs: [StreamLog] = []
        do {
            for number in 0..<cluster.logGroups {
                guard let group = LogGroup(cluster: name, number: number, count: cluster.logGroups) else {
                    throw StartError("cluster: '\(name)' is no name of a cluster")
                }
                var options = StreamLogOptions(group: group, client: access.client, inspection: access.inspection)
                options.createsStream = cluster.createsLog
                options.originDomain = originDomain
                options.byteCountMax = cluster.logBytesMax
                let log = try await StreamLog.open(options, logger: logger) { notice in
                    logger.error("log group \(number): \(notice)")
                }
                logs.append(log)
            }
            return logs
        } catch {
            for log in logs { await log.close() }
            throw StartError("the cluster's log can't be used: \(error)")
        }
    }

    private static func gossip(
        _ settings: Settings, node: UInt64, _ keys: GossipKeyRing
    ) throws -> UDPGossipConfiguration {
        let cluster = settings.cluster
        let own = cluster.gossip!
        var services: [NodeDescription.Service: String] = [.http: "\(settings.httpHost):\(settings.httpPort)"]
        if let listen = cluster.listen { services[.nodes] = "\(listen.host):\(listen.port)" }
        if let redis = settings.redis { services[.redis] = "\(redis.host):\(redis.port)" }
        let description = try NodeDescription(
            endpoint: endpoint(own, "cluster-gossip"), services: services, weight: cluster.weight,
            zone: Zone(cluster.zone), version: Laureld.configuration.version)
        return UDPGossipConfiguration(
            id: NodeID(node), cluster: cluster.name!, host: own.host, port: own.port, description: description,
            seeds: try cluster.seeds.map { try endpoint($0, "cluster-seeds") }, keys: keys)
    }

    private static func endpoint(_ address: (host: String, port: Int), _ key: String) throws -> Endpoint {
        guard let socket = try? SocketAddress(ipAddress: address.host, port: address.port),
            let endpoint = Endpoint(socket)
        else { throw StartError("\(key): '\(address.host)' is no address") }
        return endpoint
    }

    private static func keys(_ cluster: ClusterSettings) throws -> GossipKeyRing {
        let path = cluster.keyFile ?? ""
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw StartError("cluster-keys: \(path) can't be read")
        }
        var keys: [GossipKey] = []
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let id = UInt32(parts[0]), let secret = bytes(parts[1]),
                let key = GossipKey(id: id, secret: secret)
            else {
                throw StartError("cluster-keys: line \(index + 1) of \(path) is not a number and 64 hexadecimal digits")
            }
            keys.append(key)
        }
        guard let first = keys.first, let ring = GossipKeyRing(keys, sendingBy: first.id) else {
            throw StartError("cluster-keys: \(path) has no key, more than 8, or two of one number")
        }
        return ring
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var rest = text
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
