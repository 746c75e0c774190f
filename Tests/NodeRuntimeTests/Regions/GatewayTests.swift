import Leaderboards
import NIOPosix
import NodeLink
import NodeRuntime
import Regions
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

extension OverSockets {
    @Suite("Gateways", .timeLimit(.minutes(2)))
    struct GatewayTests {
        @Test("A call goes to a gateway that can be reached, and what gateways say of themselves is heard")
        func choice() async throws {
            let server = TestServer(.test(node: RegionGateways.number, cluster: "us-cluster"), [Introducing()])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.group.run() }
                let ports = [try freePort(), try await server.port()]
                let gateways = ports.map { GatewayAddress(host: "127.0.0.1", port: $0) }
                var map = RegionMap(
                    regions: [
                        Region(
                            name: "eu", cluster: "eu-cluster", gateways: [GatewayAddress(host: "127.0.0.1", port: 1)]),
                        Region(name: "us", cluster: "us-cluster", gateways: gateways),
                    ], defaultHome: "eu")
                map.measuring.interval = .milliseconds(100)
                let heard = Mutex<RegionGreeting?>(nil)
                let links = RegionGateways(
                    "eu", of: map, configuration: .test(node: 1), eventLoops: MultiThreadedEventLoopGroup.singleton,
                    logger: .silent, heard: { greeting in heard.withLock { $0 = greeting } })
                // Nothing was measured yet, and nobody listens at the first one.
                let request = RegionGreeting(region: "eu", epoch: 1).encoded
                let bytes = try await links.call(.regionGreeting, request, to: "us", within: .seconds(100))
                let answer = try PeerAnswer<RegionGreeting>.decode(bytes).result.get()
                #expect(answer == RegionGreeting(region: "us", epoch: 7))
                #expect(links.latency(to: "us") == nil && heard.withLock { $0 } == nil)
                let unknown = await problem { try await links.call(.describe, [], to: "mars", within: .seconds(1)) }
                #expect(unknown == .unavailable("there is no region mars", retryAfter: 60))

                let measuring = Task { try await links.run() }
                await until { heard.withLock { $0 } != nil }
                #expect(heard.withLock { $0 } == answer)
                #expect(links.latency(to: "us") != nil)

                // Other gateways take their place, and there is a region more.
                let before = links.sights()["us"]!
                #expect(before.map(\.address) == gateways && before.map(\.epoch) == [nil, 7])
                #expect(before.map(\.isChosen) == [false, true])
                map.regions[1].gateways = [gateways[1], GatewayAddress(host: "127.0.0.1", port: try freePort())]
                map.regions.append(Region(name: "ap", cluster: "us-cluster", gateways: [gateways[1]]))
                links.use(map)
                let sight = links.sights()["us"]![0]
                #expect(sight.address == gateways[1] && sight.isChosen && sight.latency != nil)
                await until { links.latency(to: "ap") != nil }
                for region in ["us", "ap"] {
                    let bytes = try await links.call(.regionGreeting, request, to: region, within: .seconds(100))
                    #expect(try PeerAnswer<RegionGreeting>.decode(bytes).result.get().region == "us")
                }
                await until { links.sights()["us"]![1].failureCount > 0 }
                measuring.cancel()
                try await measuring.value
                await server.group.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }
}

private struct Introducing: PeerHandler {
    func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        PeerAnswer(.success(RegionGreeting(region: "us", epoch: 7))).encoded
    }
}
