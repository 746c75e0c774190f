import Crypto
import Foundation
import JetStreamSupport
import Logging
import NIOCore
import Synchronization
import Testing

@testable import NATSClient
import TestSupport

/// One after the other: each starts servers.
@Suite("With a real server", .serialized)
enum RealServer {}

/// Ends after `limit` with what went wrong instead of waiting for ever.
func withConnection<Value: Sendable>(
    _ servers: [ServerAddress], _ change: (inout ClientOptions) -> Void = { _ in },
    notice: @escaping @Sendable (ClientNotice) -> Void = { _ in },
    _ body: (NATSConnection) async throws -> Value
) async throws -> Value {
    var options = ClientOptions(servers: servers)
    change(&options)
    let connection = NATSConnection(
        options, logger: Logger(label: "nats") { _ in SwiftLogNoOpLogHandler() }, notice: notice)
    do {
        let value = try await body(connection)
        await connection.close()
        #expect(await connection.requestCount() == 0)
        return value
    } catch {
        await connection.close()
        throw error
    }
}

/// Waits for a server that takes requests, for half a minute at most.
@discardableResult
func becomesReady(_ connection: NATSConnection) async throws -> (address: ServerAddress, info: ServerInfo) {
    try await eventually("a connection") { await connection.server() }
}

func withServer<Value: Sendable>(
    _ configuration: String, prepare: (String) throws -> Void = { _ in },
    _ body: (NATSServer) async throws -> Value
) async throws -> Value {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try prepare(directory.path)
    let server = try NATSServer(configuration.replacing("$DIR", with: directory.path), in: directory)
    defer { server.kill() }
    return try await body(server)
}

/// Whether the client gets in, within the time that a start may take.
func entry(_ server: NATSServer, _ change: @escaping (inout ClientOptions) -> Void) async throws -> Bool {
    // The server is up once it takes connections at all; from then on one refusal is an answer.
    let refused = Mutex<[String]>([])
    return try await withConnection([server.address], change) { notice in
        if case .connectFailed(_, let reason) = notice { refused.withLock { $0.append(reason) } }
    } _: { connection in
        try await eventually("an answer of the server") {
            if await connection.server() != nil { return true }
            let isRefused = refused.withLock { reasons in
                reasons.contains {
                    !$0.contains("connection(") && !$0.contains("NIOConnectionError") && !$0.contains("refused")
                }
            }
            return isRefused ? false : nil
        }
    }
}

func expectEntry(
    _ server: NATSServer, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: @escaping (inout ClientOptions) -> Void
) async throws {
    let isIn = try await entry(server, change)
    #expect(isIn, sourceLocation: sourceLocation)
}

func expectRefused(
    _ server: NATSServer, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: @escaping (inout ClientOptions) -> Void
) async throws {
    let isIn = try await entry(server, change)
    #expect(!isIn, sourceLocation: sourceLocation)
}

extension RealServer {
    @Suite("Messages")
    struct Messages {
        private static let plain = "listen: \"127.0.0.1:$PORT\"\n"

        @Test("Requests, replies, subscriptions with and without a queue, and nobody there")
        func conversation() async throws {
            try await withServer(Self.plain) { server in
                try await withConnection([server.address]) { client in
                    try await withConnection([server.address]) { service in
                        try await becomesReady(service)
                        try await becomesReady(client)
                        #expect(await client.request(Request(subject: "echo")) == .noResponders)
                        let questions = service.subscribe("echo", queue: "q")
                        // Known to the server once a later question is answered.
                        #expect(await service.request(Request(subject: "nobody")) == .noResponders)
                        async let answering: Void = {
                            for await question in questions {
                                var headers = question.headers
                                headers.add("Seen", "yes")
                                _ = await service.publish(
                                    question.replyTo!, headers: headers, payload: question.payload)
                                if String(buffer: question.payload) == "last" { return }
                            }
                        }()
                        for text in ["one", "", String(repeating: "x", count: 100_000), "last"] {
                            let outcome = await client.request(
                                Request(
                                    subject: "echo", headers: MessageHeaders(["A": "b"]),
                                    payload: ByteBuffer(string: text)))
                            guard case .reply(let reply) = outcome else {
                                Issue.record("\(outcome)")
                                break
                            }
                            #expect(String(buffer: reply.payload) == text)
                            #expect(reply.headers == MessageHeaders(["A": "b", "Seen": "yes"]))
                        }
                        await answering
                    }
                }
            }
        }

        @Test("Two clients made of the same options don't get each other's replies")
        func inboxes() async throws {
            try await withServer(Self.plain) { server in
                let options = ClientOptions(servers: [server.address])
                let logger = Logger(label: "nats") { _ in SwiftLogNoOpLogHandler() }
                let clients = (0..<2).map { _ in NATSConnection(options, logger: logger) }
                for client in clients { try await becomesReady(client) }
                let questions = clients[0].subscribe("echo")
                #expect(await clients[0].request(Request(subject: "nobody")) == .noResponders)
                async let answer = clients[1].request(Request(subject: "echo", payload: ByteBuffer(string: "theirs")))
                // Has the same number as the other's.
                async let silence = clients[0].request(Request(subject: "nobody"))
                for await question in questions {
                    #expect(await silence == .noResponders)
                    _ = await clients[0].publish(question.replyTo!, payload: question.payload)
                    break
                }
                guard case .reply(let reply) = await answer else {
                    Issue.record("\(await answer)")
                    return
                }
                #expect(String(buffer: reply.payload) == "theirs")
                for client in clients { await client.close() }
            }
        }

        @Test("A message larger than the server takes costs no connection")
        func tooLarge() async throws {
            try await withServer(Self.plain + "max_payload: 1000\n") { server in
                try await withConnection([server.address]) { client in
                    try await becomesReady(client)
                    let large = Request(subject: "a", payload: ByteBuffer(repeating: 1, count: 1001))
                    #expect(await client.request(large) == .refused(.tooLarge(byteCount: 1001, max: 1000)))
                    #expect(await client.request(Request(subject: "a")) == .noResponders)
                }
            }
        }

        @Test("What may not be published is refused at once")
        func permissions() async throws {
            let configuration =
                Self.plain
                    + """
                    authorization { users: [ { user: u, password: p,
                        permissions: { publish: ["open.>"], subscribe: ["_INBOX.>"] } } ] }
                    """
            try await withServer(configuration) { server in
                try await withConnection([server.address]) {
                    $0.authentication = .password(user: "u", password: "p")
                } _: { client in
                    try await becomesReady(client)
                    #expect(await client.request(Request(subject: "closed.a")) == .refused(.notPermitted))
                    #expect(await client.request(Request(subject: "open.a")) == .noResponders)
                }
            }
        }
    }

    @Suite("Who gets in")
    struct Entry {
        private static func seed(_ byte: UInt8) -> String { makeSeed([UInt8](repeating: byte, count: 32)) }

        @Test("By user and password")
        func password() async throws {
            let configuration = """
                listen: "127.0.0.1:$PORT"
                authorization { user: u, password: "p w" }
                """
            try await withServer(configuration) { server in
                try await expectEntry(server) { $0.authentication = .password(user: "u", password: "p w") }
                try await expectRefused(server) { $0.authentication = .password(user: "u", password: "p") }
                try await expectRefused(server) { $0.authentication = .none }
            }
        }

        @Test("By token")
        func token() async throws {
            let configuration = """
                listen: "127.0.0.1:$PORT"
                authorization { token: "s3cret" }
                """
            try await withServer(configuration) { server in
                try await expectEntry(server) { $0.authentication = .token("s3cret") }
                try await expectRefused(server) { $0.authentication = .token("other") }
            }
        }

        @Test("By nkey")
        func nkey() async throws {
            let (mine, other) = (try NKey(seed: Self.seed(1)), try NKey(seed: Self.seed(2)))
            let configuration = """
                listen: "127.0.0.1:$PORT"
                authorization { users: [ { nkey: \(mine.publicKey) } ] }
                """
            try await withServer(configuration) { server in
                try await expectEntry(server) { $0.authentication = .nkey(mine) }
                try await expectRefused(server) { $0.authentication = .nkey(other) }
            }
        }

        @Test("By creds file: a JWT that an account signed, and the user's own key")
        func credentials() async throws {
            let operatorKey = SigningKey(prefix: 14, byte: 1)
            let account = SigningKey(prefix: 0, byte: 2)
            let user = SigningKey(prefix: 20, byte: 3)
            let accountToken = operatorKey.token(
                subject: account,
                claims:
                    #"{"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1},"type":"account","version":2}"#
            )
            let userToken = account.token(
                subject: user,
                claims: #"{"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user","version":2}"#)
            let operatorToken = operatorKey.token(
                subject: operatorKey, claims: #"{"type":"operator","version":2}"#)
            let configuration = """
                listen: "127.0.0.1:$PORT"
                operator: \(operatorToken)
                resolver: MEMORY
                resolver_preload: { \(account.publicKey): \(accountToken) }
                """
            let file = """
                -----BEGIN NATS USER JWT-----
                \(userToken)
                ------END NATS USER JWT------

                -----BEGIN USER NKEY SEED-----
                \(makeSeed([UInt8](repeating: 3, count: 32)))
                ------END USER NKEY SEED------

                """
            let good = try Authentication(credentials: file)
            let wrong = try Authentication(credentials: file.replacing(Self.seed(3), with: Self.seed(4)))
            try await withServer(configuration) { server in
                try await expectEntry(server) { $0.authentication = good }
                try await expectRefused(server) { $0.authentication = wrong }
            }
        }

        @Test("With TLS: the right authority, the right name, and our own certificate where one is asked for")
        func encryption() async throws {
            let configuration = """
                listen: "127.0.0.1:$PORT"
                tls { cert_file: "$DIR/server.crt", key_file: "$DIR/server.key", ca_file: "$DIR/ca.crt", verify: true }
                """
            let directory = Mutex("")
            try await withServer(configuration) { path in
                directory.withLock { $0 = path }
                try makeCertificates(in: path)
            } _: { server in
                let path = directory.withLock { $0 }
                let mutual = TLSSettings(
                    authorities: path + "/ca.crt", certificate: path + "/client.crt", key: path + "/client.key",
                    serverName: "localhost")
                try await expectEntry(server) { $0.tls = mutual }
                var stranger = mutual
                stranger.authorities = path + "/stranger.crt"
                try await expectRefused(server) { $0.tls = stranger }
                var misnamed = mutual
                misnamed.serverName = "elsewhere"
                try await expectRefused(server) { $0.tls = misnamed }
                // What is connected to is 127.0.0.1, which stands in no certificate.
                misnamed.serverName = nil
                try await expectRefused(server) { $0.tls = misnamed }
                try await expectRefused(server) {
                    $0.tls = TLSSettings(authorities: path + "/ca.crt", serverName: "localhost")
                }
                try await expectRefused(server) { _ in }
            }
        }

        @Test("A server without TLS is refused by a client that wants it")
        func noDowngrade() async throws {
            try await withServer("listen: \"127.0.0.1:$PORT\"\n") { server in
                try await expectRefused(server) { $0.tls = TLSSettings() }
            }
        }
    }
}

/// A key that signs JWTs, as `nsc` would have.
struct SigningKey {
    let key: Curve25519.Signing.PrivateKey
    let publicKey: String

    init(prefix: UInt8, byte: UInt8) {
        key = try! Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: byte, count: 32))
        let bytes = [prefix << 3] + key.publicKey.rawRepresentation
        let checksum = CRC16.checksum(bytes[...])
        publicKey = Base32.encode(bytes + [UInt8(truncatingIfNeeded: checksum), UInt8(checksum >> 8)])
    }

    func token(subject: SigningKey, claims: String) -> String {
        let header = Self.base64(Data(#"{"typ":"JWT","alg":"ed25519-nkey"}"#.utf8))
        let body =
            #"{"jti":"X","iat":1700000000,"iss":"\#(publicKey)","name":"t","sub":"\#(subject.publicKey)","nats":\#(claims)}"#
        let text = header + "." + Self.base64(Data(body.utf8))
        return text + "." + Self.base64(Data(try! key.signature(for: Data(text.utf8))))
    }

    private static func base64(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
