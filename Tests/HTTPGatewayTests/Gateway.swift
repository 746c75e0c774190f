import AccessSupport
import ControlPlane
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

@testable import HTTPGateway

/// A gateway over a `FakeService`, and a client of it.
struct Gateway {
    var service = FakeService()
    var configuration = {
        var configuration = HTTPConfiguration()
        // Nobody sleeps here.
        configuration.holdingBack = .zero
        return configuration
    }()
    var access = AccessPlace()
    /// Opens project `default` for everything.
    static let key = AccessPlace.key(1)
    static let quiet = Logger(label: "gateway") { _ in SwiftLogNoOpLogHandler() }

    /// With project `default` in it, and its key.
    func opened() async throws -> AccessPlace {
        if try await access.store.project(ProjectID("default")!) == nil {
            try await access.addProject("default")
            try await access.addKey(1, of: "default")
        }
        return access
    }

    /// Runs the story over the router, without sockets.
    func run<Value>(
        _ setup: TestingSetup = .router, _ story: @Sendable (Client) async throws -> Value
    ) async throws -> Value {
        _ = try await opened()
        let server = makeHTTPServer(
            configuration: configuration, service: service, gatekeeper: access.gatekeeper, logger: Self.quiet)
        return try await server.test(setup) { try await story(Client(client: $0)) }
    }

    struct Client {
        let client: any TestClientProtocol

        /// A key and the usual content type are sent unless the headers say otherwise.
        func send(
            _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil, headers: HTTPFields = [:],
            addsKey: Bool = true
        ) async throws -> Answer {
            var fields = headers
            if addsKey, fields[.apiKey] == nil, fields[.authorization] == nil { fields[.apiKey] = Gateway.key.text }
            if fields[.requestID] == nil { fields[.requestID] = "test" }
            if body != nil, fields[.contentType] == nil { fields[.contentType] = "application/json" }
            return try await client.execute(
                uri: path, method: method, headers: fields, body: body.map { ByteBuffer(bytes: $0) }
            ) {
                Answer(status: $0.status.code, headers: $0.headers, body: String(buffer: $0.body))
            }
        }

        func get(_ path: String, headers: HTTPFields = [:]) async throws -> Answer {
            try await send(.get, path, headers: headers)
        }

        func post(_ path: String, _ body: String, headers: HTTPFields = [:]) async throws -> Answer {
            try await send(.post, path, Array(body.utf8), headers: headers)
        }

        func upload(_ lines: String, path: String = "/v1/scores/bulk", headers: HTTPFields = [:]) async throws -> Answer
        {
            var headers = headers
            headers[.contentType] = "application/x-ndjson"
            return try await post(path, lines, headers: headers)
        }

        /// A leaderboard named `id` with one integer column that adds up.
        func createSum(_ id: String) async throws {
            let answer = try await post(
                "/v1/leaderboards",
                #"{"id":"\#(id)","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#)
            #expect(answer.status == 201)
        }

        func submit(_ board: String, _ user: String, _ score: String) async throws {
            let answer = try await post(
                "/v1/scores/update", #"{"leaderboard":"\#(board)","user":"\#(user)","score":\#(score)}"#)
            #expect(answer.status == 200)
        }
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var body: String

        /// The value of a member that is a string.
        func text(_ name: String) -> String? {
            guard let start = body.range(of: #""\#(name)":""#)?.upperBound else { return nil }
            return String(body[start...].prefix { $0 != "\"" })
        }
    }
}

extension String {
    fileprivate func range(of other: String) -> Range<String.Index>? {
        ranges(of: other).first
    }
}
