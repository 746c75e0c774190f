import Admission
import ControlPlane
import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct ProjectTests {
    @Test("A project belongs to a tenant, is renamed, and is deleted for good")
    func life() async throws {
        let office = try await Office()
        let tenant = try await office.tenant()
        let administration = office.administration
        let project = try await administration.createProject(
            NewProject(name: "Game", environment: .test), in: tenant.id, Office.chief)
        #expect(project.id.text.hasPrefix("prj_"))
        #expect(project.environment == .test)
        #expect(project.tenant == tenant.id)
        #expect(try await administration.renameProject(project.id, to: "Race", Office.chief).name == "Race")
        #expect(try await administration.deleteProject(project.id, Office.chief).isDeleted)
        #expect(try await office.lastNote()?.action == "project.delete")
        #expect(
            try await code { _ = try await administration.renameProject(project.id, to: "B", Office.chief) }
                == .projectDeleted)
        #expect(try await code { _ = try await office.configure([:], project.id) } == .projectDeleted)
        #expect(try await code { _ = try await office.key(in: project.id) } == .projectDeleted)
        #expect(try await administration.projects(of: tenant.id, limit: 10, Office.chief).items == [])
        #expect(
            try await administration.projects(of: nil, withDeleted: true, limit: 10, Office.chief).items.count == 1)
    }

    @Test("A plan bounds the projects of a tenant; deleted ones don't count")
    func quota() async throws {
        let office = try await Office()
        _ = try await office.tenant(plan: .free)
        _ = try await office.project("p1")
        _ = try await office.project("p2")
        let problem = try await refusal { _ = try await office.project("p3") }
        #expect(problem?.code == .planLimit)
        #expect(problem?.detail == "Plan free allows 2 projects, and there are 2.")
        _ = try await office.administration.deleteProject(ProjectID("p1")!, Office.chief)
        #expect(try await office.project("p3").id.text == "p3")
    }

    @Test("Of many projects that are made at once no more are than the plan allows")
    func race() async throws {
        let office = try await Office()
        _ = try await office.tenant(plan: .free)
        let made = await withTaskGroup { group in
            for index in 0..<12 {
                group.addTask { (try? await office.project("p\(index)")) == nil ? 0 : 1 }
            }
            return await group.reduce(0, +)
        }
        #expect(made <= 2)
        #expect(try await office.administration.projects(of: nil, limit: 100, Office.chief).items.count == made)
    }

    @Test("Limits show the plan's quotas, the project's rates, and what is used")
    func limits() async throws {
        let office = try await Office(use: ["leaderboards": 3])
        _ = try await office.tenant(plan: .free)
        _ = try await office.project()
        _ = try await office.key()
        let old = try await office.key()
        _ = try await office.administration.revokeKey(old.record.id, Office.chief)
        _ = try await office.configure(["key_rate": Rate(requests: 5, seconds: 1, burst: 5).json])
        let limits = try await office.administration.limits(of: ProjectID("game")!, Office.chief)
        #expect(limits.plan.id == Plan.free.id)
        #expect(limits.use == ["leaderboards": 3, "keys": 1, "projects": 1])
        #expect(limits.project.settings.keyRate?.requests == 5)
    }

    @Test("The filter's report has every rule, what is set, and what was met")
    func filter() async throws {
        let office = try await Office(filtered: [.sqlBreakout: FilterCounts(reported: 3, refused: 1)])
        _ = try await office.tenant()
        _ = try await office.project()
        _ = try await office.configure(["filter": ["mode": "block", "disabled_rules": ["line-break"]]])
        let json = try await office.administration.filter(of: ProjectID("game")!, Office.chief).json
        #expect(json["mode"] == "block")
        #expect(json["threshold"] == 5)
        guard case .array(let rules)? = json["rules"] else {
            Issue.record("There are no rules.")
            return
        }
        #expect(rules.map { $0["id"] } == FilterRule.allCases.map { .string($0.id) })
        let met = rules.filter { $0["reported"] != 0 || $0["refused"] != 0 }
        #expect(met.count == 1)
        #expect(met.first?["id"] == "sql-breakout")
        #expect(met.first?["reported"] == 3)
        #expect(met.first?["refused"] == 1)
        #expect(rules.filter { $0["enabled"] == .boolean(false) }.map { $0["id"] } == ["line-break"])
        let foreign = try await refusal {
            _ = try await office.administration.filter(of: ProjectID("other")!, Office.chief)
        }
        #expect(foreign?.code == .unknownProject)
    }

    @Test("Usage is what was counted on the days, and what is used now")
    func usage() async throws {
        let office = try await Office(use: ["entries": 9])
        _ = try await office.tenant()
        let project = try await office.project()
        let today = office.administration.today
        try await office.store.setUsage([
            UsageRow(project: project.id, day: today, metric: "scores.accepted", source: "a", value: 2),
            UsageRow(project: project.id, day: today, metric: "scores.accepted", source: "b", value: 3),
            UsageRow(project: project.id, day: today - 9, metric: "scores.accepted", source: "b", value: 100),
        ])
        let usage = try await office.administration.usage(of: project.id, days: (today - 1)...today, Office.chief)
        #expect(usage.rows.map(\.value) == [5])
        #expect(usage.now == ["entries": 9])
    }
}
