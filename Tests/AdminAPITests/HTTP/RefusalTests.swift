import ControlPlane
import HTTPTypes
import Testing

@testable import AdminAPI

@Suite struct RefusalTests {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var method: HTTPRequest.Method
        var path: String
        var body: String?
        var headers: HTTPFields
        var status: Int
        var code: AdminCode

        init(
            _ description: String, _ method: HTTPRequest.Method, _ path: String, _ status: Int, _ code: AdminCode,
            body: String? = nil, headers: HTTPFields = [:]
        ) {
            self.description = description
            self.method = method
            self.path = path
            self.body = body
            self.headers = headers
            self.status = status
            self.code = code
        }
    }

    private static let cases = [
        Case("no token", .get, "tenants", 401, .missingToken, headers: [.authorization: "none"]),
        Case("no bearer", .get, "tenants", 401, .missingToken, headers: [.authorization: "Basic abc"]),
        Case("a wrong token", .get, "tenants", 401, .invalidToken, headers: [.authorization: "Bearer lrl_operator_x"]),
        Case("no such path", .get, "/admin/v1/nothing", 404, .notFound),
        Case("the root", .get, "/", 404, .notFound),
        Case("another method", .put, "tenants", 405, .methodNotAllowed),
        Case("an impossible id", .get, "tenants/ACME", 400, .invalidPath),
        Case("an escaped slash", .get, "tenants/a%2Fb", 400, .invalidPath),
        Case("an unknown parameter", .get, "tenants?limits=1", 400, .unknownParameter),
        Case("a parameter of another path", .get, "plans?limit=1", 400, .unknownParameter),
        Case("a parameter twice", .get, "tenants?limit=1&limit=2", 400, .invalidParameter),
        Case("a limit of zero", .get, "tenants?limit=0", 400, .invalidParameter),
        Case("a limit beyond the largest", .get, "tenants?limit=1001", 400, .invalidParameter),
        Case("all that is no boolean", .get, "tenants?all=yes", 400, .invalidParameter),
        Case("an impossible cursor", .get, "tenants?cursor=A%20B", 400, .invalidCursor),
        Case("an impossible cursor of the audit log", .get, "audit?cursor=ten", 400, .invalidCursor),
        Case("no JSON", .post, "tenants", 400, .invalidJSON, body: "{"),
        Case(
            "another type", .post, "tenants", 415, .unsupportedMediaType, body: "{}",
            headers: [.contentType: "text/plain"]),
        Case("no fields", .post, "tenants", 422, .invalidFields, body: "{}"),
        Case("no body", .post, "tenants", 422, .invalidFields),
        Case("an array", .post, "tenants", 422, .invalidFields, body: "[]"),
        Case("an unknown field", .post, "tenants", 422, .invalidFields, body: #"{"name":"A","colour":1}"#),
        Case("a field where none is taken", .post, "tenants/acme/suspend", 422, .invalidFields, body: #"{"why":"x"}"#),
        Case("a field twice", .post, "tenants", 422, .invalidFields, body: #"{"name":"A","name":"A"}"#),
        Case(
            "a field twice within another", .post, "plans", 422, .invalidFields,
            body: #"{"id":"x","name":"X","quota":{"keys":1,"keys":null}}"#),
        Case(
            "a field twice in a patch", .patch, "projects/game/settings", 422, .invalidFields,
            body: #"{"filter":{"mode":"off","mode":"block"}}"#),
        Case(
            "a field twice where none is taken", .post, "keys/none/revoke", 422, .invalidFields, body: #"{"a":1,"a":1}"#
        ),
        Case("an empty name", .post, "tenants", 422, .invalidFields, body: #"{"name":""}"#),
        Case("a name of spaces", .post, "tenants", 422, .invalidFields, body: #"{"name":"   "}"#),
        Case("a name with a line end", .post, "tenants", 422, .invalidFields, body: #"{"name":"a\nb"}"#),
        Case("an unknown plan", .post, "tenants", 404, .unknownPlan, body: #"{"name":"A","plan":"none"}"#),
        Case("an unknown tenant", .get, "tenants/none", 404, .unknownTenant),
        Case("an unknown project", .get, "projects/none/settings", 404, .unknownProject),
        Case("an unknown member", .get, "members/none", 404, .unknownMember),
        Case("an unknown key", .post, "keys/none/revoke", 404, .unknownKey),
        Case("a tenant that exists", .post, "tenants", 409, .exists, body: #"{"id":"acme","name":"A"}"#),
        Case(
            "a role that does not exist", .post, "tenants/acme/members", 422, .invalidFields,
            body: #"{"email":"a@b.c","role":"king"}"#),
        Case(
            "no address", .post, "tenants/acme/members", 422, .invalidFields, body: #"{"email":"a.b.c","role":"owner"}"#
        ),
        Case("a key for nothing", .post, "projects/game/keys", 422, .invalidFields, body: #"{"name":"k","scopes":[]}"#),
        Case(
            "an unknown scope", .post, "projects/game/keys", 422, .invalidFields,
            body: #"{"name":"k","scopes":["fly"]}"#),
        Case(
            "an overlap too long", .post, "keys/none/rotate", 422, .invalidFields, body: #"{"overlap_seconds":2592001}"#
        ),
        Case(
            "an expiry that is no time", .post, "projects/game/keys", 422, .invalidFields,
            body: #"{"name":"k","expires_at":"soon"}"#),
    ]

    @Test("What is wrong with a request is told in a problem document", arguments: cases)
    func refusals(example: Case) async throws {
        let site = try await AdminSite()
        _ = try await site.office.tenant()
        _ = try await site.office.project()
        let audit = try await site.office.administration.audit(of: nil, limit: 100, Office.chief).items.count
        try await site.run { client in
            var headers = example.headers
            headers[.requestID] = "req-7"
            let answer = try await client.send(example.method, example.path, example.body, headers: headers)
            #expect(answer.status == example.status, "\(answer.body)")
            #expect(answer.code == example.code.rawValue, "\(answer.body)")
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.headers[.requestID] == "req-7")
            #expect(answer.text("request_id") == "req-7")
            #expect(answer.text("title") == example.code.title)
            #expect(answer.json["status"] == .integer(example.status))
            #expect(answer.text("doc_url")?.hasSuffix("admin-api.md#\(example.code.rawValue)") == true)
            if example.status == 401 { #expect(answer.headers[.wwwAuthenticate] == "Bearer") }
        }
        // Nothing was changed.
        #expect(try await site.office.administration.audit(of: nil, limit: 100, Office.chief).items.count == audit)
    }

    @Test("A path says which methods it takes")
    func allow() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let answer = try await client.send(.put, "tenants/acme")
            #expect(answer.headers[.allow] == "DELETE, GET, PATCH")
        }
    }

    @Test("A body beyond the largest is refused")
    func largeBody() async throws {
        var site = try await AdminSite()
        site.configuration.bodyByteCountMax = 100
        try await site.run { client in
            let answer = try await client.post("tenants", #"{"name":"\#(String(repeating: "a", count: 200))"}"#)
            #expect(answer.status == 413)
            #expect(answer.code == "body_too_large")
        }
    }

    @Test("Each field that is wrong is named")
    func fields() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let answer = try await client.post("tenants", #"{"id":"A","name":7,"colour":1}"#)
            guard case .array(let errors)? = answer.json["errors"] else { throw answer.json.missing }
            #expect(Set(errors.map { "\($0["field"] ?? .null)" }) == [#""id""#, #""name""#, #""colour""#])
        }
    }

    @Test("Fields that occur twice are named with their paths, each once")
    func duplicates() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let answer = try await client.post(
                "plans", #"{"id":"x","id":"y","name":"X","quota":{"rate":{"burst":1,"burst":2,"burst":3}}}"#)
            guard case .array(let errors)? = answer.json["errors"] else { throw answer.json.missing }
            #expect(errors.map { $0["field"] } == ["quota.rate.burst", "id"])
            #expect(errors.allSatisfy { $0["code"] == "duplicate_field" })
        }
    }

    @Test("Who keeps sending wrong tokens is told to wait, and the operator is let in all the same")
    func failures() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            var codes: [String?] = []
            for _ in 0..<12 {
                codes.append(
                    try await client.send(.get, "tenants", headers: [.authorization: "Bearer lrl_operator_x"]).code)
            }
            #expect(codes.prefix(10).allSatisfy { $0 == "invalid_token" })
            #expect(codes.suffix(2).allSatisfy { $0 == "too_many_attempts" })
            let last = try await client.send(.get, "tenants", headers: [.authorization: "Bearer x"])
            #expect(last.status == 429)
            #expect(last.headers[.retryAfter] == "6")
            #expect(try await client.get("tenants").status == 200)
        }
    }

    @Test("A database out of reach is answered 503, with the time to try again")
    func unavailable() async throws {
        let site = try await AdminSite()
        site.office.database.isReachable = false
        try await site.run { client in
            let answer = try await client.get("tenants")
            #expect(answer.status == 503)
            #expect(answer.code == "unavailable")
            #expect(answer.headers[.retryAfter] == "1")
        }
    }
}

extension JSON {
    /// Why a test can't go on.
    fileprivate var missing: AdminProblem { AdminProblem(.invalidJSON, "no errors in \(self)") }
}
