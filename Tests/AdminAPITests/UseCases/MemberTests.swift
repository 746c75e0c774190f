import ControlPlane
import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct MemberTests {
    @Test("The first member is an owner, and there is always one")
    func owners() async throws {
        let office = try await Office()
        _ = try await office.tenant()
        #expect(try await code { _ = try await office.member("dev@acme.example", .developer) } == .lastOwner)
        let ann = try await office.member("ann@acme.example", .owner)
        _ = try await office.member("dev@acme.example", .developer)
        let administration = office.administration
        #expect(try await code { _ = try await administration.removeMember(ann.id, Office.chief) } == .lastOwner)
        #expect(
            try await code { _ = try await administration.setRole(of: ann.id, to: .viewer, Office.chief) }
                == .lastOwner)
        let bob = try await office.member("bob@acme.example", .owner)
        #expect(try await administration.setRole(of: ann.id, to: .viewer, Office.chief).role == .viewer)
        #expect(try await office.lastNote()?.detail == "ann@acme.example: owner → viewer")
        #expect(try await code { _ = try await administration.removeMember(bob.id, Office.chief) } == .lastOwner)
    }

    @Test("Two owners who step down at once are not both let go")
    func race() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        var owners: [MemberID] = []
        for name in ["a", "b", "c", "d"] { owners.append(try await office.member("\(name)@acme.example", .owner).id) }
        await withTaskGroup { group in
            for owner in owners {
                group.addTask { _ = try? await office.administration.removeMember(owner, Office.chief) }
            }
        }
        let left = try await office.administration.members(of: tenant.id, limit: 10, Office.chief).items
        #expect(left.contains { $0.role == .owner })
    }

    @Test("An address is a member once; who was removed comes back under the old id")
    func addresses() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        _ = try await office.member("ann@acme.example", .owner)
        let bob = try await office.member("bob@acme.example", .developer)
        #expect(try await code { _ = try await office.member("bob@acme.example", .viewer) } == .exists)
        let removed = try await office.administration.removeMember(bob.id, Office.chief)
        #expect(removed.isRemoved)
        #expect(try await office.administration.removeMember(bob.id, Office.chief) == removed)
        #expect(
            try await code { _ = try await office.administration.setRole(of: bob.id, to: .admin, Office.chief) }
                == .unknownMember)
        #expect(try await office.administration.members(of: tenant.id, limit: 10, Office.chief).items.count == 1)
        let again = try await office.member("bob@acme.example", .admin)
        #expect(again.id == bob.id)
        #expect(again.role == .admin)
        #expect(
            try await office.administration.members(of: tenant.id, withRemoved: true, limit: 10, Office.chief)
                .items.count == 2)
        #expect(try await office.administration.member(bob.id, Office.chief) == again)
    }
}

@Suite struct PermissionTests {
    private static let roles = Member.Role.allCases

    @Test("Each role may do what those below may, and nothing outside of its tenant")
    func table() {
        let tenant = TenantID("acme")!
        for right in Right.allCases {
            let allowed = Self.roles.filter { role in
                (try? Administrator.member(MemberID("mem")!, of: tenant, role).check(right, in: tenant)) != nil
            }
            let count = [Right.look: 4, .configure: 3, .manage: 2, .own: 1, .operate: 0][right]!
            #expect(allowed == Array(Self.roles.prefix(count)), "\(right)")
            for role in Self.roles {
                let member = Administrator.member(MemberID("mem")!, of: tenant, role)
                #expect(throws: AdminProblem.self) { try member.check(right, in: TenantID("other")) }
                #expect(throws: AdminProblem.self) { try member.check(right, in: nil) }
            }
            #expect(throws: Never.self) { try Administrator.operator.check(right, in: nil) }
        }
    }

    @Test("Members act within their role, and the audit log names them")
    func members() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        _ = try await office.project()
        let owner = try await office.member("ann@acme.example", .owner)
        let administration = office.administration
        func call(_ role: Member.Role) -> AdminCall { AdminCall(.member(owner.id, of: tenant.id, role)) }

        _ = try await administration.configureProject(
            ProjectID("game")!, by: ["cors_origins": ["https://a.example"]], call(.developer))
        #expect(try await office.lastNote()?.actor == "member \(owner.id)")
        let new = NewKey(name: "k", grant: KeyGrant(scopes: .read))
        #expect(
            try await code { _ = try await administration.createKey(new, in: ProjectID("game")!, call(.developer)) }
                == .forbidden)
        _ = try await administration.createKey(new, in: ProjectID("game")!, call(.admin))
        #expect(try await administration.project(ProjectID("game")!, call(.viewer)).id.text == "game")
        #expect(
            try await code { _ = try await administration.configureProject(ProjectID("game")!, by: [:], call(.viewer)) }
                == .forbidden)
        #expect(try await code { _ = try await administration.suspendTenant(tenant.id, call(.owner)) } == .forbidden)
        #expect(try await code { _ = try await administration.tenants(limit: 1, call(.owner)) } == .forbidden)
        #expect(try await code { _ = try await administration.plans(call(.owner)) } == .forbidden)
    }

    @Test("Only owners make, change and remove owners")
    func owners() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        let owner = try await office.member("ann@acme.example", .owner)
        let admin = try await office.member("bob@acme.example", .admin)
        let administration = office.administration
        let call = AdminCall(.member(admin.id, of: tenant.id, .admin))
        #expect(
            try await code { _ = try await administration.addMember("c@acme.example", as: .owner, to: tenant.id, call) }
                == .forbidden)
        #expect(try await code { _ = try await administration.setRole(of: owner.id, to: .admin, call) } == .forbidden)
        #expect(try await code { _ = try await administration.setRole(of: admin.id, to: .owner, call) } == .forbidden)
        #expect(try await code { _ = try await administration.removeMember(owner.id, call) } == .forbidden)
        #expect(
            try await administration.addMember("c@acme.example", as: .viewer, to: tenant.id, call).role == .viewer)
    }
}
