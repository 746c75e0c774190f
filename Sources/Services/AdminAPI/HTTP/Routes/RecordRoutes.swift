import ControlPlane
import HTTPTypes
import Leaderboards

extension AdminRoute {
    /// What was written down: usage and changes.
    static let records: [AdminRoute] = [
        AdminRoute(.get, "projects/{project}/usage", [.from, .to]) { exchange in
            let days = try days(exchange)
            let project: ProjectID = try exchange.id("project")
            let usage = try await exchange.administration.usage(of: project, days: days, exchange.call)
            let byDay = Dictionary(grouping: usage.rows, by: \.day)
            return AdminAnswer([
                "project": .string(project.text), "from": .day(days.lowerBound), "to": .day(days.upperBound),
                "days": .array(
                    byDay.sorted { $0.key < $1.key }.map { day, rows in
                        ["day": .day(day), "metrics": .counts(sums(rows))]
                    }),
                "total": .counts(totals(usage.rows)), "now": .counts(usage.now),
            ])
        },
        AdminRoute(.get, "audit", [.limit, .cursor, .tenant]) { exchange in
            .page(
                try await exchange.administration.audit(
                    of: exchange.tenant, before: exchange.revision, limit: exchange.limit, exchange.call),
                \.json)
        },
    ]

    /// More than a year, so that years can be compared.
    private static let dayCountMax = 400
    private static let dayCountDefault = 30

    private static func days(_ exchange: Exchange) throws -> ClosedRange<Int> {
        let last = try exchange.day(.to) ?? exchange.administration.today
        let first = try exchange.day(.from) ?? last - dayCountDefault + 1
        guard first <= last, last - first < dayCountMax else {
            throw AdminProblem(.invalidParameter, at: "from", "1 to \(dayCountMax) days are allowed.")
        }
        return first...last
    }

    /// Rows are in the order of their days. Of what runs on from day to day the last day has all.
    private static func totals(_ rows: [UsageRow]) -> [String: Int64] {
        Dictionary(rows.map { ($0.metric, $0) }) { before, row in
            guard UsageRow.RunningMetric(rawValue: row.metric) == nil else { return row }
            var sum = row
            sum.value &+= before.value
            return sum
        }.mapValues(\.value)
    }

    private static func sums(_ rows: [UsageRow]) -> [String: Int64] {
        Dictionary(rows.map { ($0.metric, $0.value) }, uniquingKeysWith: &+)
    }
}

extension JSON {
    fileprivate static func day(_ number: Int) -> JSON {
        .string(String(CivilTime(CivilDate(dayNumber: number)).iso8601.prefix(10)))
    }
}
