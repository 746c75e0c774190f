import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import HTTPGateway

/// What browsers ask and are told.
@Suite struct CrossOriginTests {
    private static let game = "https://game.example"
    private static let other = "https://other.example"

    /// The project of the key allows one origin; another project the other.
    private func gateway() -> Gateway {
        var gateway = Gateway()
        gateway.configuration.crossOrigin = CrossOrigin(
            origins: { $0 == "default" ? [Self.game] : [Self.other] },
            isKnownOrigin: { [Self.game, Self.other].contains($0) })
        return gateway
    }

    private func ask(_ client: Gateway.Client, _ path: String, origin: String, method: String = "POST") async throws
        -> Gateway.Answer
    {
        let answer = try await client.client.execute(
            uri: path, method: .options,
            headers: [.origin: origin, .accessControlRequestMethod: method], body: nil
        ) { Gateway.Answer(status: $0.status.code, headers: $0.headers, body: String(buffer: $0.body)) }
        return answer
    }

    @Test("A browser is told before it has a key what it may send")
    func preflight() async throws {
        try await gateway().run { client in
            for origin in [Self.game, Self.other] {
                let answer = try await ask(client, "/v1/scores/update", origin: origin)
                #expect(answer.status == 204)
                #expect(answer.headers[.accessControlAllowOrigin] == origin)
                #expect(answer.headers[.accessControlAllowMethods] == "POST")
                #expect(answer.headers[.accessControlAllowHeaders]?.contains("X-Api-Key") == true)
                #expect(answer.headers[.vary]?.hasPrefix("Origin") == true)
                #expect(answer.headers[.requestID] != nil)
            }
            let unknown = try await ask(client, "/v1/scores/update", origin: "https://evil.example")
            #expect(unknown.status == 204)
            #expect(unknown.headers[.accessControlAllowOrigin] == nil)
            let several = try await ask(client, "/v1/leaderboards/a?x=1", origin: Self.game, method: "PATCH")
            #expect(several.headers[.accessControlAllowMethods] == "GET, PATCH, DELETE")
            #expect(try await ask(client, "/nothing", origin: Self.game).status == 404)
        }
    }

    @Test("An answer may be read by the pages of the project's own origins only")
    func answers() async throws {
        try await gateway().run { client in
            try await client.createSum("a")
            let own = try await client.get("/v1/leaderboards/a", headers: [.origin: Self.game])
            #expect(own.headers[.accessControlAllowOrigin] == Self.game)
            let exposed = own.headers[.accessControlExposeHeaders] ?? ""
            for name in ["ETag", "RateLimit", "Retry-After", "X-Request-Id", "Idempotency-Replayed"] {
                #expect(exposed.split(separator: ", ").contains { $0 == name })
            }
            for headers: HTTPFields in [[.origin: Self.other], [.origin: "null"], [:]] {
                let answer = try await client.get("/v1/leaderboards/a", headers: headers)
                #expect(answer.status == 200)
                #expect(answer.headers[.accessControlAllowOrigin] == nil)
                #expect(answer.headers[values: .vary].contains("Origin"))
            }
        }
    }

    @Test("Errors can be read as well, so that a page learns what is wrong with its key")
    func errors() async throws {
        try await gateway().run { client in
            let missing = try await client.get("/v1/leaderboards/none", headers: [.origin: Self.game])
            #expect(missing.status == 404)
            #expect(missing.headers[.accessControlAllowOrigin] == Self.game)
            let refused = try await client.get(
                "/v1/leaderboards/none", headers: [.origin: Self.other, .apiKey: "lb_live_wrong"])
            #expect(refused.status == 401)
            #expect(refused.headers[.accessControlAllowOrigin] == Self.other)
        }
    }

    @Test("Without a list of origins nothing of all this is said")
    func off() async throws {
        try await Gateway().run { client in
            #expect(try await ask(client, "/v1/scores/update", origin: Self.game).status == 405)
            let answer = try await client.get("/healthz", headers: [.origin: Self.game])
            #expect(answer.headers[.vary] == nil)
        }
    }
}
