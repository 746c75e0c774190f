package import Logging
package import NIOCore
package import NodeRuntime
package import Regions
internal import ServiceLifecycle
internal import Synchronization

/// The links to the gateways of other regions, as a service that measures how far away each is.
///
/// A call goes to the nearest gateway of a region; if nothing could be sent there, to the next one. Which gateways there are may
/// change at any time.
package final class RegionGateways: RegionLinks, Service {
    /// What a gateway is called in greetings: not by a number, since whoever answers at its address is meant.
    package static let number: UInt64 = 0

    private enum Change {
        case came(AwayRegion)
        case went(AwayRegion)
    }

    private let me: String
    /// The same in every map that is used.
    private let epoch: UInt64
    private let configuration: NodeLinkConfiguration
    private let eventLoops: any EventLoopGroup
    private let logger: Logger
    private let heard: @Sendable (RegionGreeting) -> Void
    /// By name.
    private let regions = Mutex<[String: AwayRegion]>([:])
    /// What `run` has not taken up. At most one for each region and change of the file.
    private let changes: AsyncStream<Change>
    private let changed: AsyncStream<Change>.Continuation

    /// - Parameters:
    ///   - configuration: as to the nodes of this region; the cluster's name is each region's own
    ///   - heard: told what gateways say of themselves
    package init(
        _ me: String, of map: RegionMap, configuration: NodeLinkConfiguration, eventLoops: any EventLoopGroup,
        logger: Logger, heard: @escaping @Sendable (RegionGreeting) -> Void
    ) {
        self.me = me
        epoch = map.epoch
        self.configuration = configuration
        self.eventLoops = eventLoops
        self.logger = logger
        self.heard = heard
        (changes, changed) = AsyncStream.makeStream(of: Change.self)
        use(map)
    }

    /// From now on regions are reached as this map says. Those that it does not have stay as they are.
    package func use(_ map: RegionMap) {
        regions.withLock { regions in
            for region in map.regions where region.name != me {
                guard let old = regions[region.name] else {
                    let away = AwayRegion(
                        region.gateways, links(to: region), GatewayChoice(count: region.gateways.count, map.measuring))
                    regions[region.name] = away
                    changed.yield(.came(away))
                    continue
                }
                guard region.gateways != old.gateways else {
                    old.measure(by: map.measuring)
                    continue
                }
                let away = old.replaced(by: region.gateways, links(to: region), map.measuring)
                regions[region.name] = away
                changed.yield(.came(away))
                changed.yield(.went(old))
            }
        }
    }

    private func links(to region: Region) -> NodeLinks {
        var configuration = configuration
        configuration.cluster = region.cluster
        configuration.meantNode = Self.number
        var logger = logger
        logger[metadataKey: "region"] = "\(region.name)"
        return NodeLinks(
            configuration: configuration, directory: GatewayDirectory(gateways: region.gateways),
            eventLoops: eventLoops, logger: logger)
    }

    private func away(_ region: String) -> AwayRegion? { regions.withLock { $0[region] } }

    package func call(
        _ operation: PeerOperation, _ request: [UInt8], to region: String, within time: Duration
    ) async throws(ServiceError) -> [UInt8] {
        guard let away = away(region) else { throw .unavailable("there is no region \(region)", retryAfter: 60) }
        var problem = ServiceError.unavailable("region \(region) can't be reached", retryAfter: 1)
        for gateway in away.choice.order {
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
    package func latency(to region: String) -> Duration? { away(region)?.choice.latency }

    /// What is known of the gateways of each other region.
    package func sights() -> [String: [GatewaySight]] { regions.withLock { $0 }.mapValues(\.sights) }

    /// Asks every gateway from time to time, until the end.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await change in self.changes {
                    switch change {
                    case .came(let away):
                        for gateway in away.gateways.indices { group.addTask { await self.measure(gateway, of: away) } }
                    case .went(let away): group.addTask { await self.end(away) }
                    }
                }
            }
        }
        for away in regions.withLock({ Array($0.values) }) { away.links.stop() }
    }

    /// Lets calls that are under way come to their ends.
    private func end(_ away: AwayRegion) async {
        try? await Task.sleep(for: Self.farewell)
        away.links.stop()
    }

    /// Longer than any call of a request.
    private static let farewell: Duration = .seconds(10)

    private func measure(_ gateway: Int, of away: AwayRegion) async {
        while !Task.isCancelled, !away.isReplaced {
            await askOnce(gateway, of: away)
            try? await Task.sleep(for: away.choice.measuring.interval)
        }
    }

    private func askOnce(_ gateway: Int, of away: AwayRegion) async {
        let question = RegionGreeting(region: me, epoch: epoch).encoded
        let start = ContinuousClock.now
        do throws(ServiceError) {
            let bytes = try await away.links.call(
                .regionGreeting, question, to: UInt64(gateway + 1), within: .seconds(2))
            let time = ContinuousClock.now - start
            guard let answer = try? PeerAnswer<RegionGreeting>.decode(bytes), let greeting = try? answer.result.get()
            else { return away.failed(gateway) }
            away.measured(time, of: gateway, epoch: greeting.epoch)
            heard(greeting)
        } catch {
            away.failed(gateway)
        }
    }
}
