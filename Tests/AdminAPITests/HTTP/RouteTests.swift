import ControlPlane
import HTTPTypes
import Testing

@testable import AdminAPI

@Suite struct RouteTests {
    @Test("From a new tenant to a key and its rotation, over HTTP")
    func story() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let tenant = try await client.post("tenants", #"{"id":"acme","name":"Acme","plan":"studio"}"#)
            #expect(tenant.status == 201)
            #expect(tenant.headers[.location] == "/admin/v1/tenants/acme")
            #expect(tenant.headers[.eTag] == "\"2\"")
            #expect(
                tenant.body
                    == #"{"id":"acme","name":"Acme","plan":"studio","status":"active","created_at":"2026-11-23T12:00:00Z","version":2}"#
            )
            #expect(try await client.get("tenants/acme").body == tenant.body)
            let project = try await client.post("tenants/acme/projects", #"{"id":"game","name":"Game"}"#)
            #expect(project.status == 201)
            #expect(project.text("environment") == "live")
            let limits = try await client.patch(
                "projects/game/settings", #"{"key_rate":{"requests":5,"seconds":1,"burst":5}}"#)
            #expect(limits.status == 200)
            #expect(limits.json["settings"]?["key_rate"]?["requests"] == 5)
            let key = try await client.post("projects/game/keys", #"{"name":"server","scopes":["write"]}"#)
            #expect(key.status == 201)
            let text = try #require(key.text("key"))
            #expect(APIKey(text) != nil)
            #expect(key.headers[.cacheControl] == "no-store")
            let id = try #require(key.text("id"))
            let shown = try await client.get("keys/\(id)")
            #expect(!shown.body.contains(text))
            #expect(shown.text("status") == "active")
            let rotated = try await client.post("keys/\(id)/rotate", #"{"overlap_seconds":60}"#)
            #expect(rotated.status == 201)
            #expect(try await client.get("keys/\(id)").text("status") == "replaced")
            #expect(try await client.post("keys/\(id)/revoke").text("status") == "revoked")
            #expect(try await client.get("projects/game/keys").items.count == 1)
            #expect(try await client.get("projects/game/keys?all=true").items.count == 2)
            #expect(try await client.post("tenants/acme/suspend").text("status") == "suspended")
            #expect(try await client.post("tenants/acme/resume").text("status") == "active")
            #expect(try await client.send(.put, "tenants/acme/plan", #"{"plan":"free"}"#).text("plan") == "free")
            #expect(try await client.get("projects/game/limits").json["use"]?["keys"] == 1)
            #expect(try await client.send(.delete, "tenants/acme").text("status") == "deleted")
            let audit = try await client.get("audit?tenant=acme&limit=100")
            #expect(audit.items.count == 10)
            #expect(audit.items.first?["action"] == "tenant.delete")
        }
    }

    @Test("Members and plans, over HTTP")
    func membersAndPlans() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let plan = try await client.post(
                "plans",
                #"{"id":"indie","name":"Indie","quota":{"projects":1,"rate":{"requests":1,"seconds":1,"burst":2}}}"#)
            #expect(plan.status == 201)
            #expect(plan.json["quota"]?["keys"] == .null)
            #expect(try await client.patch("plans/indie", #"{"quota":{"projects":3}}"#).json["quota"]?["projects"] == 3)
            #expect(try await client.get("plans/indie").text("name") == "Indie")
            #expect(try await client.get("plans").items.count == 4)
            _ = try await client.post("tenants", #"{"id":"acme","name":"Acme"}"#)
            let member = try await client.post("tenants/acme/members", #"{"email":"Ann@Acme.example","role":"owner"}"#)
            #expect(member.text("email") == "ann@acme.example")
            let id = try #require(member.text("id"))
            #expect(try await client.get("members/\(id)").text("role") == "owner")
            #expect(try await client.patch("members/\(id)", #"{"role":"viewer"}"#).code == "last_owner")
            #expect(try await client.send(.delete, "members/\(id)").status == 409)
            #expect(try await client.get("tenants/acme/members").items.count == 1)
        }
    }

    @Test("A list goes on where the last page ended")
    func paging() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            for index in 0..<5 { _ = try await client.post("tenants", #"{"id":"t\#(index)","name":"T"}"#) }
            var seen: [JSON] = []
            var path: String? = "tenants?limit=2"
            while let page = path {
                let answer = try await client.get(page)
                seen += answer.items
                path = answer.text("next").map { "tenants?limit=2&cursor=\($0)" }
            }
            #expect(seen.map { $0["id"] } == (0..<5).map { .string("t\($0)") })
            _ = try await client.post("tenants/t0/projects", #"{"name":"A"}"#)
            _ = try await client.post("tenants/t1/projects", #"{"name":"B"}"#)
            #expect(try await client.get("projects").items.count == 2)
            #expect(try await client.get("projects?tenant=t1").items.count == 1)
        }
    }

    @Test("Usage is asked for by days")
    func usage() async throws {
        let site = try await AdminSite()
        _ = try await site.office.tenant()
        let project = try await site.office.project()
        try await site.office.store.setUsage([
            UsageRow(project: project.id, day: site.office.administration.today, metric: "m", source: "a", value: 2)
        ])
        try await site.run { client in
            let usage = try await client.get("projects/game/usage")
            #expect(usage.json["days"] == [["day": "2026-11-23", "metrics": ["m": 2]]])
            #expect(usage.json["total"] == ["m": 2])
            #expect(usage.text("from") == "2026-10-25")
            let before = try await client.get("projects/game/usage?from=2026-11-01&to=2026-11-02")
            #expect(before.json["days"] == [])
            for wrong in ["from=2026-11-31", "from=yesterday", "from=2026-11-24", "from=2024-01-01"] {
                #expect(try await client.get("projects/game/usage?\(wrong)").code == "invalid_parameter", "\(wrong)")
            }
        }
    }

    @Test("If-Match changes what has the version that was seen, and nothing else")
    func ifMatch() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let tag = try await client.post("tenants", #"{"id":"acme","name":"Acme"}"#).headers[.eTag]!
            let first = try await client.send(.patch, "tenants/acme", #"{"name":"B"}"#, headers: [.ifMatch: tag])
            #expect(first.status == 200)
            let second = try await client.send(.patch, "tenants/acme", #"{"name":"C"}"#, headers: [.ifMatch: tag])
            #expect(second.status == 412)
            #expect(second.code == "precondition_failed")
            for wrong in ["2", "\"x\"", "\"", "\"02\""] {
                let answer = try await client.send(.patch, "tenants/acme", #"{"name":"C"}"#, headers: [.ifMatch: wrong])
                #expect(answer.code == "invalid_header", "\(wrong)")
            }
            let any = try await client.send(.patch, "tenants/acme", #"{"name":"C"}"#, headers: [.ifMatch: "*"])
            #expect(any.status == 200)
        }
    }
}
