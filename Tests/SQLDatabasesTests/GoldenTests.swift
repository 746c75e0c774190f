import ControlPlane
import Foundation
import Leaderboards
import TestSupport
import Testing

@testable import SQLDatabases

/// Databases as older Laurels made them, one for each version of the schema, as text that both engines load.
///
/// `LAUREL_GOLDEN=1` writes the one of the newest version, once, when there is a new version.
struct GoldenTests {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    @Test(arguments: Array(1...Schema.steps.count), Engine.allCases)
    func `A database of each version migrates to what a new one is`(_ version: Int, _ engine: Engine) async throws {
        let (old, new) = (try await engine.place(), try await engine.place())
        if ProcessInfo.processInfo.environment["LAUREL_GOLDEN"] == "1" { try await Dump.writeNewest() }
        let text = try String(contentsOf: Self.directory.appendingPathComponent("v\(version).sql"), encoding: .utf8)
        try await old.with { try await Dump.load(text, into: $0) }
        let (migrated, fresh) = (try await old.open(), try await new.open())
        #expect(try await old.schema() == new.schema())
        // What it held is read as it was meant.
        try await Dump.fill(fresh, asOf: version)
        let (found, expected) = (
            try await migrated.changes(after: 0, limit: 100), try await fresh.changes(after: 0, limit: 100)
        )
        #expect(found.records == expected.records)
        #expect(found.revision == expected.revision)
        #expect(
            try await migrated.audit(of: nil, before: nil, limit: 100)
                == fresh.audit(of: nil, before: nil, limit: 100))
        #expect(try await migrated.lastUse(of: [ExampleRecords.key.id]) == fresh.lastUse(of: [ExampleRecords.key.id]))
        #expect(
            try await migrated.usage(of: ExampleRecords.project.id, days: 0...30_000)
                == fresh.usage(of: ExampleRecords.project.id, days: 0...30_000))
        let hasAnomalies = Schema.steps.prefix(version).contains { $0.name == Schema.anomalies.name }
        for source in hasAnomalies ? ["node 1", "node 2"] : [] {
            #expect(try await migrated.anomalyStates(of: source) == fresh.anomalyStates(of: source))
            #expect(try await migrated.anomalies(of: source) == fresh.anomalies(of: source))
        }
        // And it goes on.
        #expect(try await migrated.commit([plan("plan_new")], .example, at: .example) == expected.revision + 1)
        await migrated.close()
        await fresh.close()
    }

    @Test func `There is a dump of each version`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path).sorted()
        #expect(names == (1...Schema.steps.count).map { "v\($0).sql" }.sorted())
    }
}

/// A database as statements, one after the other, each behind the last with a semicolon at the end of its line.
enum Dump {
    static func load(_ text: String, into database: any SQLDatabase) async throws {
        let statements = text.split(separator: ";\n").map(String.init)
        try await database.migrate { (connection) throws(SQLError) in
            for statement in statements where !statement.allSatisfy(\.isWhitespace) { try connection.define(statement) }
        }
    }

    /// What the dump of a version holds.
    static func fill(_ store: any ControlStore, asOf version: Int) async throws {
        let records = (ExampleRecords.smallest + ExampleRecords.fullest).filter { firstVersion($0) <= version }
        for (index, record) in records.enumerated() {
            let note = AuditNote(
                actor: "operator", action: "\(record.identity.kind.rawValue).create", target: record.identity.id,
                tenant: index % 2 == 0 ? nil : ExampleRecords.tenant.id, requestID: "r\(index)", detail: "it's \"new\"")
            try await store.commit([.insert(record)], note, at: .example)
        }
        try await store.noteUse(of: [ExampleRecords.key.id: .example])
        try await store.setUsage([
            UsageRow(project: ExampleRecords.project.id, day: 20_000, metric: "m", source: "shard 1", value: 5),
            UsageRow(project: ExampleRecords.project.id, day: 20_000, metric: "m", source: "shard 2", value: 6),
        ])
        try await store.setAnomalyStates(["key:key_a": "01ff", "project:prj_a": "02"], of: "node 1", at: .example)
        let anomaly = AnomalyRow(
            time: .example, tenant: ExampleRecords.tenant.id, project: ExampleRecords.project.id, kind: "error-share",
            observed: 0.75, expected: 0.1, deviation: 12.5, explanation: "30 of 40 requests failed.")
        var other = anomaly
        (other.key, other.leaderboard, other.country) = (ExampleRecords.key.id, "it's", "NO")
        try await store.addAnomalies([anomaly, other], of: "node 2", keeping: 10)
    }

    /// The first version of the schema that has a place for the record.
    private static func firstVersion(_ record: ControlRecord) -> Int {
        switch record {
        case .plan, .tenant, .project, .member, .key: 1
        case .token: 2
        case .order: 4
        }
    }

    static func writeNewest() async throws {
        let place = try await Engine.sqlite.place()
        let store = try await place.open()
        try await fill(store, asOf: Schema.steps.count)
        await store.close()
        let file = GoldenTests.directory.appendingPathComponent("v\(Schema.steps.count).sql")
        try await place.with { try await text(of: $0) }.write(to: file, atomically: true, encoding: .utf8)
    }

    /// Of a SQLite database: what defines its tables is kept as it was written.
    private static func text(of database: any SQLDatabase) async throws -> String {
        try await database.read { (connection) throws(SQLError) in
            var statements: [String] = []
            var tables: [String] = []
            for var row in try connection.run(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
            {
                let name = try row.text()
                let definition = try row.text()
                statements.append(definition)
                if definition.hasPrefix("CREATE TABLE") { tables.append(name) }
            }
            for table in tables {
                var columns: [String] = []
                for var row in try connection.run("SELECT name FROM pragma_table_info('\(table)')") {
                    columns.append(try row.text())
                }
                let quoted = columns.map { "quote(\($0))" }.joined(separator: " || ', ' || ")
                for var row in try connection.run("SELECT \(quoted) FROM \(table) ORDER BY rowid") {
                    let values = try row.text()
                    statements.append(
                        "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(values))")
                }
            }
            return statements.joined(separator: ";\n") + ";\n"
        }
    }
}
