package import Logging
package import NIOCore
internal import NIOPosix
package import NodeRuntime
internal import RESP
internal import ServiceLifecycle
internal import Synchronization

/// Speaks the Redis protocol to clients, as a service ready to run.
package struct RedisServer: Service {
    /// The project that a key opens; nil if it is none. Asked once for each connection.
    package typealias Authenticate = @Sendable (_ key: String) async -> String?

    private let configuration: RedisConfiguration
    private let context: SessionContext
    private let eventLoops: any EventLoopGroup
    private let onRunning: @Sendable (any Channel) -> Void
    private let logger: Logger

    package init(
        configuration: RedisConfiguration, service: any SortedSetService, authenticate: @escaping Authenticate,
        eventLoops: any EventLoopGroup, onRunning: @escaping @Sendable (any Channel) -> Void = { _ in }, logger: Logger
    ) {
        self.configuration = configuration
        self.eventLoops = eventLoops
        self.onRunning = onRunning
        self.logger = logger
        context = SessionContext(service: service, authenticate: authenticate, configuration: configuration)
    }

    package func run() async throws {
        let server = try await ServerBootstrap(group: eventLoops)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 1 << 14, maximum: 1 << 17)
            )
            .bind(host: configuration.host, port: configuration.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        onRunning(server.channel)
        try await server.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in clients.cancelOnGracefulShutdown() {
                    group.addTask { await serve(client) }
                }
            }
        }
    }

    private func serve(_ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        let isWelcome = context.clients.enter(atMost: configuration.connectionCountMax)
        defer { context.clients.leave() }
        do {
            try await channel.executeThenClose { inbound, outbound in
                guard isWelcome else {
                    return try await outbound.write(ByteBuffer(string: "-ERR max number of clients reached\r\n"))
                }
                var connection = ClientConnection(context: context)
                for try await bytes in inbound.cancelOnGracefulShutdown() {
                    guard try await connection.take(bytes, replying: { try await outbound.write($0) }) else { return }
                }
            }
        } catch {
            // Clients come and go as they like.
            logger.debug("a client's connection ended: \(error)")
        }
    }
}

/// How many clients there are.
final class ClientCount: Sendable {
    private let count = Atomic(0)
    private let lastID = Atomic<Int64>(0)

    /// Counts one more. False if that is too many.
    func enter(atMost limit: Int) -> Bool { count.add(1, ordering: .relaxed).newValue <= limit }
    func leave() { count.subtract(1, ordering: .relaxed) }
    func nextID() -> Int64 { lastID.add(1, ordering: .relaxed).newValue }
    var value: Int { count.load(ordering: .relaxed) }
}

/// What all sessions share.
struct SessionContext: Sendable {
    let service: any SortedSetService
    let authenticate: RedisServer.Authenticate
    let configuration: RedisConfiguration
    let clients = ClientCount()
}
