import AccessSupport
import ControlPlane
import HTTPTypes
import HummingbirdTesting
import Leaderboards
import NodeRuntime
import Sharding
import Testing

@testable import HTTPGateway

@Suite struct LeaderboardTests {
    @Test("A leaderboard without columns has one decimal score of which the best stands")
    func defaults() async throws {
        try await Gateway().run { client in
            let answer = try await client.post("/v1/leaderboards", #"{"id":"a"}"#)
            #expect(
                answer.body.contains(
                    #""columns":[{"name":"score","type":"decimal","order":"desc","operator":"best","min":null,"max":null}],"tie":"first","windows":[],"dimensions":[]"#
                ))
        }
    }

    @Test("A definition reads back as it was written, windows of every kind included")
    func roundTrip() throws {
        let text = #"""
            {"id":"a","columns":[{"name":"x","type":"integer","order":"asc","operator":"min","min":-5,"max":9007199254740993},
             {"name":"y","min":0.5}],"tie":"shared_dense","dimensions":["country","city"],"windows":[
             {"name":"w","every":"week","count":2,"starting":"2026-01-05","at":"04:30","weekday":"sunday","timezone":"Europe/Oslo","grace":3600},
             {"name":"m","every":"month","day":15},{"name":"c","cron":"0 4 * * 1"},
             {"name":"f","from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z"}]}
            """#
        let document = try Array(text.utf8).withUnsafeBytes { bytes throws(BadInput) in try JSONValue(bytes) }
        var reader = DefinitionReader()
        let (id, definition) = reader.read(document)
        #expect(reader.problems == [])
        #expect(id == "a")
        #expect(definition.windows.count == 4)
        #expect(definition.columns[0].maximum == .integer(9_007_199_254_740_993))
        var again = DefinitionReader()
        #expect(again.read(definition.json).definition == definition)
        #expect(again.problems == [])
    }

    @Test("A merge patch changes what it names and nothing else")
    func patch() async throws {
        try await Gateway().run { client in
            _ = try await client.post(
                "/v1/leaderboards",
                #"{"id":"a","tie":"last","windows":[{"name":"d","every":"day"}],"dimensions":["x"]}"#)
            let changed = try await client.send(
                .patch, "/v1/leaderboards/a", Array(#"{"dimensions":["x","y"],"tie":null}"#.utf8),
                headers: [.contentType: "application/merge-patch+json", .ifMatch: "\"1\""])
            #expect(changed.status == 200)
            #expect(changed.headers[.eTag] == "\"2\"")
            #expect(changed.body.contains(#""tie":"first","windows":[{"name":"d","every":"day""#))
            #expect(changed.body.contains(#""dimensions":["x","y"],"version":2"#))
        }
    }

    @Test("A change to another version than expected is refused, and so is what can't be changed")
    func conflicts() async throws {
        try await Gateway().run { client in
            try await client.createSum("a")
            let patch = { (body: String, headers: HTTPFields) in
                try await client.send(.patch, "/v1/leaderboards/a", Array(body.utf8), headers: headers)
            }
            let stale = try await patch("{}", [.ifMatch: "\"7\""])
            #expect(stale.status == 412)
            #expect(stale.text("code") == "precondition_failed")
            let id = try await patch(#"{"id":"b"}"#, [:])
            #expect(id.text("code") == "immutable_field")
            let columns = try await patch(#"{"columns":[{"name":"other"}]}"#, [:])
            #expect(columns.status == 422)
            #expect(columns.text("field") == "columns")
            let wrong = try await patch(#"{"tie":"none"}"#, [:])
            #expect(wrong.text("code") == "invalid_definition")
            let unknown = try await patch(#"{"colums":[]}"#, [:])
            #expect(unknown.body.contains(#""field":"colums","code":"unknown_field""#))
            let same = try await client.post("/v1/leaderboards", #"{"id":"a"}"#)
            #expect(same.status == 409)
            #expect(same.text("code") == "leaderboard_exists")
        }
    }

    @Test("What is deleted is gone")
    func deletion() async throws {
        try await Gateway().run { client in
            try await client.createSum("a")
            try await client.submit("a", "ann/lee", "1")
            #expect(try await client.send(.delete, "/v1/leaderboards/a/entries/ann%2Flee").status == 204)
            let again = try await client.send(.delete, "/v1/leaderboards/a/entries/ann%2Flee")
            #expect(again.text("code") == "unknown_user")
            #expect(try await client.send(.delete, "/v1/leaderboards/a").status == 204)
            #expect(try await client.get("/v1/leaderboards/a").text("code") == "unknown_leaderboard")
        }
    }

    @Test("Keys open their own project only")
    func projects() async throws {
        let gateway = Gateway()
        try await gateway.access.addProject("other")
        let other: HTTPFields = [.apiKey: try await gateway.access.addKey(2, of: "other").text]
        try await gateway.run { client in
            try await client.createSum("a")
            let list = try await client.get("/v1/leaderboards", headers: other)
            #expect(list.body == #"{"leaderboards":[],"next":null}"#)
            let top = try await client.get("/v1/leaderboards/a/top", headers: other)
            #expect(top.text("code") == "unknown_leaderboard")
        }
    }

    @Test(
        "What the node refuses or can't do has a status and, where waiting helps, a time",
        arguments: [
            (ServiceError.overloaded(retryAfter: 3), 503, "overloaded", "3"),
            (.unavailable("It starts.", retryAfter: 2), 503, "unavailable", "2"),
            (.outcomeUnknown("The log failed."), 503, "outcome_unknown", "1"), (.noSpace, 507, "no_space", "2"),
            (.corrupted("Shard 7 is damaged."), 500, "shard_corrupted", nil),
            (.refused(.limitReached(what: "entries", limit: 5)), 409, "limit_reached", nil),
            (.refused(.planLimit(what: "entries", limit: 5)), 403, "plan_limit", nil),
            (.refused(.requestKeyReused), 422, "idempotency_key_reused", nil),
            (.refused(.seasonClosed(window: "w", season: "s")), 422, "season_closed", nil),
            (.refused(.timeInFuture), 422, "time_in_future", nil),
            (.refused(.score(.bounds(column: 0))), 422, "score_out_of_bounds", nil),
        ] as [(ServiceError, Int, String, String?)])
    func failures(error: ServiceError, status: Int, code: String, retryAfter: String?) async throws {
        let gateway = Gateway()
        gateway.service.fail(error)
        try await gateway.run { client in
            let answer = try await client.post("/v1/scores/update", #"{"leaderboard":"a","user":"b","score":1}"#)
            #expect(answer.status == status)
            #expect(answer.text("code") == code)
            #expect(answer.headers[.retryAfter] == retryAfter)
        }
    }
}
