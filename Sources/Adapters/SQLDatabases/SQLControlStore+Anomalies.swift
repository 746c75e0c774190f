package import ControlPlane
package import Leaderboards

extension SQLControlStore {
    package func setAnomalyStates(
        _ states: [String: String], of source: String, at now: Timestamp
    ) async throws(ControlError) {
        let rows = states.sorted { $0.key < $1.key }
        for start in stride(from: 0, to: rows.count, by: Self.statesOfATransactionMax) {
            let part = rows[start..<min(rows.count, start + Self.statesOfATransactionMax)]
            try await translated { () throws(SQLError) in
                try await database.write { (connection) throws(SQLError) in
                    for (identity, state) in part {
                        try connection.run(
                            Self.setState, .text(source), .text(identity), .integer(now.milliseconds), .text(state))
                    }
                }
            }
        }
        try await translated { () throws(SQLError) in
            try await database.write { (connection) throws(SQLError) in
                _ = try connection.run(Self.removeStates, .text(source), .integer(now.milliseconds))
            }
        }
    }

    package func anomalyStates(of source: String) async throws(ControlError) -> [String: String] {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                var states: [String: String] = [:]
                for var row in try connection.run(Self.states, .text(source)) {
                    let identity = try row.text()
                    states[identity] = try row.text()
                }
                return states
            }
        }
    }

    package func addAnomalies(
        _ rows: [AnomalyRow], of source: String, keeping countMax: Int
    ) async throws(ControlError) {
        try await translated { () throws(SQLError) in
            try await database.write { (connection) throws(SQLError) in
                var number: Int64 = 0
                for var row in try connection.run(Self.lastNumber, .text(source)) { number = try row.integer() }
                for row in rows {
                    number += 1
                    try connection.run(Self.addAnomaly, [.text(source), .integer(number)] + row.values)
                }
                try connection.run(Self.removeAnomalies, .text(source), .integer(number - Int64(countMax)))
            }
        }
    }

    package func anomalies(of source: String) async throws(ControlError) -> [AnomalyRow] {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                var rows: [AnomalyRow] = []
                for var row in try connection.run(Self.anomalies, .text(source)) { rows.append(try AnomalyRow(&row)) }
                return rows
            }
        }
    }

    private static let statesOfATransactionMax = 500

    private static let setState =
        "INSERT INTO anomaly_states (source, identity, written_at, state) VALUES ($1, $2, $3, $4)"
        + " ON CONFLICT (source, identity) DO UPDATE SET written_at = excluded.written_at, state = excluded.state"
    private static let removeStates = "DELETE FROM anomaly_states WHERE source = $1 AND written_at <> $2"
    private static let states = "SELECT identity, state FROM anomaly_states WHERE source = $1"

    private static let columns =
        "at, tenant, project, api_key, leaderboard, kind, observed, expected, deviation, country, explanation"
    private static let lastNumber = "SELECT COALESCE(MAX(number), 0) FROM found_anomalies WHERE source = $1"
    private static let addAnomaly =
        "INSERT INTO found_anomalies (source, number, \(columns))"
        + " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    private static let removeAnomalies = "DELETE FROM found_anomalies WHERE source = $1 AND number <= $2"
    private static let anomalies = "SELECT \(columns) FROM found_anomalies WHERE source = $1 ORDER BY number"
}

extension AnomalyRow {
    fileprivate var values: [SQLValue] {
        [
            .integer(time.milliseconds), .text(tenant.text), .text(project.text), SQLValue(key?.text),
            SQLValue(leaderboard), .text(kind), .text("\(observed)"), .text("\(expected)"), .text("\(deviation)"),
            SQLValue(country), .text(explanation),
        ]
    }

    fileprivate init(_ row: inout SQLRow) throws(SQLError) {
        self.init(
            time: Timestamp(milliseconds: try row.integer()), tenant: TenantID(unchecked: try row.text()),
            project: ProjectID(unchecked: try row.text()), key: try row.optionalText().map { KeyID(unchecked: $0) },
            leaderboard: try row.optionalText(), kind: try row.text(), observed: try row.double(),
            expected: try row.double(), deviation: try row.double(), country: try row.optionalText(),
            explanation: try row.text())
    }
}

extension SQLRow {
    fileprivate mutating func double() throws(SQLError) -> Double {
        let text = try text()
        guard let number = Double(text) else { throw .failed("'\(text)' is no number") }
        return number
    }
}
