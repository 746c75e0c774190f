import ControlPlane
import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct PlanTests {
    @Test("A plan is made once, and changed for all who have it")
    func plans() async throws {
        let office = try await Office()
        let administration = office.administration
        let plan = try await administration.createPlan(
            Plan(id: PlanID("indie")!, name: "Indie", quota: Quota(projects: 1)), Office.chief)
        #expect(
            try await code { _ = try await administration.createPlan(plan, Office.chief) } == .exists)
        #expect(
            try await administration.plans(Office.chief).map(\.id.text) == ["free", "indie", "studio", "unlimited"])
        _ = try await office.tenant(plan: plan)
        _ = try await office.project("p1")
        #expect(try await code { _ = try await office.project("p2") } == .planLimit)
        let changed = try await administration.changePlan(
            plan.id, name: nil, quota: ["projects": 2, "entries": 100], Office.chief)
        #expect(changed.quota == Quota(entries: 100, projects: 2))
        _ = try await office.project("p2")
        let open = try await administration.changePlan(
            plan.id, name: "Open", quota: ["projects": .null, "entries": .null], Office.chief)
        #expect(open.quota == Quota())
        #expect(try await administration.plan(plan.id, Office.chief) == open)
        #expect(try await office.lastNote()?.detail.contains("name 'Indie' → 'Open'") == true)
    }

    @Test("What is wrong with a quota is told field by field")
    func wrongQuota() async throws {
        let office = try await Office()
        let quota: JSON = [
            "projects": -1, "keys": "many", "colour": 1, "rate": ["requests": 0, "seconds": 1],
        ]
        let problem = try await refusal {
            _ = try await office.administration.changePlan(Plan.free.id, name: nil, quota: quota, Office.chief)
        }
        #expect(problem?.code == .invalidFields)
        let found = Set(problem?.fields.map { "\($0.field) \($0.code)" } ?? [])
        #expect(
            found == [
                "quota.projects out_of_range", "quota.keys wrong_type", "quota.colour unknown_field",
                "quota.rate.requests out_of_range",
            ])
    }
}

@Suite struct VersionTests {
    @Test("Who has seen another version changes nothing")
    func precondition() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        _ = try await office.administration.renameTenant(tenant.id, to: "B", Office.chief)
        var call = Office.chief
        call.version = tenant.version
        let stale = call
        let problem = try await refusal {
            _ = try await office.administration.renameTenant(tenant.id, to: "C", stale)
        }
        #expect(problem?.code == .preconditionFailed)
        #expect(try await office.administration.tenant(tenant.id, Office.chief).name == "B")
    }

    @Test("Who gives no version has the change decided anew when others change the same, until it is done")
    func retries() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        let done = await withTaskGroup { group in
            for index in 0..<20 {
                group.addTask {
                    do {
                        _ = try await office.administration.renameTenant(tenant.id, to: "n\(index)", Office.chief)
                        return 1
                    } catch {
                        #expect((error as? AdminProblem)?.code == .versionConflict)
                        return 0
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(done >= 1)
        // As many lines as changes.
        let audit = try await office.administration.audit(of: tenant.id, limit: 100, Office.chief).items
        #expect(audit.count == done + 1)
    }

    @Test("A database out of reach is told as such, and a change that may have been done is told apart")
    func unreachable() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        office.database.isReachable = false
        let reading = try await refusal { _ = try await office.administration.tenant(tenant.id, Office.chief) }
        #expect(reading?.code == .unavailable)
        #expect(reading?.retryAfterSeconds == 1)
        let failed = AdminProblem(ControlError.unavailable("x"), whileChanging: true)
        #expect(failed.code == .outcomeUnknown)
        #expect(AdminProblem(ControlError.failed("x"), whileChanging: true).code == .storeFailed)
        #expect(AdminProblem(ControlError.notFound("x"), whileChanging: true).code == .versionConflict)
    }

    @Test("The audit log is read newest first, page by page, of one tenant or of all")
    func audit() async throws {
        let office = try await Office()
        _ = try await office.tenant("a")
        _ = try await office.tenant("b")
        _ = try await office.project("p", in: TenantID("b")!)
        var actions: [String] = []
        var before: Int64?
        repeat {
            let page = try await office.administration.audit(of: nil, before: before, limit: 2, Office.chief)
            actions += page.items.map(\.note.action)
            before = page.next.flatMap { Int64($0) }
        } while before != nil
        #expect(actions == ["project.create", "tenant.create", "tenant.create", "service.start"])
        let own = try await office.administration.audit(of: TenantID("b")!, limit: 10, Office.chief).items
        #expect(own.map(\.note.action) == ["project.create", "tenant.create"])
    }
}
