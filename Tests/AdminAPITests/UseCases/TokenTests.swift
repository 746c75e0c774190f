import ControlPlane
import HTTPTypes
import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct TokenTests {
    @Test("A token is told once, and kept as a digest under the pepper")
    func creation() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        let ann = try await office.member("ann@acme.example", .owner)
        let fresh = try await office.administration.createToken(
            NewToken(name: "laptop", expiresAt: office.now.advanced(by: .seconds(60))), for: ann.id, Office.chief)
        #expect(MemberToken(fresh.token.text) == fresh.token)
        #expect(fresh.record.digest == Office.pepper.digest(of: fresh.token.text))
        #expect(fresh.token.text.hasPrefix(fresh.record.hint))
        #expect(try await office.store.token(fresh.record.id) == fresh.record)
        let note = try #require(try await office.lastNote())
        #expect(note.action == "token.create")
        #expect(note.tenant == tenant.id)
        #expect(note.detail == "'laptop', until 2026-11-23T12:01:00Z for ann@acme.example")
        #expect(try await office.administration.owner(of: fresh.token) == .member(ann.id, of: tenant.id, .owner))
        office.advance(seconds: 60)
        #expect(try await office.administration.owner(of: fresh.token) == nil)
        #expect(
            try await code {
                _ = try await office.administration.createToken(
                    NewToken(name: "late", expiresAt: office.now), for: ann.id, Office.chief)
            } == .invalidFields)
    }

    @Test("A role that changes, a tenant that is suspended and a member who is removed are seen by the next request")
    func effect() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        let administration = office.administration
        _ = try await office.member("ann@acme.example", .owner)
        let bob = try await office.member("bob@acme.example", .admin)
        let token = try await administration.createToken(NewToken(name: "b"), for: bob.id, Office.chief).token
        _ = try await administration.setRole(of: bob.id, to: .viewer, Office.chief)
        #expect(try await administration.owner(of: token) == .member(bob.id, of: tenant.id, .viewer))
        _ = try await administration.suspendTenant(tenant.id, Office.chief)
        #expect(try await code { _ = try await administration.owner(of: token) } == .tenantSuspended)
        _ = try await administration.resumeTenant(tenant.id, Office.chief)
        #expect(try await administration.owner(of: token) != nil)
        _ = try await administration.removeMember(bob.id, Office.chief)
        #expect(try await administration.owner(of: token) == nil)
        // Who comes back under the old id does not bring the old tokens along.
        #expect(try await office.member("bob@acme.example", .admin).id == bob.id)
        #expect(try await administration.owner(of: token) == nil)
        #expect(try await administration.tokens(of: bob.id, limit: 10, Office.chief).items.isEmpty)
        #expect(try await administration.tokens(of: bob.id, withEnded: true, limit: 10, Office.chief).items.count == 1)
        #expect(
            try await code {
                _ = try await administration.removeMember(bob.id, Office.chief)
                _ = try await administration.createToken(NewToken(name: "b"), for: bob.id, Office.chief)
            } == .unknownMember)
    }

    @Test("A rotated token goes on for as long as is said, and has an end as far away as before")
    func rotation() async throws {
        let office = try await Office()
        _ = try await office.tenant()
        let administration = office.administration
        let ann = try await office.member("ann@acme.example", .owner)
        let first = try await administration.createToken(
            NewToken(name: "ci", expiresAt: office.now.advanced(by: .seconds(1000))), for: ann.id, Office.chief)
        office.advance(seconds: 400)
        let second = try await administration.rotateToken(first.record.id, overlapSeconds: 60, Office.chief)
        #expect(second.record.name == "ci")
        #expect(second.record.expiresAt == office.now.advanced(by: .seconds(1000)))
        #expect(try await office.lastNote()?.target == first.record.id.text)
        for token in [first.token, second.token] { #expect(try await administration.owner(of: token) != nil) }
        #expect(
            try await code {
                _ = try await administration.rotateToken(first.record.id, overlapSeconds: 60, Office.chief)
            } == .tokenEnded)
        office.advance(seconds: 60)
        #expect(try await administration.owner(of: first.token) == nil)
        #expect(try await administration.owner(of: second.token) != nil)
        let revoked = try await administration.revokeToken(second.record.id, Office.chief)
        #expect(try await administration.revokeToken(second.record.id, Office.chief) == revoked)
        #expect(try await administration.owner(of: second.token) == nil)
        #expect(
            try await code {
                _ = try await administration.rotateToken(second.record.id, overlapSeconds: 0, Office.chief)
            } == .tokenEnded)
    }

    @Test("A member has 20 valid tokens at most, also when several are made at once, and can still rotate them")
    func bound() async throws {
        let office = try await Office()
        _ = try await office.tenant()
        let administration = office.administration
        let ann = try await office.member("ann@acme.example", .owner)
        var last: FreshToken?
        for number in 1..<TokenRecord.countMax {
            last = try await administration.createToken(NewToken(name: "\(number)"), for: ann.id, Office.chief)
        }
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<4 {
                group.addTask {
                    (try? await administration.createToken(NewToken(name: "x\(number)"), for: ann.id, Office.chief))
                        != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        #expect(
            try await code {
                _ = try await administration.createToken(NewToken(name: "more"), for: ann.id, Office.chief)
            } == .tooManyTokens)
        let id = try #require(last).record.id
        _ = try await administration.rotateToken(id, overlapSeconds: 60, Office.chief)
        #expect(
            try await code {
                _ = try await administration.createToken(NewToken(name: "more"), for: ann.id, Office.chief)
            } == .tooManyTokens)
    }

    @Test(
        "Tokens of owners are an owner's affair, those of others an admin's, and one's own are for rotating and revoking"
    )
    func whose() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        let administration = office.administration
        func member(_ name: String, _ role: Member.Role) async throws -> (Member, AdminCall, FreshToken) {
            let member = try await office.member("\(name)@acme.example", role)
            let token = try await administration.createToken(NewToken(name: name), for: member.id, Office.chief)
            return (member, AdminCall(.member(member.id, of: tenant.id, role)), token)
        }
        let (ann, annCall, annToken) = try await member("ann", .owner)
        let (_, bobCall, _) = try await member("bob", .admin)
        let (eve, eveCall, eveToken) = try await member("eve", .viewer)
        func refused(_ body: () async throws -> Void) async throws { #expect(try await code(body) == .forbidden) }

        let new = NewToken(name: "new")
        try await refused { _ = try await administration.createToken(new, for: ann.id, bobCall) }
        try await refused { _ = try await administration.token(annToken.record.id, bobCall) }
        try await refused { _ = try await administration.tokens(of: ann.id, limit: 9, bobCall) }
        try await refused { _ = try await administration.rotateToken(annToken.record.id, overlapSeconds: 0, bobCall) }
        try await refused { _ = try await administration.revokeToken(annToken.record.id, eveCall) }
        _ = try await administration.createToken(new, for: eve.id, bobCall)
        #expect(try await office.lastNote()?.actor == "member \(try #require(bobCall.memberID))")
        _ = try await administration.createToken(new, for: ann.id, annCall)

        try await refused { _ = try await administration.createToken(new, for: eve.id, eveCall) }
        #expect(try await administration.tokens(of: eve.id, limit: 9, eveCall).items.count == 2)
        let rotated = try await administration.rotateToken(eveToken.record.id, overlapSeconds: 0, eveCall)
        #expect(try await administration.revokeToken(rotated.record.id, eveCall).revokedAt != nil)
    }

    @Test("Over HTTP a token is made, acts, is shown without itself, rotated and revoked")
    func story() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            _ = try await client.post("tenants", #"{"id":"acme","name":"Acme","plan":"studio"}"#)
            let member = try await client.post("tenants/acme/members", #"{"email":"ann@acme.example","role":"owner"}"#)
            let memberID = try #require(member.text("id"))
            let made = try await client.post(
                "members/\(memberID)/tokens", #"{"name":"laptop","expires_at":"2026-12-01T00:00:00Z"}"#)
            #expect(made.status == 201)
            let id = try #require(made.text("id"))
            let text = try #require(made.text("token"))
            #expect(made.headers[.location] == "/admin/v1/tokens/\(id)")
            let bearer: HTTPFields = [.authorization: "Bearer \(text)"]
            let project = try await client.send(
                .post, "tenants/acme/projects", #"{"id":"game","name":"Game"}"#, headers: bearer)
            #expect(project.status == 201)
            let audit = try await client.send(.get, "audit?limit=1", headers: bearer)
            #expect(audit.items.first?["actor"] == .string("member \(memberID)"))
            let shown = try await client.send(.get, "tokens/\(id)", headers: bearer)
            #expect(!shown.body.contains(text))
            #expect(shown.text("hint") == String(text.prefix(15)))
            let rotated = try await client.send(
                .post, "tokens/\(id)/rotate", #"{"overlap_seconds":0}"#, headers: bearer)
            let next: HTTPFields = [.authorization: "Bearer \(try #require(rotated.text("token")))"]
            #expect(try await client.send(.get, "projects", headers: bearer).code == "invalid_token")
            #expect(try await client.send(.get, "projects", headers: next).items.count == 1)
            let all = try await client.get("members/\(memberID)/tokens?all=true")
            #expect(Set(all.items.map { $0["status"] }) == ["active", "expired"])
            let revoked = try await client.send(
                .post, "tokens/\(try #require(rotated.text("id")))/revoke", headers: next)
            #expect(revoked.text("status") == "revoked")
            #expect(try await client.send(.get, "projects", headers: next).code == "invalid_token")
            for (name, status) in [(#"{"name":""}"#, 422), (#"{"name":"x","scopes":[]}"#, 422)] {
                #expect(try await client.post("members/\(memberID)/tokens", name).status == status)
            }
            #expect(try await client.post("tokens/none/revoke").code == "unknown_token")
        }
    }

    @Test("What has not the form of a token is not looked up, and wrong ones are counted")
    func guessing() async throws {
        let site = try await AdminSite()
        site.office.database.isReachable = false
        try await site.run { client in
            let text = MemberToken(random: Array(0..<24)).text
            for (token, code) in [
                (text, "unavailable"), (String(text.dropLast()), "invalid_token"),
                (text.replacing("lrl_member_", with: "lrl_live_"), "invalid_token"),
            ] {
                #expect(
                    try await client.send(.get, "projects", headers: [.authorization: "Bearer \(token)"]).code == code)
            }
            site.office.database.isReachable = true
            var codes: [String?] = []
            for _ in 0..<9 {
                codes.append(try await client.send(.get, "projects", headers: [.authorization: "Bearer \(text)"]).code)
            }
            #expect(codes.prefix(8).allSatisfy { $0 == "invalid_token" } && codes.last == "too_many_attempts")
        }
    }
}

extension AdminCall {
    fileprivate var memberID: MemberID? {
        if case .member(let id, _, _) = administrator { id } else { nil }
    }
}
