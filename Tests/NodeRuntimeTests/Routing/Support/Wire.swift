import NIOCore
import NIOPosix
import Synchronization

/// A port of its own whose connections lead on to another, until it is cut: then those that there are end at once, and new ones
/// with them.
final class Wire: Sendable {
    private struct State {
        var isCut = false
        var listener: (any Channel)?
        var connections: [any Channel] = []
        var acceptedCount = 0
    }

    private let state = Mutex(State())

    func open(to port: Int) async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let isCut = self.state.withLock { state in
                    state.connections.append(channel)
                    state.acceptedCount += 1
                    return state.isCut
                }
                if isCut { return channel.close() }
                return ClientBootstrap(group: channel.eventLoop)
                    .channelInitializer { other in
                        self.state.withLock { $0.connections.append(other) }
                        return other.eventLoop.makeCompletedFuture {
                            try other.pipeline.syncOperations.addHandler(Glue(to: channel))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { other in
                        try channel.pipeline.syncOperations.addHandler(Glue(to: other))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        state.withLock { $0.listener = listener }
        return listener.localAddress!.port!
    }

    func cut() {
        let connections = state.withLock { state in
            state.isCut = true
            defer { state.connections = [] }
            return state.connections
        }
        for connection in connections { connection.close(promise: nil) }
    }

    func mend() { state.withLock { $0.isCut = false } }

    /// How many connections were made, those included that ended at once.
    var acceptedCount: Int { state.withLock { $0.acceptedCount } }

    var port: Int { state.withLock { $0.listener }!.localAddress!.port! }

    func close() async throws {
        cut()
        try await state.withLock { $0.listener }?.close()
    }
}

private final class Glue: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }
    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
