import AccessSupport
import ControlPlane
import HTTPTypes
import HummingbirdTesting
import NodeRuntime
import Testing

@testable import Admission
@testable import HTTPGateway
@testable import Tenancy

/// What the watch for anomalies learns of requests.
@Suite struct TrafficTests {
    private func take(_ access: AccessPlace) throws -> IntervalCounts {
        try #require(access.directory.keys.first).use.traffic.take()
    }

    @Test("Answers of 4xx and 5xx are errors of the key that was let in, and each is one")
    func errors() async throws {
        let gateway = Gateway()
        try await gateway.run { client in
            try await client.createSum("runs")
            #expect(try await client.get("/v1/leaderboards/runs/top").status == 200)
            #expect(try take(gateway.access).errors == 0)

            #expect(try await client.get("/v1/leaderboards/none/top").status == 404)
            #expect(try await client.post("/v1/scores/update", "{").status == 400)
            gateway.service.fail(.noSpace)
            let score = #"{"leaderboard":"runs","user":"ann","score":1}"#
            #expect(try await client.post("/v1/scores/update", score).status >= 500)
            let counts = try take(gateway.access)
            #expect(counts.requests == 3 && counts.errors == 3)
            #expect(try #require(gateway.access.directory.projects.first).state.traffic.take().errors == 3)

            // Nobody's: there is no such path, and no such key.
            #expect(try await client.get("/v1/none").status == 404)
            #expect(try await client.get("/v1/leaderboards", headers: [.apiKey: "wrong"]).status == 401)
            #expect(try take(gateway.access).errors == 0)
        }
    }

    @Test("What is turned away is one error, and not another one as an answer")
    func refusals() async throws {
        let gateway = Gateway()
        try await gateway.access.addProject("default")
        try await gateway.access.addKey(1, of: "default", .read)
        try await gateway.run { client in
            #expect(try await client.post("/v1/scores/update", "{}").status == 403)
            let counts = try take(gateway.access)
            #expect(counts.requests == 1 && counts.errors == 1)
        }
    }

    @Test("Scores that were entered are sampled, of one request or many, and those refused or sent again are not")
    func scores() async throws {
        let gateway = Gateway()
        try await gateway.run { client in
            try await client.createSum("runs")
            try await client.createSum("laps")
            let one = #"{"leaderboard":"runs","user":"ann","score":1}"#
            for _ in 0..<2 {
                _ = try await client.post(
                    "/v1/scores/update", one, headers: [HTTPField.Name("Idempotency-Key")!: "once"])
            }
            let many = ["runs", "runs", "laps", "none", "runs"].enumerated().map {
                #"{"leaderboard":"\#($1)","user":"bob","score":\#($0 + 2)}"#
            }
            #expect(
                try await client.post(
                    "/v1/scores/update", "{\"updates\":[\(many.joined(separator: ","))]}"
                ).status == 200)
            #expect(try await client.upload(#"{"leaderboard":"laps","user":"cid","score":9}"#).status == 200)
            #expect(
                try await client.post("/v1/scores/update", #"{"leaderboard":"runs","user":"ann","score":[]}"#).status
                    >= 400)
            let samples = gateway.access.gatekeeper.scores.take()
            let kept = samples.map { "\($0.key.project) \($0.key.id) \($0.value.kept.map { Int($0) }.sorted())" }
            #expect(kept.sorted() == ["default laps [4, 9]", "default runs [1, 2, 3, 6]"])
        }
    }

    @Test("The country is what a trusted proxy says, once, and from others nothing")
    func countries() async throws {
        var gateway = Gateway()
        gateway.configuration.countryHeader = HTTPField.Name("CF-IPCountry")!
        let header = HTTPField.Name("CF-IPCountry")!
        for (proxies, expected) in [(["127.0.0.0/8", "::1"], ["NO"]), (["10.0.0.0/8"], [])] {
            gateway.configuration.trustedProxies = TrustedProxies(try proxies.map { try AddressRange($0) })
            let access = gateway.access
            try await gateway.run(.live) { client async throws in
                var twice: HTTPFields = [header: "SE"]
                twice.append(HTTPField(name: header, value: "DK"))
                let all: [HTTPFields] = [[header: "no"], [header: "nonsense"], [:], twice]
                for headers in all {
                    let answer = try await client.get("/v1/leaderboards", headers: headers)
                    #expect(answer.status == 200)
                }
                let countries = try take(access).countries.map(\.description)
                #expect(countries == expected)
            }
        }
    }
}
