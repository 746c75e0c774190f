import AccessSupport
import ControlPlane
import HTTPTypes
import Leaderboards
import Tenancy
import Testing

@testable import HTTPGateway

/// Every route with every kind of credential: who is let in, and with what words the others are not.
@Suite struct AuthorizationTests {
    enum Credential: CaseIterable {
        case none, malformed, unknown, revoked, expired, suspended
        case everything, reads, writes, administers
        /// For everything, on another leaderboard only.
        case elsewhere
        /// A player's token, of the user whom the requests are about, and of another.
        case player, otherPlayer
        /// For everything, in another tenant's project.
        case otherTenant
    }

    struct Row {
        var path: String
        /// Written down here once more, so that the code's own table has something to differ from.
        var needs: Scopes?
        var body: String?
        var type = "application/json"
        var success = 200
        /// What another tenant is told: the path is the same, the project isn't.
        var foreign = "unknown_leaderboard"
    }

    static let score = #"{"leaderboard":"race","user":"ann","score":1}"#
    static let rows: [Route: Row] = [
        .healthz: Row(path: "/healthz"), .readyz: Row(path: "/readyz"),
        .update: Row(path: "/v1/scores/update", needs: .write, body: score),
        .bulk: Row(path: "/v1/scores/bulk", needs: .write, body: score, type: "application/x-ndjson"),
        .create: Row(
            path: "/v1/leaderboards", needs: .admin,
            body: #"{"id":"race2","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#, success: 201,
            foreign: ""),
        .list: Row(path: "/v1/leaderboards", needs: .read, foreign: ""),
        .describe: Row(path: "/v1/leaderboards/race", needs: .read),
        .change: Row(path: "/v1/leaderboards/race", needs: .admin, body: #"{"tie":"last"}"#),
        .delete: Row(path: "/v1/leaderboards/race", needs: .admin, success: 204),
        .top: Row(path: "/v1/leaderboards/race/top", needs: .read),
        .rank: Row(path: "/v1/leaderboards/race/rank/ann", needs: .read),
        .around: Row(path: "/v1/leaderboards/race/around/ann", needs: .read),
        .ranks: Row(path: "/v1/leaderboards/race/ranks", needs: .read, body: #"{"users":["ann"]}"#),
        .removeEntry: Row(path: "/v1/leaderboards/race/entries/ann", needs: .admin, success: 204),
    ]

    /// The code that a request is refused with; nil if it is let in.
    static func refusal(_ route: Route, _ row: Row, _ credential: Credential) -> String? {
        guard let needs = row.needs else { return nil }
        func unless(_ scopes: Scopes) -> String? { scopes.isSuperset(of: needs) ? nil : "missing_scope" }
        switch credential {
        case .none: return "missing_api_key"
        case .malformed, .unknown, .revoked, .expired: return "invalid_api_key"
        case .suspended: return "tenant_suspended"
        case .everything: return nil
        case .reads: return unless(.read)
        case .writes: return unless(.write)
        case .administers: return unless(.admin)
        case .elsewhere: return route == .list ? nil : "foreign_leaderboard"
        case .player: return unless([.read, .write])
        case .otherPlayer: return needs == .write ? "foreign_user" : unless([.read, .write])
        case .otherTenant: return row.foreign.isEmpty ? nil : row.foreign
        }
    }

    @Test("Each route lets in who may, and tells the others why not", arguments: Route.allCases, Credential.allCases)
    func matrix(route: Route, credential: Credential) async throws {
        let row = try #require(Self.rows[route], "a route without a row")
        let gateway = Gateway()
        try await gateway.run { client in
            try await client.createSum("race")
            try await client.submit("race", "ann", "3")
        }
        let text = try await make(credential, gateway.access)
        let headers: HTTPFields =
            text.map { [.contentType: row.type, .authorization: "Bearer \($0)"] } ?? [.contentType: row.type]
        let before = gateway.service.callCount
        let answer = try await gateway.run { client in
            try await client.send(
                route.method, row.path, row.body.map { Array($0.utf8) }, headers: headers,
                addsKey: credential != .none)
        }
        let refusal = Self.refusal(route, row, credential)
        if let text { #expect(!answer.body.contains(text)) }
        if route == .bulk, let refusal,
            ["foreign_leaderboard", "foreign_user", "unknown_leaderboard"].contains(refusal)
        {
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""rejected":1"#))
            #expect(answer.body.contains(#""code":"\#(refusal)""#))
        } else if let refusal {
            #expect(answer.text("code") == refusal)
            #expect(answer.status == ProblemCode(rawValue: refusal)?.status)
        } else {
            #expect(answer.status == row.success, "\(answer.body)")
        }
        if refusal != nil, credential != .otherTenant { #expect(gateway.service.callCount == before) }
        if answer.status == 401 { #expect(answer.headers[.wwwAuthenticate] == "Bearer") }
    }

    /// The text of a credential; nil if there is none.
    private func make(_ credential: Credential, _ access: AccessPlace) async throws -> String? {
        switch credential {
        case .none: return nil
        case .malformed: return "lrl_live_nonsense"
        case .unknown: return AccessPlace.key(200).text
        case .revoked:
            let key = try await access.addKey(10, of: "default")
            try await access.revokeKey(10)
            return key.text
        case .expired:
            let key = try await access.addKey(11, of: "default", expiresAt: access.clock.now.advanced(by: .seconds(1)))
            access.clock.advance(bySeconds: 1)
            return key.text
        case .suspended:
            try await access.addProject("late")
            let key = try await access.addKey(12, of: "late")
            try await access.setStatus(.suspended, of: "late")
            return key.text
        case .everything: return try await access.addKey(13, of: "default").text
        case .reads: return try await access.addKey(14, of: "default", .read).text
        case .writes: return try await access.addKey(15, of: "default", .write).text
        case .administers: return try await access.addKey(16, of: "default", .admin).text
        case .elsewhere: return try await access.addKey(17, of: "default", leaderboards: ["other"]).text
        case .player: return try await PlayerTokens.make(for: "ann", in: access)
        case .otherPlayer: return try await PlayerTokens.make(for: "bob", in: access)
        case .otherTenant:
            try await access.addProject("others")
            return try await access.addKey(18, of: "others").text
        }
    }

    @Test("Of many scores those are entered that the caller may enter, and each other has its reason in its place")
    func list() async throws {
        let gateway = Gateway()
        let key: HTTPFields = [.apiKey: try await gateway.opened().addKey(2, of: "default", leaderboards: ["a"]).text]
        try await gateway.run { client in
            try await client.createSum("a")
            try await client.createSum("b")
            let body = ["a", "b", "", "a", "b"].map { id in
                id.isEmpty ? "{}" : #"{"leaderboard":"\#(id)","user":"ann","score":1}"#
            }
            let answer = try await client.post(
                "/v1/scores/update", #"{"updates":[\#(body.joined(separator: ","))]}"#, headers: key)
            let codes = answer.body.split(separator: #"{"code":""#).dropFirst().map { String($0.prefix { $0 != "\"" }) }
            #expect(codes.prefix(3) == ["foreign_leaderboard", "missing_field", "foreign_leaderboard"])
            #expect(answer.body.contains(#""score":2"#))
            let list = try await client.get("/v1/leaderboards", headers: key)
            #expect(list.body.contains(#""id":"a""#))
            #expect(!list.body.contains(#""id":"b""#))
        }
    }

    @Test("A list of leaderboards has what a key is for, however many others lie between")
    func sparseList() async throws {
        let gateway = Gateway()
        let key: HTTPFields = [
            .apiKey: try await gateway.opened().addKey(2, of: "default", leaderboards: ["m*", "z"]).text
        ]
        try await gateway.run { client in
            for number in 100..<230 { try await client.createSum("a\(number)") }
            for id in ["m1", "m2", "z"] { try await client.createSum(id) }
            let first = try await client.get("/v1/leaderboards?limit=2", headers: key)
            #expect(first.body.contains(#""id":"m1""#) && first.body.contains(#""id":"m2""#))
            let next = try #require(first.text("next"))
            let second = try await client.get("/v1/leaderboards?limit=2&cursor=\(next)", headers: key)
            #expect(second.body.contains(#""id":"z""#))
            #expect(second.body.contains(#""next":null"#))
        }
    }
}
