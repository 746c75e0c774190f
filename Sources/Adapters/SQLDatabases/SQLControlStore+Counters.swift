package import ControlPlane
package import Leaderboards

// Rows are written in the order of their keys, so that two nodes that write the same rows at once wait for each other and
// don't end in a deadlock.

extension SQLControlStore {
    package func noteUse(of keys: [KeyID: Timestamp]) async throws(ControlError) {
        let uses = keys.sorted { $0.key < $1.key }
        for start in stride(from: 0, to: uses.count, by: Self.rowsOfATransactionMax) {
            let part = uses[start..<min(uses.count, start + Self.rowsOfATransactionMax)]
            try await translated { () throws(SQLError) in
                try await database.write { (connection) throws(SQLError) in
                    for (id, at) in part {
                        try connection.run(Self.noteUse, .text(id.text), .integer(at.milliseconds))
                    }
                }
            }
        }
    }

    package func lastUse(of keys: [KeyID]) async throws(ControlError) -> [KeyID: Timestamp] {
        guard !keys.isEmpty else { return [:] }
        return try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                var uses: [KeyID: Timestamp] = [:]
                for start in stride(from: 0, to: keys.count, by: Self.idsOfAStatement) {
                    var ids = keys[start..<min(keys.count, start + Self.idsOfAStatement)].map(\.text)
                    // The statement has always as many places, and so is prepared once.
                    while ids.count < Self.idsOfAStatement { ids.append(ids[0]) }
                    for var row in try connection.run(Self.lastUses, ids.map(SQLValue.text)) {
                        uses[KeyID(unchecked: try row.text())] = Timestamp(milliseconds: try row.integer())
                    }
                }
                return uses
            }
        }
    }

    package func setUsage(_ rows: [UsageRow]) async throws(ControlError) {
        // The last one of the same place counts.
        let rows = Dictionary(rows.map { (UsagePlace($0), $0.value) }) { $1 }
            .sorted { UsagePlace.isBefore($0.key, $1.key) }
        for start in stride(from: 0, to: rows.count, by: Self.rowsOfATransactionMax) {
            let part = rows[start..<min(rows.count, start + Self.rowsOfATransactionMax)]
            try await translated { () throws(SQLError) in
                try await database.write { (connection) throws(SQLError) in
                    for (place, value) in part { try connection.run(Self.setUsage, place.values + [.integer(value)]) }
                }
            }
        }
    }

    package func usage(of project: ProjectID, days: ClosedRange<Int>) async throws(ControlError) -> [UsageRow] {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                let rows = try connection.run(
                    Self.usage, .text(project.text), .integer(Int64(days.lowerBound)), .integer(Int64(days.upperBound)))
                var sums: [UsageRow] = []
                for var row in rows {
                    let day = Int(try row.integer())
                    let metric = try row.text()
                    sums.append(
                        UsageRow(project: project, day: day, metric: metric, source: "", value: try row.integer()))
                }
                return sums
            }
        }
    }

    package func usage(
        of project: ProjectID, metric: String, source: String
    ) async throws(ControlError) -> [Int: Int64] {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                var days: [Int: Int64] = [:]
                for var row in try connection.run(
                    Self.usageOfSource, .text(project.text), .text(metric), .text(source))
                {
                    let day = Int(try row.integer())
                    days[day] = try row.integer()
                }
                return days
            }
        }
    }

    /// So that no transaction holds a connection for long.
    private static let rowsOfATransactionMax = 500
    private static let idsOfAStatement = 50

    private static let noteUse =
        "INSERT INTO key_uses (id, at) VALUES ($1, $2)"
        + " ON CONFLICT (id) DO UPDATE SET at = excluded.at WHERE excluded.at > key_uses.at"
    private static let lastUses =
        "SELECT id, at FROM key_uses WHERE id IN (\((1...idsOfAStatement).map { "$\($0)" }.joined(separator: ", ")))"
    private static let setUsage =
        "INSERT INTO usage_counters (project, day, metric, source, value) VALUES ($1, $2, $3, $4, $5)"
        + " ON CONFLICT (project, day, metric, source) DO UPDATE SET value = excluded.value"
    // Postgres adds up BIGINTs to a NUMERIC, which is refused if it does not fit.
    private static let usage =
        "SELECT day, metric, CAST(SUM(value) AS BIGINT) FROM usage_counters"
        + " WHERE project = $1 AND day >= $2 AND day <= $3 GROUP BY day, metric ORDER BY day, metric"
    private static let usageOfSource =
        "SELECT day, value FROM usage_counters WHERE project = $1 AND metric = $2 AND source = $3"
}

/// Which counter a row sets.
private struct UsagePlace: Hashable {
    let project: String
    let day: Int64
    let metric: String
    let source: String

    init(_ row: UsageRow) {
        project = row.project.text
        day = Int64(row.day)
        metric = row.metric
        source = row.source
    }

    var values: [SQLValue] { [.text(project), .integer(day), .text(metric), .text(source)] }

    static func isBefore(_ left: UsagePlace, _ right: UsagePlace) -> Bool {
        (left.project, left.day, left.metric, left.source) < (right.project, right.day, right.metric, right.source)
    }
}
