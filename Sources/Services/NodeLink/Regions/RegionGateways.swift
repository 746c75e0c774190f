package import Logging
package import NIOCore
package import NodeRuntime
package import Regions
internal import ServiceLifecycle
internal import Synchronization

/// The links to the gateways of other regions, as a service that measures how far away each is.
///
/// A call goes to the nearest gateway of a region; if nothing could be sent there, to the next one.
package final class RegionGateways: RegionLinks, Service {
    /// What a gateway is called in greetings: not by a number, since whoever answers at its address is meant.
    package static let number: UInt64 = 0

    private final class AwayRegion: Sendable {
        let links: NodeLinks
        let choice: Mutex<GatewayChoice>

        init(_ links: NodeLinks, _ choice: GatewayChoice) {
            self.links = links
            self.choice = Mutex(choice)
        }
    }

    private let me: String
    private let map: RegionMap
    private let regions: [String: AwayRegion]
    private let heard: @Sendable (RegionGreeting) -> Void

    /// - Parameters:
    ///   - configuration: as to the nodes of this region; the cluster's name is each region's own
    ///   - heard: told what gateways say of themselves
    package init(
        _ me: String, of map: RegionMap, configuration: NodeLinkConfiguration, eventLoops: any EventLoopGroup,
        logger: Logger, heard: @escaping @Sendable (RegionGreeting) -> Void
    ) {
        self.me = me
        self.map = map
        self.heard = heard
        var regions: [String: AwayRegion] = [:]
        for region in map.regions where region.name != me {
            var configuration = configuration
            configuration.cluster = region.cluster
            configuration.meantNode = Self.number
            var logger = logger
            logger[metadataKey: "region"] = "\(region.name)"
            regions[region.name] = AwayRegion(
                NodeLinks(
                    configuration: configuration, directory: GatewayDirectory(gateways: region.gateways),
                    eventLoops: eventLoops, logger: logger),
                GatewayChoice(count: region.gateways.count, map.measuring))
        }
        self.regions = regions
    }

    package func call(
        _ operation: PeerOperation, _ request: [UInt8], to region: String, within time: Duration
    ) async throws(ServiceError) -> [UInt8] {
        guard let away = regions[region] else { throw .unavailable("there is no region \(region)", retryAfter: 60) }
        var problem = ServiceError.unavailable("region \(region) can't be reached", retryAfter: 1)
        for gateway in away.choice.withLock({ $0.order }) {
            do throws(ServiceError) {
                return try await away.links.call(operation, request, to: UInt64(gateway + 1), within: time)
            } catch {
                // Only what was not sent may be sent elsewhere.
                guard case .unavailable = error else { throw error }
                problem = error
            }
        }
        throw problem
    }

    /// How far away a region is; nil if none of its gateways has answered lately.
    package func latency(to region: String) -> Duration? { regions[region]?.choice.withLock { $0.latency } }

    /// Asks every gateway from time to time, until the end.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for away in self.regions.values {
                    let count = away.choice.withLock { $0.estimates.count }
                    for gateway in 0..<count { group.addTask { await self.measure(gateway, of: away) } }
                }
            }
        }
        for away in regions.values { away.links.stop() }
    }

    private func measure(_ gateway: Int, of away: AwayRegion) async {
        while !Task.isCancelled {
            await askOnce(gateway, of: away)
            try? await Task.sleep(for: map.measuring.interval)
        }
    }

    private func askOnce(_ gateway: Int, of away: AwayRegion) async {
        let question = RegionGreeting(region: me, epoch: map.epoch).encoded
        let start = ContinuousClock.now
        do throws(ServiceError) {
            let bytes = try await away.links.call(
                .regionGreeting, question, to: UInt64(gateway + 1), within: .seconds(2))
            let time = ContinuousClock.now - start
            guard let answer = try? PeerAnswer<RegionGreeting>.decode(bytes), let greeting = try? answer.result.get()
            else { return away.choice.withLock { $0.failed(gateway) } }
            away.choice.withLock { $0.measured(time, of: gateway) }
            heard(greeting)
        } catch {
            away.choice.withLock { $0.failed(gateway) }
        }
    }
}

/// Gateways by their place in the list, from 1 on.
private struct GatewayDirectory: PeerDirectory {
    let gateways: [GatewayAddress]

    func address(of node: UInt64) -> PeerAddress? {
        guard 1...UInt64(gateways.count) ~= node else { return nil }
        let gateway = gateways[Int(node) - 1]
        return PeerAddress(host: gateway.host, port: gateway.port)
    }
}
