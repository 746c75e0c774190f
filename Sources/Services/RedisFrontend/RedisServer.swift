package import Logging
package import NIOCore
internal import NIOExtras
internal import NIOPosix
internal import NIOSSL
package import NodeRuntime
internal import RESP
internal import ServiceLifecycle
internal import Synchronization
package import Tenancy

/// Speaks the Redis protocol to clients, as a service ready to run.
package struct RedisServer: Service {
    private let configuration: RedisConfiguration
    private let context: SessionContext
    private let eventLoops: any EventLoopGroup
    private let onRunning: @Sendable (any Channel) -> Void
    package init(
        configuration: RedisConfiguration, service: any SortedSetService, gatekeeper: Gatekeeper,
        eventLoops: any EventLoopGroup, onRunning: @escaping @Sendable (any Channel) -> Void = { _ in }, logger: Logger
    ) {
        self.configuration = configuration
        self.eventLoops = eventLoops
        self.onRunning = onRunning
        context = SessionContext(
            service: service, gatekeeper: gatekeeper, configuration: configuration,
            logger: logger)
    }

    package func run() async throws {
        let quiescing = ServerQuiescingHelper(group: eventLoops)
        let context = context
        let server = try await ServerBootstrap(group: eventLoops)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 1 << 14, maximum: 1 << 17)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Within its patience for the key, a client has to come to an end with the handshake, too.
                    if let certificate = context.configuration.certificate {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate()))
                    }
                    try channel.pipeline.syncOperations.addHandler(RedisConnection(context, on: channel.eventLoop))
                }
            }
            .bind(host: configuration.host, port: configuration.port).get()
        onRunning(server)
        await withDiscardingTaskGroup { group in
            group.addTask { await context.background.runAll() }
            await serve(until: server, quiescing)
            context.background.finish()
        }
    }

    /// Returns when no client is left.
    private func serve(until server: any Channel, _ quiescing: ServerQuiescingHelper) async {
        let allClosed = server.eventLoop.makePromise(of: Void.self)
        await withTaskCancellationOrGracefulShutdownHandler {
            try? await allClosed.futureResult.get()
        } onCancelOrGracefulShutdown: {
            quiescing.initiateShutdown(promise: allClosed)
        }
    }
}

/// How many clients there are, and what they have done since the server started.
final class ClientCount: Sendable {
    private let count = Atomic(0)
    private let lastID = Atomic<Int64>(0)
    private let entered = Atomic<Int64>(0)
    private let commands = Atomic<Int64>(0)
    let start = NIODeadline.now()

    /// Counts one more. False if that is too many.
    func enter(atMost limit: Int) -> Bool {
        entered.add(1, ordering: .relaxed)
        return count.add(1, ordering: .relaxed).newValue <= limit
    }

    func noteCommands(_ count: Int) { commands.add(Int64(count), ordering: .relaxed) }
    var enteredCount: Int64 { entered.load(ordering: .relaxed) }
    var commandCount: Int64 { commands.load(ordering: .relaxed) }
    func leave() { count.subtract(1, ordering: .relaxed) }
    func nextID() -> Int64 { lastID.add(1, ordering: .relaxed).newValue }
    var value: Int { count.load(ordering: .relaxed) }
}

/// What all sessions share.
struct SessionContext: Sendable {
    let service: any SortedSetService
    let gatekeeper: Gatekeeper
    let configuration: RedisConfiguration
    let logger: Logger
    let keyCaches: PerEventLoop<KeyCache>
    let outboxes = PerEventLoop { Outbox($0) }
    let clients = ClientCount()
    let holdingTimes: HoldingTimes
    /// For the commands that need a task.
    let background = BackgroundTasks()
    /// Nil where there are no other nodes.
    let forwarder: CommandForwarder?

    init(
        service: any SortedSetService, gatekeeper: Gatekeeper,
        configuration: RedisConfiguration, logger: Logger
    ) {
        self.service = service
        self.gatekeeper = gatekeeper
        self.configuration = configuration
        self.logger = logger
        forwarder = CommandForwarder(service, configuration, background)
        holdingTimes = HoldingTimes(configuration.holdingBack)
        keyCaches = PerEventLoop { _ in KeyCache(service: service) }
    }
}
