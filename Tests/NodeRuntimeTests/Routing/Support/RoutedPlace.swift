import Leaderboards
import Logging
import NIOCore
import NIOPosix
import NodeLink
import NodeRuntime
import Placement
import RedisFrontend
import ServiceLifecycle
import Sharding
import Synchronization
import Testing

/// Suites that run whole clusters, one test at a time: they keep the event loops busy that all tests share.
@Suite("Between nodes", .serialized, .timeLimit(.minutes(5)))
enum OverSockets {}

/// Nodes of a `ClusterPlace` that reach each other over sockets, each by way of a wire that can be cut.
final class RoutedPlace: Sendable {
    struct Station: Sendable {
        let member: ClusterPlace.Member
        let wire: Wire
        let server: TestServer
        let links: NodeLinks
        let routed: RoutedService

        var id: UInt64 { member.id.number }
    }

    let cluster: ClusterPlace
    let directory = FixedDirectory()

    init(shardCount: Int = 4, waitersMax: Int? = nil) {
        cluster = ClusterPlace(shardCount: shardCount, waitersMax: waitersMax)
    }

    /// Runs nodes with numbers from 1 on while `body` does.
    func run(_ count: Int, limits: RoutingLimits = .patient, body: ([Station]) async throws -> Void) async throws {
        let members = (1...count).map { cluster.member(UInt64($0)) }
        let stations = members.map { member in
            let links = NodeLinks(
                configuration: .test(node: member.id.number), directory: directory,
                eventLoops: MultiThreadedEventLoopGroup.singleton, logger: .silent)
            let server = TestServer(
                .test(node: member.id.number), [PeerService(member.node), RedisPeerService(member.node)])
            return Station(
                member: member, wire: Wire(), server: server, links: links,
                routed: RoutedService(member.node, links: links, directory: directory, limits: limits))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for station in stations {
                group.addTask { try await station.server.group.run() }
                directory.set(station.id, port: try await station.wire.open(to: station.server.port()))
            }
            var problem: (any Error)?
            do {
                try await run(members) {
                    for station in stations { await until { await station.member.node.readiness() == .ready } }
                    try await body(stations)
                }
            } catch { problem = error }
            for station in stations {
                station.links.stop()
                try await station.wire.close()
                await station.server.group.triggerGracefulShutdown()
            }
            try await group.waitForAll()
            if let problem { throw problem }
        }
    }

    private func run(_ members: [ClusterPlace.Member], body: () async throws -> Void) async throws {
        switch members.count {
        case 1: try await cluster.run(members[0], body: body)
        case 2: try await cluster.run(members[0], members[1], body: body)
        default: try await cluster.run(members[0], members[1], members[2], body: body)
        }
    }

    /// Lets time pass until a call has ended, and answers with what came of it.
    func passing<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await NodeRuntimeTests.passing(body) {
            cluster.clock.advance(by: .milliseconds(20))
            try await breathe()
        }
    }

    func pass(_ time: Duration) async throws {
        let end = cluster.clock.uptime() + time
        while cluster.clock.uptime() < end {
            cluster.clock.advance(by: .milliseconds(50))
            try await breathe()
        }
    }

    /// Lets sockets, and other tests, have a turn.
    func breathe() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        try await eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
    }

    /// Who owns a leaderboard's shard; waits until somebody does.
    func owner(of key: LeaderboardKey, among stations: [Station]) async throws -> Station {
        while true {
            if let owner = await ownerNow(of: key, among: stations) { return owner }
            cluster.clock.advance(by: .milliseconds(50))
            try await breathe()
        }
    }

    private func ownerNow(of key: LeaderboardKey, among stations: [Station]) async -> Station? {
        for station in stations where !station.member.log.isCut {
            switch await problem({ try await station.member.node.describe(key) }) {
            case nil, .refused: return station
            default: continue
            }
        }
        return nil
    }
}

extension RoutingLimits {
    /// Of the clock that tests move on.
    static func waiting(_ time: Duration) -> RoutingLimits {
        var limits = RoutingLimits()
        limits.timeMax = time
        return limits
    }

    static var patient: RoutingLimits { waiting(.seconds(600)) }
}

extension NodeLinkConfiguration {
    static func test(node: UInt64, cluster: String = "test") -> NodeLinkConfiguration {
        var configuration = NodeLinkConfiguration(cluster: cluster, node: node, security: .cleartextOnLoopback)
        configuration.greetingSeconds = 60
        configuration.firstPauseMilliseconds = 1
        configuration.longestPauseMilliseconds = 4
        return configuration
    }
}

extension Logger {
    static var silent: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}

final class FixedDirectory: PeerDirectory {
    private let addresses = Mutex<[UInt64: PeerAddress]>([:])

    func set(_ node: UInt64, port: Int) {
        addresses.withLock { $0[node] = PeerAddress(host: "127.0.0.1", port: port) }
    }

    func setRedis(_ node: UInt64, port: Int) {
        addresses.withLock { $0[node]?.redis = PeerAddress.Endpoint(host: "127.0.0.1", port: port) }
    }

    func address(of node: UInt64) -> PeerAddress? { addresses.withLock { $0[node] } }
    func nodes() -> [UInt64] { addresses.withLock { $0.keys.sorted() } }
}

/// A `PeerServer` on a free port.
struct TestServer: Sendable {
    let group: ServiceGroup
    private let ports: AsyncStream<Int>

    init(_ configuration: NodeLinkConfiguration, _ handlers: [any PeerHandler]) {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        self.ports = ports
        let server = PeerServer(
            configuration: configuration, handlers: handlers, eventLoops: MultiThreadedEventLoopGroup.singleton,
            onRunning: { channel in
                found.yield(channel.localAddress!.port!)
                found.finish()
            }, logger: .silent)
        group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: .silent))
    }

    /// Once it runs.
    func port() async throws -> Int {
        for await port in ports { return port }
        throw LinkTestProblem("the server did not start")
    }
}

struct LinkTestProblem: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// Takes steps until a call has ended, and answers with what came of it.
func passing<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value, step: () async throws -> Void
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        let ended = Flag()
        group.addTask {
            defer { ended.raise() }
            return try await body()
        }
        while !ended.isRaised { try await step() }
        return try await group.next()!
    }
}
