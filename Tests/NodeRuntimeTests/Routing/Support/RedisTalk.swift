import AccessSupport
import ControlPlane
import NIOCore
import NIOPosix
import NodeRuntime
import RESP
import RedisFrontend
import ServiceLifecycle
import Synchronization

/// Redis clients of every node of a `RoutedPlace`.
extension RoutedPlace {
    func runRedis(
        _ count: Int, limits: RoutingLimits = .patient, body: ([Station], [RedisTalk]) async throws -> Void
    ) async throws {
        let access = AccessPlace()
        try await access.addProject("p")
        try await access.addKey(1, of: "p")
        try await run(count, limits: limits) { stations in
            try await withThrowingTaskGroup(of: Void.self) { group in
                var servers: [ServiceGroup] = []
                var talks: [RedisTalk] = []
                for station in stations {
                    var configuration = RedisConfiguration()
                    configuration.port = 0
                    let (ports, found) = AsyncStream.makeStream(of: Int.self)
                    let server = RedisServer(
                        configuration: configuration, service: station.routed, gatekeeper: access.gatekeeper,
                        eventLoops: MultiThreadedEventLoopGroup.singleton,
                        onRunning: { found.yield($0.localAddress!.port!) }, logger: .silent)
                    let service = ServiceGroup(
                        configuration: .init(
                            services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
                            logger: .silent))
                    servers.append(service)
                    group.addTask { try await service.run() }
                    for await port in ports {
                        directory.setRedis(station.id, port: port)
                        talks.append(try await RedisTalk.open(port: port))
                        break
                    }
                    _ = try await talks.last!.ask("AUTH \(AccessPlace.key(1).text)")
                }
                var problem: (any Error)?
                do { try await body(stations, talks) } catch { problem = error }
                for talk in talks { try? await talk.close() }
                for server in servers { await server.triggerGracefulShutdown() }
                try await group.waitForAll()
                if let problem { throw problem }
            }
        }
    }

    /// Lets time pass until a client has its replies.
    func ask(_ talk: RedisTalk, _ lines: String...) async throws -> [String] {
        try await passing { try await talk.ask(lines) }
    }
}

/// One client's connection.
final class RedisTalk: Sendable {
    private let channel: any Channel
    private let replies: AsyncThrowingStream<Reply, any Error>

    private init(_ channel: any Channel, _ replies: AsyncThrowingStream<Reply, any Error>) {
        self.channel = channel
        self.replies = replies
    }

    static func open(port: Int) async throws -> RedisTalk {
        let (replies, found) = AsyncThrowingStream.makeStream(of: Reply.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReplyCollector(found))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RedisTalk(channel, replies)
    }

    func ask(_ lines: String...) async throws -> [String] { try await ask(lines) }

    /// Sends commands in one piece, words divided by spaces, and waits for a reply to each.
    func ask(_ lines: [String]) async throws -> [String] {
        var writer = ReplyWriter()
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            writer.arrayHeader(words.count)
            for word in words { writer.bulk(word) }
        }
        try await channel.writeAndFlush(writer.buffer)
        var texts: [String] = []
        for try await reply in replies {
            texts.append(reply.text)
            if texts.count == lines.count { return texts }
        }
        throw LinkTestProblem("the connection ended")
    }

    func close() async throws { try await channel.close() }
}

extension Reply {
    /// As a line that tests compare.
    var text: String {
        switch self {
        case .null: "nil"
        case .simpleString(let text): text
        case .error(let text): "-" + text
        case .integer(let number): String(number)
        case .bulk(let bytes): String(buffer: bytes)
        case .array(let elements), .set(let elements), .push(let elements):
            "[" + elements.map(\.text).joined(separator: " ") + "]"
        case .map(let pairs): "{" + pairs.map { "\($0.key.text) \($0.value.text)" }.joined(separator: " ") + "}"
        case .double(let number): "\(number)"
        case .boolean(let isTrue): isTrue ? "true" : "false"
        case .verbatim(_, let text): text
        case .bigNumber(let digits): digits
        }
    }
}

private final class ReplyCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var parser = ReplyParser()
    private let found: AsyncThrowingStream<Reply, any Error>.Continuation

    init(_ found: AsyncThrowingStream<Reply, any Error>.Continuation) { self.found = found }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        parser.append(unwrapInboundIn(data))
        do { while let reply = try parser.next() { found.yield(reply) } } catch { found.finish(throwing: error) }
    }

    func channelInactive(context: ChannelHandlerContext) { found.finish() }
}
