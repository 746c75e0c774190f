import ControlPlane
import HTTPTypes
import Leaderboards
import Testing

@testable import AdminAPI

/// Every route × everybody who may come to it.
@Suite struct AuthorizationTests {
    /// What a route asks of a member; the operator may do everything.
    enum Demand: Hashable {
        /// A right in the tenant whose id, or whose record's id, is in the path: for others it is not there.
        case right(Right)
        /// A right of the operator, whatever the path names.
        case operate
        /// A list of what the caller's own tenant has.
        case own
        /// A member's own token, or the right to manage the member.
        case token(Right)
    }

    struct Case: Sendable, CustomStringConvertible {
        var method: HTTPRequest.Method
        var template: String
        var demand: Demand
        var body: String?
        /// What is in no path, such as `tenant=acme`.
        var query = ""

        var description: String { "\(method.rawValue) \(template)\(query)" }

        init(
            _ method: HTTPRequest.Method, _ template: String, _ demand: Demand, _ body: String? = nil,
            query: String = ""
        ) {
            self.method = method
            self.template = template
            self.demand = demand
            self.body = body
            self.query = query
        }
    }

    static let cases = [
        Case(.get, "tenants", .operate), Case(.post, "tenants", .operate, #"{"name":"New"}"#),
        Case(.get, "tenants/{tenant}", .right(.look)),
        Case(.patch, "tenants/{tenant}", .right(.own), #"{"name":"Other"}"#),
        Case(.put, "tenants/{tenant}/plan", .right(.operate), #"{"plan":"free"}"#),
        Case(.post, "tenants/{tenant}/suspend", .right(.operate)),
        Case(.post, "tenants/{tenant}/resume", .right(.operate)),
        Case(.delete, "tenants/{tenant}", .right(.own)),
        Case(.get, "tenants/{tenant}/members", .right(.look)),
        Case(.post, "tenants/{tenant}/members", .right(.manage), #"{"email":"new@acme.example","role":"viewer"}"#),
        Case(.get, "members/{member}", .right(.look)),
        Case(.patch, "members/{member}", .right(.manage), #"{"role":"viewer"}"#),
        Case(.delete, "members/{member}", .right(.manage)),
        Case(.get, "members/{member}/tokens", .token(.manage)),
        Case(.post, "members/{member}/tokens", .right(.manage), #"{"name":"laptop"}"#),
        Case(.get, "tokens/{token}", .token(.manage)),
        Case(.post, "tokens/{token}/rotate", .token(.manage)),
        Case(.post, "tokens/{token}/revoke", .token(.manage)),
        Case(.get, "projects", .own), Case(.get, "projects", .own, query: "?tenant="),
        Case(.post, "tenants/{tenant}/projects", .right(.manage), #"{"name":"New"}"#),
        Case(.get, "projects/{project}", .right(.look)),
        Case(.patch, "projects/{project}", .right(.manage), #"{"name":"Other"}"#),
        Case(.delete, "projects/{project}", .right(.manage)),
        Case(.get, "projects/{project}/settings", .right(.look)),
        Case(.patch, "projects/{project}/settings", .right(.configure), #"{"cors_origins":["*"]}"#),
        Case(.get, "projects/{project}/limits", .right(.look)),
        Case(.get, "projects/{project}/filter", .right(.look)),
        Case(.get, "projects/{project}/usage", .right(.look)),
        Case(.get, "projects/{project}/anomalies", .right(.look)),
        Case(.get, "projects/{project}/keys", .right(.look)),
        Case(.post, "projects/{project}/keys", .right(.manage), #"{"name":"new"}"#),
        Case(.get, "keys/{key}", .right(.look)),
        Case(.patch, "keys/{key}", .right(.manage), #"{"name":"other"}"#),
        Case(.post, "keys/{key}/rotate", .right(.manage)),
        Case(.post, "keys/{key}/revoke", .right(.manage)),
        Case(.get, "plans", .operate),
        Case(.post, "plans", .operate, #"{"id":"indie","name":"Indie","quota":{}}"#),
        Case(.get, "plans/{plan}", .operate),
        Case(.patch, "plans/{plan}", .operate, #"{"name":"Other"}"#),
        Case(.get, "audit", .own), Case(.get, "audit", .own, query: "?tenant="),
        Case(.get, "anomalies", .own), Case(.get, "anomalies", .own, query: "?tenant="),
        Case(.get, "cluster", .operate), Case(.get, "nodes", .operate),
        Case(.post, "nodes/{node}/drain", .operate), Case(.post, "nodes/{node}/resume", .operate),
        Case(.post, "nodes/{node}/remove", .operate, #"{"force":true}"#),
        Case(.get, "shards", .operate), Case(.post, "shards/rebalance", .operate),
        Case(.get, "shards/{shard}", .operate),
        Case(.post, "shards/{shard}/move", .operate, #"{"to":"2"}"#),
        Case(.post, "shards/{shard}/unpin", .operate), Case(.post, "shards/{shard}/verify", .operate),
        Case(.post, "shards/{shard}/quarantine", .operate, #"{"reason":"a doubt"}"#),
        Case(.post, "shards/{shard}/release", .operate), Case(.get, "shards/{shard}/log", .operate),
        Case(.get, "checkpoints", .operate), Case(.post, "shards/{shard}/checkpoints/verify", .operate),
        Case(.get, "log/consumers", .operate),
        Case(.post, "log/consumers/remove", .operate, #"{"consumer":"rows"}"#),
        Case(.get, "regions", .operate), Case(.get, "regions/{region}", .operate),
        Case(.post, "regions/{region}/promote", .operate),
        Case(.get, "backup", .operate), Case(.get, "backup/shards/{shard}", .operate),
        Case(.get, "backup/logs/{group}", .operate), Case(.get, "backup/control", .operate),
    ]

    @Test("No route is missing here")
    func complete() {
        let tried = Set(Self.cases.map { "\($0.method.rawValue) /admin/v1/\($0.template)" })
        #expect(tried == Set(AdminRoute.all.map { "\($0.method.rawValue) \($0.template)" }))
    }

    @Test("Each route is open to whom its right is given, and to nobody else", arguments: cases)
    func matrix(example: Case) async throws { #expect(try await surprises(example) == []) }

    /// What is not as the demand says, caller by caller.
    private func surprises(_ example: Case) async throws -> [String] {
        var surprises: [String] = []
        for caller in Caller.allCases {
            let cast = try await Cast()
            let answer = try await cast.site.run { try await cast.send($0, example, as: caller) }
            let expected = caller.expected(example)
            if answer.status < 300 ? expected != nil : answer.code != expected {
                surprises.append("\(caller): \(answer.status) \(answer.body), expected \(expected ?? "success")")
            }
            if answer.status >= 400, try await cast.office.auditCount() != cast.auditCount {
                surprises.append("\(caller): refused, and something was changed")
            }
        }
        return surprises
    }

    @Test(
        "Canary: a route that is open to one role too many, or to one too few, is seen",
        arguments: [
            Case(.get, "projects/{project}", .right(.configure)), Case(.get, "plans", .own),
            Case(.patch, "tenants/{tenant}", .right(.manage), #"{"name":"Other"}"#),
            Case(.post, "members/{member}/tokens", .token(.manage), #"{"name":"laptop"}"#),
            Case(.post, "tenants/{tenant}/suspend", .operate),
        ])
    func canary(example: Case) async throws { #expect(try await !surprises(example).isEmpty) }

    @Test("What another tenant has is answered as what is not there, byte for byte", arguments: cases)
    func foreign(example: Case) async throws {
        switch example.demand {
        case .operate, .own: return
        case .right, .token: break
        }
        let cast = try await Cast()
        try await cast.site.run { client in
            let there = try await cast.send(client, example, as: .foreigner)
            let nowhere = try await cast.send(client, example, as: .foreigner, ids: Cast.nothing)
            #expect(there.status == 404)
            var text = there.body
            for (name, id) in cast.ids { text = text.replacing(" \(id).", with: " \(Cast.nothing[name]!).") }
            #expect(text == nowhere.body)
        }
    }
}

/// Who asks.
enum Caller: Hashable, CaseIterable {
    case `operator`
    case owner, admin, developer, viewer
    /// The member whose id, and whose token's id, stand in paths; a developer.
    case itself
    /// An owner of another tenant.
    case foreigner
    case nobody, madeUp, revoked, expired, replaced, removed, ofSuspendedTenant, ofDeletedTenant

    /// The code of the refusal; nil if it is let in and served.
    func expected(_ example: AuthorizationTests.Case) -> String? {
        let roles: [Member.Role]
        switch self {
        case .operator: return nil
        case .nobody: return "missing_token"
        case .madeUp, .revoked, .expired, .removed, .ofDeletedTenant: return "invalid_token"
        case .ofSuspendedTenant: return "tenant_suspended"
        // Until its last moment it is as good as the new one.
        case .owner, .replaced: roles = [.owner]
        case .admin: roles = [.admin]
        case .developer: roles = [.developer]
        case .viewer: roles = [.viewer]
        case .itself: roles = [.developer]
        case .foreigner:
            switch example.demand {
            case .operate: return "forbidden"
            case .own: return example.query.isEmpty ? nil : "forbidden"
            case .right, .token: return Cast.unknown(example.template)
            }
        }
        switch example.demand {
        case .operate: return "forbidden"
        case .own: return nil
        case .token where self == .itself: return nil
        case .right(let right), .token(let right): return right.roles.contains(roles[0]) ? nil : "forbidden"
        }
    }
}

/// Two tenants with all that paths can name, and a token for everybody.
struct Cast: Sendable {
    let site: AdminSite
    let tokens: [Caller: String]
    let ids: [String: String]
    let auditCount: Int
    var office: Office { site.office }

    static let nothing = [
        "tenant": "none", "project": "none", "member": "none", "key": "none", "token": "none", "plan": "none",
        "node": "none", "shard": "none", "group": "none", "region": "none",
    ]

    init() async throws {
        site = try await AdminSite()
        let office = site.office
        _ = try await office.tenant()
        _ = try await office.tenant("rival")
        _ = try await office.project()
        _ = try await office.project("game-2", in: TenantID("rival")!)
        let key = try await office.key()
        var tokens: [Caller: String] = [:]
        func token(
            _ caller: Caller, _ role: Member.Role, of tenant: String = "acme", until end: Timestamp? = nil
        ) async throws -> (Member, FreshToken) {
            let member = try await office.member("\(caller)@example.com", role, of: TenantID(tenant)!)
            let fresh = try await office.administration.createToken(
                NewToken(name: "laptop", expiresAt: end), for: member.id, Office.chief)
            tokens[caller] = fresh.token.text
            return (member, fresh)
        }
        _ = try await token(.owner, .owner)
        _ = try await token(.admin, .admin)
        _ = try await token(.developer, .developer)
        _ = try await token(.viewer, .viewer)
        let (member, own) = try await token(.itself, .developer)
        _ = try await token(.foreigner, .owner, of: "rival")
        let (_, revoked) = try await token(.revoked, .owner)
        _ = try await office.administration.revokeToken(revoked.record.id, Office.chief)
        _ = try await token(.expired, .owner, until: office.now.advanced(by: .seconds(60)))
        let (_, replaced) = try await token(.replaced, .owner)
        _ = try await office.administration.rotateToken(replaced.record.id, overlapSeconds: 3600, Office.chief)
        let (removed, _) = try await token(.removed, .owner)
        _ = try await office.administration.removeMember(removed.id, Office.chief)
        for (tenant, caller) in [("suspended", Caller.ofSuspendedTenant), ("deleted", .ofDeletedTenant)] {
            _ = try await office.tenant(tenant)
            _ = try await token(caller, .owner, of: tenant)
        }
        _ = try await office.administration.suspendTenant(TenantID("suspended")!, Office.chief)
        _ = try await office.administration.deleteTenant(TenantID("deleted")!, Office.chief)
        office.advance(seconds: 60)
        tokens[.operator] = AdminSite.token.text
        tokens[.madeUp] = MemberToken(random: Array(100..<124)).text
        self.tokens = tokens
        ids = [
            "tenant": "acme", "project": "game", "member": member.id.text, "key": key.record.id.text,
            "token": own.record.id.text, "plan": "studio", "node": "2", "shard": "3", "group": "0", "region": "us",
        ]
        auditCount = try await office.auditCount()
    }

    func send(
        _ client: AdminSite.Client, _ example: AuthorizationTests.Case, as caller: Caller, ids: [String: String]? = nil
    ) async throws -> AdminSite.Answer {
        let ids = ids ?? self.ids
        var path = example.template
        for (name, id) in ids { path = path.replacing("{\(name)}", with: id) }
        if !example.query.isEmpty { path += "\(example.query)\(ids["tenant"]!)" }
        return try await client.send(
            example.method, path, example.body,
            headers: [.authorization: tokens[caller].map { "Bearer \($0)" } ?? "none", .requestID: "req-7"])
    }

    /// What is told of a path's last id, or its only one, if it is not there.
    static func unknown(_ template: String) -> String {
        "unknown_" + template.prefix { $0 != "}" }.split(separator: "{")[1]
    }
}

extension Office {
    func auditCount() async throws -> Int {
        try await administration.audit(of: nil, limit: 1000, Office.chief).items.count
    }
}
