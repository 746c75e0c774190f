import ControlPlane
import Leaderboards
import PostgresSupport
import TestSupport
import Testing

@testable import SQLDatabases

/// What a test runs on: the same test on both.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { rawValue }

    /// A database with nothing in it, not even tables.
    func place() async throws -> SQLPlace {
        switch self {
        case .sqlite: .sqlite(try HeldDirectory())
        case .postgres: .postgres(try await TestServer.shared.value.makeDatabase())
        }
    }
}

/// A database that is there as long as the test needs it.
enum SQLPlace: ControlStorePlace {
    case sqlite(HeldDirectory)
    case postgres(PostgresConfiguration)

    func open() async throws -> any ControlStore {
        switch self {
        case .sqlite: try await SQLControlStore(try await connect())
        case .postgres(let configuration): try await SQLControlStore.postgres(configuration)
        }
    }

    /// Without a schema.
    func connect() async throws -> any SQLDatabase {
        switch self {
        // A machine that is busy with other tests is no outage.
        case .sqlite(let directory):
            try await SQLiteDatabase.open(path: directory.subpath("control.db"), patienceSeconds: 60)
        case .postgres(let configuration): PostgresDatabase(configuration)
        }
    }

    func with<Value>(_ body: (any SQLDatabase) async throws -> Value) async throws -> Value {
        let database = try await connect()
        do {
            let value = try await body(database)
            await database.close()
            return value
        } catch {
            await database.close()
            throw error
        }
    }

    /// Tables, columns, constraints and indexes, in words that differ if these do.
    func schema() async throws -> [String] {
        let statements =
            switch self {
            case .sqlite: [Self.sqliteSchema]
            case .postgres: [Self.postgresColumns, Self.postgresConstraints, Self.postgresIndexes]
            }
        return try await with { database in
            try await database.read { (connection) throws(SQLError) in
                var lines: [String] = []
                for statement in statements {
                    for var row in try connection.run(statement) { lines.append(try row.text()) }
                }
                return lines
            }
        }
    }

    private static let sqliteSchema = """
        SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY type, name
        """
    private static let postgresColumns = """
        SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, collation_name, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position
        """
    private static let postgresConstraints = """
        SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1
        """
    private static let postgresIndexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
}

extension AuditNote {
    static let example = AuditNote(actor: "operator", action: "test", target: "", tenant: nil)
}

extension Timestamp {
    static let example = Timestamp(seconds: 1_764_000_000)
}

/// A plan that is nothing but there.
func plan(_ id: String) -> ControlWrite {
    .insert(.plan(Plan(id: PlanID(unchecked: id), name: id, quota: Quota())))
}
