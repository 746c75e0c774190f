package import Logging
package import NIOCore
internal import NIOExtras
internal import NIOPosix
internal import NIOSSL
package import NodeRuntime
internal import ServiceLifecycle
internal import Synchronization

/// Takes calls of the other nodes, as a service ready to run.
package struct PeerServer: Service {
    private let shared: ServedCalls
    private let eventLoops: any EventLoopGroup
    private let onRunning: @Sendable (any Channel) -> Void

    /// - Parameter handlers: asked in this order for each call, until one knows the operation
    package init(
        configuration: NodeLinkConfiguration, handlers: [any PeerHandler], eventLoops: any EventLoopGroup,
        onRunning: @escaping @Sendable (any Channel) -> Void = { _ in }, logger: Logger
    ) {
        shared = ServedCalls(configuration, handlers, logger)
        self.eventLoops = eventLoops
        self.onRunning = onRunning
    }

    package func run() async throws {
        let shared = shared
        guard shared.configuration.security.admits(host: shared.configuration.host) else {
            throw LinkError(
                "\(shared.configuration.host) is not on this machine: nodes need certificates to talk there")
        }
        let quiescing = ServerQuiescingHelper(group: eventLoops)
        let server = try await ServerBootstrap(group: eventLoops)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 20, high: 8 << 20))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .mutualTLS(let server, _) = shared.configuration.security {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: server()))
                    }
                    try channel.pipeline.syncOperations.addHandler(PeerConnection(shared, on: channel.eventLoop))
                }
            }
            .bind(host: shared.configuration.host, port: shared.configuration.port).get()
        onRunning(server)
        await withDiscardingTaskGroup { group in
            group.addTask { await shared.background.runAll() }
            await serve(until: server, quiescing)
            shared.background.finish()
        }
    }

    /// Returns when no connection is left.
    private func serve(until server: any Channel, _ quiescing: ServerQuiescingHelper) async {
        let allClosed = server.eventLoop.makePromise(of: Void.self)
        await withTaskCancellationOrGracefulShutdownHandler {
            try? await allClosed.futureResult.get()
        } onCancelOrGracefulShutdown: {
            quiescing.initiateShutdown(promise: allClosed)
        }
    }
}

/// What all connections of other nodes share.
final class ServedCalls: Sendable {
    let configuration: NodeLinkConfiguration
    let handlers: [any PeerHandler]
    let logger: Logger
    let background = BackgroundTasks()
    private let connectionCount = Atomic(0)

    init(_ configuration: NodeLinkConfiguration, _ handlers: [any PeerHandler], _ logger: Logger) {
        self.configuration = configuration
        self.handlers = handlers
        self.logger = logger
    }

    /// False if there is one too many.
    func enter() -> Bool {
        connectionCount.add(1, ordering: .relaxed).newValue <= configuration.connectionCountMax
    }

    func leave() { connectionCount.subtract(1, ordering: .relaxed) }
}

/// Why nodes can't talk, in words for whoever set them up.
package struct LinkError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
