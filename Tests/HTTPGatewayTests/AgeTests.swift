import HTTPTypes
import HummingbirdTesting
import NodeRuntime
import Testing

@testable import HTTPGateway

@Suite struct AgeTests {
    @Test("Who says that an answer may be old is told how old it is, rounded up; nobody else is")
    func told() async throws {
        let gateway = Gateway()
        try await gateway.run { client in
            try await client.createSum("a")
            try await client.submit("a", "ann", "1")
            gateway.service.answersAreOld(.milliseconds(12) + .microseconds(1))
            for path in ["top", "rank/ann", "around/ann"] {
                let answer = try await client.get("/v1/leaderboards/a/\(path)?max_age_ms=500&stale_if_error_ms=60000")
                #expect(answer.body.contains(#""age_ms":13"#), "\(answer.body)")
                #expect(answer.headers[.laurelAge] == "13")
                let silent = try await client.get("/v1/leaderboards/a/\(path)")
                #expect(!silent.body.contains("age_ms") && silent.headers[.laurelAge] == nil)
            }
            #expect(gateway.service.lastOptions == ReadOptions())
            _ = try await client.get("/v1/leaderboards/a/top?max_age_ms=500&stale_if_error_ms=60000")
            #expect(
                gateway.service.lastOptions
                    == ReadOptions(ageMax: .milliseconds(500), ageMaxOnError: .milliseconds(60_000)))
        }
    }

    @Test("An age is a number of milliseconds, from one to a day", arguments: ["0", "-1", "2s", "", "86400001"])
    func wrong(_ text: String) async throws {
        try await Gateway().run { client in
            for name in ["max_age_ms", "stale_if_error_ms"] {
                let answer = try await client.get("/v1/leaderboards/a/top?\(name)=\(text)")
                #expect(answer.status == 400)
                #expect(answer.body.contains("invalid_parameter") && answer.body.contains(name))
            }
        }
    }
}
