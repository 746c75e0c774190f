import ControlPlane
import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct TenantTests {
    @Test("A new tenant has a plan, an id that nobody has, and the revision of its making as its version")
    func create() async throws {
        let office = try await Office()
        let tenant = try await office.administration.createTenant(NewTenant(name: "Acme"), Office.chief)
        #expect(tenant.id.text.wholeMatch(of: /ten_[0-9a-z]{16}/) != nil)
        #expect(tenant.plan == Plan.free.id)
        #expect(tenant.version == 2)
        #expect(tenant.createdAt == Office.start)
        #expect(try await office.administration.tenant(tenant.id, Office.chief) == tenant)
        #expect(office.changeCount == 1)
        let note = try #require(try await office.lastNote())
        #expect(note.actor == "operator")
        #expect(note.action == "tenant.create")
        #expect(note.target == tenant.id.text)
        #expect(note.tenant == tenant.id)
        #expect(note.requestID == "req-1")
    }

    @Test("An id can be chosen, once")
    func chosenID() async throws {
        let office = try await Office()
        #expect(try await office.tenant().id.text == "acme")
        #expect(try await code { _ = try await office.tenant() } == .exists)
    }

    @Test("A plan that does not exist is refused, for a new tenant and for an old one")
    func unknownPlan() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        let none = PlanID("none")!
        let made = try await code {
            _ = try await office.administration.createTenant(NewTenant(name: "B", plan: none), Office.chief)
        }
        #expect(made == .unknownPlan)
        let set = try await code {
            _ = try await office.administration.setPlan(of: tenant.id, to: none, Office.chief)
        }
        #expect(set == .unknownPlan)
    }

    @Test("Renaming, another plan, suspending and resuming each leave a line in the audit log")
    func changes() async throws {
        let office = try await Office()
        let id = try await office.tenant().id
        let administration = office.administration
        #expect(try await administration.renameTenant(id, to: "Acme Games", Office.chief).name == "Acme Games")
        #expect(try await office.lastNote()?.detail == "name 'Acme' → 'Acme Games'")
        #expect(try await administration.setPlan(of: id, to: Plan.studio.id, Office.chief).plan == Plan.studio.id)
        #expect(try await office.lastNote()?.action == "tenant.set_plan")
        #expect(try await administration.suspendTenant(id, Office.chief).status == .suspended)
        #expect(try await office.lastNote()?.action == "tenant.suspend")
        let resumed = try await administration.resumeTenant(id, Office.chief)
        #expect(resumed.status == .active)
        #expect(try await administration.tenant(id, Office.chief) == resumed)
        #expect(office.changeCount == 5)
    }

    @Test("What is already so is no change: no new version, no line in the audit log")
    func noChange() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        #expect(try await office.administration.resumeTenant(tenant.id, Office.chief) == tenant)
        #expect(try await office.administration.renameTenant(tenant.id, to: tenant.name, Office.chief) == tenant)
        #expect(office.changeCount == 1)
        #expect(try await office.lastNote()?.action == "tenant.create")
    }

    @Test("A deleted tenant takes its projects along, stays readable, and can't be changed any more")
    func delete() async throws {
        let office = try await Office()
        let id = try await office.tenant().id
        let project = try await office.project()
        let administration = office.administration
        #expect(try await administration.deleteTenant(id, Office.chief).status == .deleted)
        #expect(try await office.lastNote()?.detail == "with game")
        #expect(try await administration.project(project.id, Office.chief).isDeleted)
        #expect(try await administration.deleteTenant(id, Office.chief).status == .deleted)
        let changes: [(TenantID) async throws -> Void] = [
            { _ = try await administration.renameTenant($0, to: "B", Office.chief) },
            { _ = try await administration.setPlan(of: $0, to: Plan.free.id, Office.chief) },
            { _ = try await administration.suspendTenant($0, Office.chief) },
            { _ = try await administration.resumeTenant($0, Office.chief) },
            { _ = try await administration.createProject(NewProject(name: "B"), in: $0, Office.chief) },
            { _ = try await administration.addMember("a@b", as: .owner, to: $0, Office.chief) },
        ]
        for change in changes { #expect(try await code { try await change(id) } == .tenantDeleted) }
    }

    @Test("A list is read page by page, without the deleted ones unless they are asked for")
    func list() async throws {
        let office = try await Office()
        for index in 0..<5 { _ = try await office.tenant("t\(index)") }
        _ = try await office.administration.deleteTenant(TenantID("t1")!, Office.chief)
        var seen: [String] = []
        var after: TenantID?
        repeat {
            let page = try await office.administration.tenants(after: after, limit: 2, Office.chief)
            seen += page.items.map(\.id.text)
            after = page.next.flatMap { TenantID($0) }
        } while after != nil
        #expect(seen == ["t0", "t2", "t3", "t4"])
        let all = try await office.administration.tenants(withDeleted: true, limit: 100, Office.chief)
        #expect(all.items.count == 5)
        #expect(all.next == nil)
    }

    @Test("What does not exist is said to be missing")
    func missing() async throws {
        let office = try await Office()
        let administration = office.administration
        let tenant = TenantID("none")!
        #expect(try await code { _ = try await administration.tenant(tenant, Office.chief) } == .unknownTenant)
        #expect(try await code { _ = try await administration.suspendTenant(tenant, Office.chief) } == .unknownTenant)
        #expect(
            try await code { _ = try await administration.members(of: tenant, limit: 1, Office.chief) }
                == .unknownTenant)
        #expect(
            try await code { _ = try await administration.audit(of: tenant, limit: 1, Office.chief) }
                == .unknownTenant)
        let project = ProjectID("none")!
        #expect(try await code { _ = try await administration.project(project, Office.chief) } == .unknownProject)
        #expect(try await code { _ = try await office.key(in: project) } == .unknownProject)
        #expect(
            try await code { _ = try await administration.usage(of: project, days: 1...2, Office.chief) }
                == .unknownProject)
        #expect(try await code { _ = try await administration.key(KeyID("none")!, Office.chief) } == .unknownKey)
        #expect(
            try await code { _ = try await administration.removeMember(MemberID("none")!, Office.chief) }
                == .unknownMember)
        #expect(try await code { _ = try await administration.plan(PlanID("none")!, Office.chief) } == .unknownPlan)
    }
}
