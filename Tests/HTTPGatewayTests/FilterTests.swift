import AccessSupport
import Admission
import ControlPlane
import HTTPTypes
import Tenancy
import Testing

@testable import HTTPGateway

private func score(_ user: String, _ rest: String = "") -> String {
    #"{"leaderboard":"a","user":"\#(user)","score":1\#(rest)}"#
}

private let attack = "<script>alert(1)</script>"

@Suite struct FilterTests {
    private func gateway(_ change: (inout FilterSettings) -> Void = { _ in }) async throws -> Gateway {
        let gateway = Gateway()
        _ = try await gateway.opened()
        try await gateway.run { try await $0.createSum("a") }
        try await gateway.access.changeSettings(of: "default") { change(&$0.filter) }
        return gateway
    }

    private func counts(_ gateway: Gateway) -> [FilterRule: FilterCounts] {
        gateway.access.gatekeeper.filterCounts(of: ProjectID("default")!)
    }

    @Test("Unless a project says otherwise, attacks are entered and counted")
    func detect() async throws {
        let gateway = try await gateway()
        try await gateway.run { client in
            let single = try await client.post("/v1/scores/update", score(attack))
            #expect(single.status == 200)
            let upload = try await client.upload(score(attack))
            #expect(upload.body.hasPrefix(#"{"accepted":1,"#))
        }
        #expect(counts(gateway) == [.activeMarkup: FilterCounts(reported: 2)])
    }

    @Test("A project that has switched it off has nothing counted")
    func off() async throws {
        let gateway = try await gateway { $0.mode = .off }
        let answer = try await gateway.run { try await $0.post("/v1/scores/update", score(attack)) }
        #expect(answer.status == 200)
        #expect(counts(gateway).isEmpty)
    }

    @Test("A project that blocks refuses a submission, and names the field and the rule but not the text")
    func block() async throws {
        let gateway = try await gateway { $0.mode = .block }
        try await gateway.run { client in
            let answer = try await client.post("/v1/scores/update", score(attack))
            #expect(answer.status == 403)
            #expect(answer.text("code") == "request_blocked")
            #expect(answer.body.contains(#"{"field":"user","code":"active-markup","message":"#))
            #expect(!answer.body.contains("script"))
            let metadata = try await client.post(
                "/v1/scores/update", score("ann", #","metadata":{"bio":"\u003cscript>x()"}"#))
            #expect(metadata.body.contains(#""field":"metadata","code":"active-markup""#))
            let dimension = try await client.post(
                "/v1/scores/update", score("ann", #","dimensions":{"country":"../../etc/passwd"}"#))
            #expect(dimension.body.contains(#""field":"dimensions","code":"path-traversal""#))
            let key = try await client.post(
                "/v1/scores/update", score("ann"), headers: [.idempotencyKey: "${jndi:ldap://x}"])
            #expect(key.status == 403)
            #expect(key.body.contains(#""field":"Idempotency-Key","code":"log-lookup""#))
            #expect(try await client.get("/v1/leaderboards/a/rank/ann").status == 404)
        }
        #expect(counts(gateway)[.activeMarkup] == FilterCounts(refused: 2))
    }

    @Test("Of a list the elements are refused one by one, and those around them are entered")
    func list() async throws {
        let gateway = try await gateway { $0.mode = .block }
        try await gateway.run { client in
            let list = [score("ann"), score(attack), #"{"scoer":1}"#, score("bob"), score("../../x"), score("cid")]
            let answer = try await client.post("/v1/scores/update", #"{"updates":[\#(list.joined(separator: ","))]}"#)
            #expect(answer.status == 200)
            let codes = answer.body.matches(of: /"(?:code":"(\w+)","title|user":"(\w+)")/).map { $0.1 ?? $0.2! }
            #expect(codes == ["ann", "request_blocked", "unknown_field", "bob", "request_blocked", "cid"])
            #expect(answer.body.contains(#"{"field":"updates[1].user","code":"active-markup""#))
            #expect(answer.body.contains(#"{"field":"updates[4].user","code":"path-traversal""#))
        }
    }

    @Test("Of an upload the lines are refused one by one")
    func upload() async throws {
        let gateway = try await gateway { $0.mode = .block }
        try await gateway.run { client in
            let lines = [score("ann"), score(attack), "", score("bob"), score("x; rm -rf /")]
            let answer = try await client.upload(lines.joined(separator: "\n"))
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""accepted":2,"unchanged":0,"rejected":2"#))
            #expect(answer.body.contains(#"{"line":2,"code":"request_blocked","message":"user: "#))
            #expect(answer.body.contains(#"{"line":5,"code":"request_blocked","message":"user: "#))
            let named = try await client.upload(score("ann"), headers: [.idempotencyKey: "../../x"])
            #expect(named.status == 403)
        }
    }

    @Test("Values of queries and ids of new leaderboards are looked at, paths and cursors are not")
    func others() async throws {
        let gateway = try await gateway { $0.mode = .block }
        try await gateway.run { client in
            let query = try await client.get("/v1/leaderboards/a/top?limit=3&user=%3Cscript%3Ex()")
            #expect(query.status == 403)
            #expect(query.body.contains(#""field":"user","code":"active-markup""#))
            let cursor = try await client.get("/v1/leaderboards/a/top?cursor=%3Cscript%3Ex()")
            #expect(cursor.text("code") == "invalid_cursor")
            let path = try await client.send(.delete, "/v1/leaderboards/a/entries/%3Cscript%3Ex()")
            #expect(path.status != 403)
            let id = try await client.post("/v1/leaderboards", #"{"id":"javascript:alert"}"#)
            #expect(id.status == 403)
            #expect(id.body.contains(#""field":"id","code":"script-address""#))
        }
    }

    @Test("A rule that is switched off refuses nothing")
    func rules() async throws {
        let gateway = try await gateway {
            $0.mode = .block
            $0.disabledRules = ["active-markup"]
        }
        try await gateway.run { client in
            let passed = try await client.post("/v1/scores/update", score(attack))
            #expect(passed.status == 200)
            let refused = try await client.post("/v1/scores/update", score("../../x"))
            #expect(refused.status == 403)
        }
    }

    @Test(
        "Names of people pass",
        arguments: [
            "jamesle01", "Zoë", "O'Brien", "Łukasz Żółć", "山田太郎", "D'Angelo Russell", "محمد", "x_X-Slayer-X_x",
            "ann@example.com", "Drop Table Tennis", "👩‍👩‍👧 family", "a.b:c/d", "Select & Go", "-=[ACE]=-",
        ])
    func names(name: String) async throws {
        let gateway = try await gateway { $0.mode = .block }
        let answer = try await gateway.run { try await $0.post("/v1/scores/update", score(name)) }
        #expect(answer.status == 200)
        #expect(counts(gateway).isEmpty)
    }
}
