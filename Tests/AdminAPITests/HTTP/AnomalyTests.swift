import ControlPlane
import Testing

@testable import AdminAPI

@Suite struct AnomalyTests {
    private static func report(_ project: String, of tenant: String, key: String? = nil) -> AnomalyReport {
        AnomalyReport(
            time: Office.start, tenant: TenantID(tenant)!, project: ProjectID(project)!, key: key.flatMap { KeyID($0) },
            kind: "request-surge", explanation: "Many came.")
    }

    @Test("Anomalies are listed of a project, of a tenant and of all, as many as are wanted")
    func lists() async throws {
        let site = try await AdminSite(anomalies: [
            Self.report("game", of: "acme", key: "key_1"), Self.report("game", of: "acme"),
            Self.report("other", of: "rival"),
        ])
        for (tenant, project) in [("acme", "game"), ("rival", "other")] {
            _ = try await site.office.tenant(tenant)
            _ = try await site.office.project(project, in: TenantID(tenant)!)
        }
        try await site.run { client in
            let first = try await client.get("projects/game/anomalies?limit=1")
            #expect(
                first.body
                    == #"{"items":[{"at":"2026-11-23T12:00:00Z","tenant":"acme","project":"game","key":"key_1","leaderboard":null,"kind":"request-surge","explanation":"Many came."}],"next":null}"#
            )
            #expect(try await client.get("projects/game/anomalies").items.map { $0["key"] } == ["key_1", .null])
            #expect(try await client.get("projects/other/anomalies").items.count == 1)
            #expect(try await client.get("anomalies").items.count == 3)
            #expect(try await client.get("anomalies?tenant=rival").items.map { $0["project"] } == ["other"])
        }
    }

    @Test("There are no anomalies of what is not there, and no second page")
    func refusals() async throws {
        let site = try await AdminSite()
        _ = try await site.office.tenant()
        _ = try await site.office.project()
        try await site.run { client in
            let none = try await client.get("projects/game/anomalies")
            #expect(none.body == #"{"items":[],"next":null}"#)
            #expect(try await client.get("projects/none/anomalies").code == "unknown_project")
            #expect(try await client.get("anomalies?tenant=none").code == "unknown_tenant")
            #expect(try await client.get("anomalies?limit=1001").code == "invalid_parameter")
            #expect(try await client.get("anomalies?cursor=1").code == "unknown_parameter")
        }
    }

    @Test("A total has the sum of what is counted anew each day, and the last of what runs on")
    func totals() async throws {
        let site = try await AdminSite()
        _ = try await site.office.tenant()
        let project = try await site.office.project()
        let today = site.office.administration.today
        func row(_ day: Int, _ metric: String, _ value: Int64) -> UsageRow {
            UsageRow(project: project.id, day: day, metric: metric, source: "a", value: value)
        }
        try await site.office.store.setUsage([
            row(today - 1, "requests", 5), row(today - 1, "scores_accepted", 100), row(today - 1, "entries", 9),
            row(today, "requests", 6), row(today, "scores_accepted", 130), row(today, "entries", 8),
        ])
        try await site.run { client in
            let usage = try await client.get("projects/game/usage")
            #expect(usage.json["total"] == ["entries": 8, "requests": 11, "scores_accepted": 130])
        }
    }
}
