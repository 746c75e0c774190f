import AccessSupport
import ControlPlane
import Crypto
import HTTPTypes
import Leaderboards
import Tenancy
import Testing

@testable import HTTPGateway

@Suite struct LimitTests {
    @Test("A request within a limit is told how it stands, and one beyond it when to come again")
    func rate() async throws {
        let gateway = Gateway()
        _ = try await gateway.opened()
        try await gateway.access.changeSettings(of: "default") { $0.rate = Rate(requests: 2, seconds: 1, burst: 3) }
        try await gateway.run { client in
            let first = try await client.get("/v1/leaderboards")
            #expect(first.status == 200)
            #expect(first.headers[.rateLimit] == #""project";r=2;t=1"#)
            #expect(first.headers[.rateLimitPolicy] == #""project";q=2;w=1"#)
            for _ in 0..<2 { #expect(try await client.get("/v1/leaderboards").status == 200) }
            let refused = try await client.get("/v1/leaderboards")
            #expect(refused.status == 429)
            #expect(refused.text("code") == "rate_limited")
            #expect(refused.headers[.retryAfter] == "1")
            #expect(refused.headers[.rateLimit] == #""project";r=0;t=1"#)
            #expect(refused.body.contains(#""retry_after_milliseconds":500"#))
            // Those who watch the process are not counted.
            #expect(try await client.get("/healthz").status == 200)
            gateway.access.clock.advance(bySeconds: 0.5)
            #expect(try await client.get("/v1/leaderboards").status == 200)
        }
    }

    @Test("Without limits nothing is said of any")
    func unlimited() async throws {
        let answer = try await Gateway().run { try await $0.get("/v1/leaderboards") }
        #expect(answer.headers[.rateLimit] == nil)
        #expect(answer.headers[.rateLimitPolicy] == nil)
    }

    @Test("Each part of an upload counts as a request, and an upload that is stopped says where to go on")
    func upload() async throws {
        var gateway = Gateway()
        gateway.configuration.partLineCountMax = 10
        _ = try await gateway.opened()
        try await gateway.run { try await $0.createSum("a") }
        try await gateway.access.changeSettings(of: "default") { $0.rate = Rate(requests: 1, seconds: 1, burst: 2) }
        let lines = (0..<50).map { #"{"leaderboard":"a","user":"u\#($0)","score":1}"# }.joined(separator: "\n")
        let answer = try await gateway.run { try await $0.upload(lines) }
        #expect(answer.status == 429)
        #expect(answer.body.contains(#""resume_from_line":21"#))
        #expect(answer.body.contains(#""accepted":20"#))
        #expect(answer.headers[.retryAfter] == "1")
    }

    @Test("A key that is revoked in the middle of an upload enters no more of it")
    func revocation() async throws {
        var gateway = Gateway()
        gateway.configuration.partLineCountMax = 1
        _ = try await gateway.opened()
        try await gateway.run { try await $0.createSum("a") }
        let key = try await gateway.access.addKey(
            2, of: "default", expiresAt: gateway.access.clock.now.advanced(by: .seconds(9)))
        let access = gateway.access
        gateway.service.onSubmit { access.clock.advance(bySeconds: 3) }
        let lines = (0..<9).map { #"{"leaderboard":"a","user":"u\#($0)","score":1}"# }.joined(separator: "\n")
        let answer = try await gateway.run { try await $0.upload(lines, headers: [.apiKey: key.text]) }
        #expect(answer.text("code") == "invalid_api_key")
        #expect(answer.body.contains(#""resume_from_line":4"#))
    }

    @Test("The plan's requests of a month end with an error of their own")
    func month() async throws {
        let gateway = Gateway()
        let plan = Plan(id: PlanID("tiny")!, name: "Tiny", quota: Quota(requestsPerMonth: 1))
        try await gateway.access.addProject("tiny", on: plan)
        let key: HTTPFields = [.apiKey: try await gateway.access.addKey(2, of: "tiny").text]
        try await gateway.run { client in
            #expect(try await client.get("/v1/leaderboards", headers: key).status == 200)
            let refused = try await client.get("/v1/leaderboards", headers: key)
            #expect(refused.status == 403)
            #expect(refused.text("code") == "plan_limit")
        }
    }

    @Test("Where submits must be signed, others are refused, each counts once, and uploads are not taken")
    func signatures() async throws {
        let gateway = Gateway()
        _ = try await gateway.opened()
        try await gateway.run { try await $0.createSum("a") }
        try await gateway.access.changeSettings(of: "default") { $0.submitSecret = "secret" }
        let body = #"{"leaderboard":"a","user":"ann","score":1}"#
        let time = gateway.access.clock.seconds
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(time).nonce-01.\(body)".utf8), using: SymmetricKey(data: Array("secret".utf8)))
        let digits = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let signed: HTTPFields = [.laurelSignature: "t=\(time),n=nonce-01,v1=\(digits)"]
        try await gateway.run { client in
            #expect(try await client.post("/v1/scores/update", body).text("code") == "signature_invalid")
            #expect(try await client.post("/v1/scores/update", body, headers: signed).status == 200)
            let again = try await client.post("/v1/scores/update", body, headers: signed)
            #expect(again.status == 401)
            #expect(again.text("code") == "signature_replayed")
            #expect(try await client.upload(body).text("code") == "signature_invalid")
            #expect(try await client.get("/v1/leaderboards/a/top").status == 200)
        }
    }

    @Test(
        "A signature that the process before this one has seen does not count again, with and without a key beside it")
    func signaturesAfterAStart() async throws {
        let first = Gateway()
        _ = try await first.opened()
        try await first.run { client in
            try await client.createSum("a")
            try await client.createSum("b")
        }
        try await first.access.changeSettings(of: "default") { $0.submitSecret = "secret" }
        func submit(_ gateway: Gateway, _ body: String, _ nonce: String, at time: Int64, key: String? = nil)
            async throws -> String
        {
            let code = HMAC<SHA256>.authenticationCode(
                for: Array("\(time).\(nonce).\(body)".utf8), using: SymmetricKey(data: Array("secret".utf8)))
            let digits = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            var headers: HTTPFields = [.laurelSignature: "t=\(time),n=\(nonce),v1=\(digits)"]
            headers[.idempotencyKey] = key
            let signed = headers
            return try await gateway.run { client in
                let answer = try await client.post("/v1/scores/update", body, headers: signed)
                return answer.status == 200 ? answer.body : answer.text("code") ?? "?"
            }
        }
        let one = #"{"leaderboard":"a","user":"ann","score":1}"#
        let many =
            #"{"updates":[{"leaderboard":"a","user":"bob","score":2},{"leaderboard":"b","user":"bob","score":3}]}"#
        let time = first.access.clock.seconds
        #expect(try await submit(first, one, "nonce-01", at: time).contains(#""score":1"#))
        #expect(try await submit(first, many, "nonce-02", at: time).contains(#""accepted":true"#))
        #expect(try await submit(first, one, "nonce-03", at: time, key: "k").contains(#""score":2"#))

        // Another process on the same data: what it knows of nonces is what the shards know.
        let clock = ManualClock()
        clock.advance(bySeconds: 60)
        let second = Gateway(
            service: first.service, access: AccessPlace(store: first.access.store, clock: clock))
        try await second.access.directory.refresh()
        #expect(try await submit(second, one, "nonce-01", at: time) == "signature_replayed")
        let replayed = try await submit(second, many, "nonce-02", at: time)
        #expect(replayed.ranges(of: "signature_replayed").count == 2)
        #expect(try await submit(second, one, "nonce-03", at: time, key: "other") == "signature_invalid")
        // A repetition with its key is signed anew, and answered as it was.
        let again = try await submit(second, one, "nonce-04", at: time + 60, key: "k")
        #expect(again.contains(#""replayed":true"#) && again.contains(#""score":2"#))
        #expect(try await submit(second, one, "nonce-05", at: time + 60).contains(#""score":3"#))
        #expect(try await submit(second, one, "nonce-06", at: time - 100).contains(#""score":4"#))
    }

    @Test("While nobody can tell whether there is such a key, its holder is told to come again")
    func unavailable() async throws {
        let gateway = Gateway()
        _ = try await gateway.opened()
        gateway.access.clock.advance(bySeconds: 60)
        try await gateway.run { client in
            let answer = try await client.get("/v1/leaderboards", headers: [.apiKey: AccessPlace.key(77).text])
            #expect(answer.status == 503)
            #expect(answer.headers[.retryAfter] == "1")
            #expect(try await client.get("/v1/leaderboards").status == 200)
        }
    }
}
