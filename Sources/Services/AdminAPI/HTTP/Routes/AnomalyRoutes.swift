import ControlPlane
import HTTPTypes

extension AdminRoute {
    /// Lists of one page: no more is remembered than a page takes.
    static let anomalies: [AdminRoute] = [
        AdminRoute(.get, "projects/{project}/anomalies", [.limit]) { exchange in
            let project: ProjectID = try exchange.id("project")
            return list(
                try await exchange.administration.anomalies(of: project, limit: exchange.limit, exchange.call))
        },
        AdminRoute(.get, "anomalies", [.limit, .tenant]) { exchange in
            list(
                try await exchange.administration.anomalies(
                    of: exchange.tenant, limit: exchange.limit, exchange.call))
        },
    ]

    private static func list(_ reports: [AnomalyReport]) -> AdminAnswer {
        .page(AdminPage(items: reports, next: nil), \.json)
    }
}

extension AnomalyReport {
    fileprivate var json: JSON {
        [
            "at": .time(time), "tenant": .string(tenant.text), "project": .string(project.text),
            "key": .optional(key?.text), "leaderboard": .optional(leaderboard), "kind": .string(kind),
            "explanation": .string(explanation),
        ]
    }
}
