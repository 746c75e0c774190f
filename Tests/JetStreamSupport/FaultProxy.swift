import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy that does to a connection what networks do: cuts it, holds it up, loses what comes back.
///
/// It listens on a port of its own and connects each client to the target. What is done to the bytes can be changed at
/// any time, and holds for all connections.
package final class FaultProxy: Sendable {
    /// What happens to the bytes of one direction.
    package enum Treatment: Sendable, Hashable {
        case pass
        /// Kept until `pass`.
        case hold
        /// Gone. The stream misses them, so a connection that lost some is to be cut before it passes again.
        case drop
    }

    package let port: Int
    private let server: any Channel
    fileprivate let state = Mutex(State())

    fileprivate struct State {
        var target: (host: String, port: Int) = ("127.0.0.1", 0)
        var requests = Treatment.pass
        var replies = Treatment.pass
        var accepts = true
        var pairs: [ObjectIdentifier: Pair] = [:]
        var replyByteCount = 0
        var requestByteCount = 0
    }

    package init(to port: Int, host: String = "127.0.0.1") async throws {
        let box = ProxyBox()
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let proxy = box.proxy.withLock({ $0 }), proxy.state.withLock({ $0.accepts }) else {
                        throw SupportError("the proxy takes no connections")
                    }
                    try proxy.accept(channel)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.port = server.localAddress!.port!
        state.withLock { $0.target = (host, port) }
        box.proxy.withLock { $0 = self }
    }

    /// What goes to the target, and what comes back.
    package func treat(requests: Treatment? = nil, replies: Treatment? = nil) {
        let pairs = state.withLock { state in
            if let requests { state.requests = requests }
            if let replies { state.replies = replies }
            return Array(state.pairs.values)
        }
        for pair in pairs { pair.treatmentChanged() }
    }

    /// Ends all connections.
    package func cut() {
        let pairs = state.withLock { state in
            defer { state.pairs = [:] }
            return Array(state.pairs.values)
        }
        for pair in pairs { pair.close() }
    }

    /// Ends all connections, and whether new ones are taken.
    package func accept(_ accepts: Bool) {
        state.withLock { $0.accepts = accepts }
        if !accepts { cut() }
    }

    /// Bytes that came so far, whatever became of them.
    package var byteCounts: (requests: Int, replies: Int) {
        state.withLock { ($0.requestByteCount, $0.replyByteCount) }
    }

    package func close() async {
        accept(false)
        try? await server.close()
    }

    private func accept(_ channel: any Channel) throws {
        let pair = Pair(proxy: self, client: channel)
        state.withLock { $0.pairs[ObjectIdentifier(pair)] = pair }
        try channel.pipeline.syncOperations.addHandler(Side(pair: pair, isClient: true))
        let target = state.withLock { $0.target }
        ClientBootstrap(group: channel.eventLoop)
            .channelInitializer { target in
                target.eventLoop.makeCompletedFuture {
                    try target.pipeline.syncOperations.addHandler(Side(pair: pair, isClient: false))
                }
            }
            .connect(host: target.host, port: target.port)
            .whenComplete { result in
                switch result {
                case .success(let target): pair.connected(target)
                case .failure: pair.close()
                }
            }
    }

    fileprivate func treatment(ofClient isClient: Bool, byteCount: Int) -> Treatment {
        state.withLock { state in
            if isClient { state.requestByteCount += byteCount } else { state.replyByteCount += byteCount }
            return isClient ? state.requests : state.replies
        }
    }

    fileprivate func ended(_ pair: Pair) {
        state.withLock { $0.pairs[ObjectIdentifier(pair)] = nil }
    }
}

private final class ProxyBox: Sendable {
    let proxy = Mutex<FaultProxy?>(nil)
}

/// A client's connection and the one to the target, on one event loop.
///
/// Unchecked: what is mutable is touched on that event loop only.
private final class Pair: @unchecked Sendable {
    private let proxy: FaultProxy
    private let client: any Channel
    private var target: (any Channel)?
    private var held: [(isClient: Bool, bytes: ByteBuffer)] = []
    private var isClosed = false

    init(proxy: FaultProxy, client: any Channel) {
        self.proxy = proxy
        self.client = client
    }

    func connected(_ channel: any Channel) {
        if isClosed { return channel.close(promise: nil) }
        target = channel
        release()
    }

    func received(_ bytes: ByteBuffer, isClient: Bool) {
        let treatment = proxy.treatment(ofClient: isClient, byteCount: bytes.readableBytes)
        switch treatment {
        case .drop: break
        case .pass where held.isEmpty && target != nil: send(bytes, isClient: isClient)
        case .pass, .hold: held.append((isClient, bytes))
        }
    }

    func treatmentChanged() { client.eventLoop.execute { self.release() } }

    private func release() {
        guard target != nil, !isClosed else { return }
        let waiting = held
        held = []
        for (isClient, bytes) in waiting {
            switch proxy.treatment(ofClient: isClient, byteCount: 0) {
            case .pass: send(bytes, isClient: isClient)
            case .hold: held.append((isClient, bytes))
            case .drop: break
            }
        }
    }

    private func send(_ bytes: ByteBuffer, isClient: Bool) {
        (isClient ? target : client)?.writeAndFlush(bytes, promise: nil)
    }

    func close() {
        client.eventLoop.execute {
            guard !self.isClosed else { return }
            self.isClosed = true
            self.client.close(promise: nil)
            self.target?.close(promise: nil)
            self.proxy.ended(self)
        }
    }
}

private final class Side: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let pair: Pair
    private let isClient: Bool

    init(pair: Pair, isClient: Bool) {
        self.pair = pair
        self.isClient = isClient
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pair.received(unwrapInboundIn(data), isClient: isClient)
    }

    func channelInactive(context: ChannelHandlerContext) { pair.close() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { pair.close() }
}
