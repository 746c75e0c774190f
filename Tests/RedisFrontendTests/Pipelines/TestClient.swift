import AccessSupport
import ControlPlane
import Logging
import NIOCore
import NIOEmbedded
import NodeRuntime
import Testing

@testable import RedisFrontend

/// A client on a channel without a network, whose time the test moves.
final class TestClient: Sendable {
    let channel: NIOAsyncTestingChannel
    private let wire: Wire

    private init(channel: NIOAsyncTestingChannel, wire: Wire) {
        self.channel = channel
        self.wire = wire
    }

    /// Opens project `p` for everything.
    static let key = AccessPlace.key(1).text

    /// Connects a client, lets `body` use it and closes it.
    static func connect(
        to shards: HandShards, _ configuration: RedisConfiguration = RedisConfiguration(), isAuthenticated: Bool = true,
        through access: AccessPlace = AccessPlace(), _ body: (TestClient) async throws -> Void
    ) async throws {
        if try await access.store.project(ProjectID("p")!) == nil {
            try await access.addProject("p")
            try await access.addKey(1, of: "p")
        }
        let context = SessionContext(
            service: shards, gatekeeper: access.gatekeeper, configuration: configuration,
            logger: Logger(label: "test"))
        let loop = NIOAsyncTestingEventLoop()
        let wire = Wire()
        let channel = try await NIOAsyncTestingChannel(loop: loop) { channel in
            try channel.pipeline.syncOperations.addHandlers(wire, RedisConnection(context, on: channel.eventLoop))
        }
        let client = TestClient(channel: channel, wire: wire)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await context.background.runAll() }
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
            if isAuthenticated {
                try await client.send("AUTH \(key)")
                #expect(try await client.reply() == "+OK")
            }
            let result: Result<Void, any Error>
            do { result = .success(try await body(client)) } catch { result = .failure(error) }
            _ = try? await channel.finish(acceptAlreadyClosed: true)
            context.background.finish()
            try await group.waitForAll()
            await loop.shutdownGracefully()
            try result.get()
        }
    }

    /// Sends commands in one piece, each given as on a command line.
    func send(_ lines: String...) async throws { try await send(lines) }

    func send(_ lines: [String]) async throws {
        try await send(bytes: lines.map(multibulk).joined())
    }

    func send(bytes: String) async throws { try await send(ByteBuffer(string: bytes)) }

    func send(_ bytes: ByteBuffer) async throws { _ = try await channel.writeInbound(bytes) }

    /// What has been sent since it was last asked for, on one line; waits until there are so many lines of the protocol.
    func reply(lines count: Int = 1) async throws -> String {
        var text = ""
        while text.utf8.count(where: { $0 == 0x0A }) < count {
            let more: ByteBuffer = try await channel.waitForOutboundWrite()
            text += String(buffer: more) + (try await received())
        }
        return Self.text(text)
    }

    /// All bytes that have been sent since it was last asked for.
    func received() async throws -> String {
        // What is ready together is sent together, at the end of the loop's turn.
        await channel.testingEventLoop.run()
        var text = ""
        while let more = try await channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: more) }
        return text
    }

    /// The same on one line, without waiting.
    func replies() async throws -> String { Self.text(try await received()) }

    private static func text(_ bytes: String) -> String { bytes.split(separator: "\r\n").joined(separator: " ") }

    /// Does something where the connection is.
    @discardableResult
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
        try await channel.testingEventLoop.executeInContext(body)
    }

    /// Lets the socket's buffer be full, or have room again.
    func setWritable(_ isWritable: Bool) async throws {
        let channel = channel
        try await onLoop {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
        }
    }

    func advance(bySeconds seconds: Int64) async { await channel.testingEventLoop.advanceTime(by: .seconds(seconds)) }

    var isOpen: Bool { channel.isActive }

    /// How often the channel was asked to read, after it is asked once more.
    func readCountAfterAsking() async throws -> Int {
        let (channel, wire) = (channel, wire)
        return try await onLoop {
            channel.pipeline.read()
            return wire.readCount
        }
    }

    /// From now on the kernel takes no more of what is sent.
    func jam() async throws {
        let wire = wire
        try await onLoop { wire.isJammed = true }
    }
}

/// A command as clients send it, from one written as on a command line.
func multibulk(_ line: String) -> String {
    let words = line.split(separator: " ").map { $0 == "''" ? "" : $0 }
    return words.reduce("*\(words.count)\r\n") { $0 + "$\($1.utf8.count)\r\n\($1)\r\n" }
}

/// Stands between the connection and the channel. Used on its event loop only.
private final class Wire: ChannelOutboundHandler, @unchecked Sendable {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How often more was asked for.
    private(set) var readCount = 0
    var isJammed = false
    private var jammed: [EventLoopPromise<Void>] = []

    func read(context: ChannelHandlerContext) {
        readCount += 1
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isJammed {
            if let promise { jammed.append(promise) }
        } else {
            context.write(data, promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let failed = jammed
        jammed = []
        for write in failed { write.fail(ChannelError.ioOnClosedChannel) }
        context.close(mode: mode, promise: promise)
    }
}
