import ControlPlane
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOTLS
import Testing

@testable import HTTPGateway

/// Clients that would hold a connection for longer than they use it, in time that the tests advance.
@Suite struct SlowClientTests {
    /// A connection of which the test is the client and the gateway.
    private final class Connection {
        let loop = EmbeddedEventLoop()
        let channel: EmbeddedChannel

        init(rate: Int = 500) throws {
            var limits = SlowClientGuard.Limits()
            limits.bodyBytesPerSecondMin = rate
            channel = EmbeddedChannel(handler: SlowClientGuard(limits: limits), loop: loop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func receive(_ part: HTTPRequestPart) throws { try channel.writeInbound(part) }
        func head() throws {
            try receive(.head(HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/")))
        }
        func body(_ count: Int) throws { try receive(.body(ByteBuffer(repeating: 0, count: count))) }
        func answer() throws {
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
            try channel.writeOutbound(HTTPResponsePart.end(nil))
        }
        /// The gateway takes more.
        func read() { channel.read() }

        var isTooSlow: Bool {
            do {
                try channel.throwIfErrorCaught()
                return false
            } catch {
                return (error as? Problem)?.code == .slowBody
            }
        }

        var answersSent: Int {
            get throws {
                var count = 0
                while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
                    if case .end = part { count += 1 }
                }
                return count
            }
        }
    }

    @Test("A body that trickles in ends the request", arguments: [0, 1, 499])
    func trickle(rate: Int) throws {
        let connection = try Connection()
        try connection.head()
        connection.read()
        for _ in 0..<10 {
            #expect(!connection.isTooSlow)
            connection.loop.advanceTime(by: .milliseconds(999))
            if rate > 0 { try connection.body(rate) }
            connection.read()
        }
        connection.loop.advanceTime(by: .milliseconds(10))
        #expect(connection.isTooSlow)
    }

    @Test("A body that is fast enough may take as long as it needs")
    func steady() throws {
        let connection = try Connection()
        try connection.head()
        connection.read()
        for _ in 0..<1000 {
            try connection.body(600)
            connection.read()
            connection.loop.advanceTime(by: .seconds(1))
            #expect(!connection.isTooSlow)
        }
        // And is watched to its end.
        connection.loop.advanceTime(by: .seconds(20))
        #expect(connection.isTooSlow)
    }

    @Test("A client is not slow while the gateway is")
    func backpressure() throws {
        let connection = try Connection()
        try connection.head()
        for _ in 0..<10 {
            connection.read()
            connection.loop.advanceTime(by: .seconds(1))
            try connection.body(600)
            connection.loop.advanceTime(by: .seconds(100))
            #expect(!connection.isTooSlow)
        }
    }

    @Test("A body that is there needs no watching, nor does one where nothing is asked of it")
    func unwatched() throws {
        let whole = try Connection()
        try whole.head()
        try whole.body(1)
        try whole.receive(.end(nil))
        whole.read()
        whole.loop.advanceTime(by: .hours(1))
        #expect(!whole.isTooSlow)
        let free = try Connection(rate: 0)
        try free.head()
        free.read()
        free.loop.advanceTime(by: .hours(1))
        #expect(!free.isTooSlow)
    }

    @Test("An answer that is not read ends the connection after a while, one that is read slowly does not")
    func stall() throws {
        let connection = try Connection()
        func turn(_ isWritable: Bool) {
            connection.channel.isWritable = isWritable
            connection.channel.pipeline.fireChannelWritabilityChanged()
        }
        for _ in 0..<5 {
            turn(false)
            connection.loop.advanceTime(by: .seconds(59))
            turn(true)
            connection.loop.advanceTime(by: .seconds(100))
        }
        #expect(connection.channel.isActive)
        turn(false)
        connection.loop.advanceTime(by: .seconds(60))
        #expect(!connection.channel.isActive)
    }

    @Test("Of a body whose request is answered, only so much more is taken")
    func leftovers() throws {
        let connection = try Connection()
        try connection.head()
        try connection.body(10 << 20)
        try connection.answer()
        try connection.body(1 << 20)
        #expect(connection.channel.isActive)
        try? connection.body(1)
        #expect(!connection.channel.isActive)
    }

    @Test("Behind what failed there is one answer, and soon the end")
    func farewell() throws {
        let connection = try Connection()
        connection.channel.pipeline.fireErrorCaught(HTTPParserError.invalidHeaderToken)
        try connection.answer()
        #expect(try connection.answersSent == 1)
        #expect(connection.channel.isActive)
        connection.loop.advanceTime(by: .seconds(2))
        #expect(!connection.channel.isActive)
        let answered = try Connection()
        try answered.head()
        try answered.answer()
        answered.channel.pipeline.fireErrorCaught(HTTPParserError.invalidChunkSize)
        try answered.answer()
        #expect(try answered.answersSent == 1)
        answered.loop.advanceTime(by: .seconds(2))
        #expect(!answered.channel.isActive)
    }

    @Test("A handshake has to come to an end in time, and what comes behind it has its own limits")
    func handshake() throws {
        for isDone in [false, true] {
            let loop = EmbeddedEventLoop()
            let channel = EmbeddedChannel(handler: HandshakeTimer(limit: .seconds(10)), loop: loop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            loop.advanceTime(by: .seconds(9))
            if isDone {
                channel.pipeline.fireUserInboundEventTriggered(
                    TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
            }
            loop.advanceTime(by: .seconds(100))
            #expect(channel.isActive == isDone)
        }
    }

    @Test("Over a socket, who sends a body too slowly is told so")
    func live() async throws {
        var gateway = Gateway()
        gateway.configuration.bodyWindowSeconds = 1
        try await gateway.run(.live) { client in
            let head =
                "POST /v1/scores/update HTTP/1.1\r\nHost: x\r\nX-Api-Key: \(Gateway.key.text)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
            let text = try await rawTrickle(client.client.port!, head, byte: " ", every: .milliseconds(100))
            #expect(text.hasPrefix("HTTP/1.1 408"), "\(text)")
            #expect(text.contains(#""code":"slow_body""#))
        }
    }

    @Test("Over a socket, a header that comes byte by byte is not waited for longer than a silent client")
    func slowHeader() async throws {
        var gateway = Gateway()
        // Longer than a busy machine needs to answer at all.
        gateway.configuration.idleTimeoutSeconds = 5
        try await gateway.run(.live) { client in
            let start = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "
            let text = try await rawTrickle(client.client.port!, start, byte: "a", every: .milliseconds(50))
            #expect(text.isEmpty, "\(text)")
            // The same behind a request that was answered.
            let second = try await rawTrickle(
                client.client.port!, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + start, byte: "a",
                every: .milliseconds(50))
            #expect(second.ranges(of: "HTTP/1.1 200 OK").count == 1)
        }
    }
}
