import ControlPlane
import Foundation
import Testing

@testable import SQLDatabases

@Suite(.timeLimit(.minutes(5)))
struct MigratorTests {
    private let first = Migrator.Step(
        "first", ["CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY)", "INSERT INTO a (id) VALUES (7)"])
    private let second = Migrator.Step(
        "second", ["ALTER TABLE a ADD COLUMN name TEXT", "UPDATE a SET name = 'seven'", "CREATE TABLE b (id TEXT)"])
    private let broken = Migrator.Step(
        "broken", ["CREATE TABLE c (id TEXT)", "INSERT INTO a (id) VALUES (8)", "INSERT INTO nowhere (id) VALUES (1)"])

    @Test(arguments: Engine.allCases)
    func `Steps are done in their order, each once`(_ engine: Engine) async throws {
        let (stepwise, atOnce) = (try await engine.place(), try await engine.place())
        try await stepwise.with { database in
            try await Migrator([first]).migrate(database)
            try await Migrator([first, second]).migrate(database)
            try await Migrator([first, second]).migrate(database)
            #expect(try await texts("SELECT id, name FROM a", in: database) == ["7 seven"])
            #expect(
                try await texts("SELECT version, name FROM schema_version ORDER BY version", in: database)
                    == ["1 first", "2 second"])
        }
        try await atOnce.with { try await Migrator([first, second]).migrate($0) }
        #expect(try await stepwise.schema() == atOnce.schema())
    }

    @Test(arguments: Engine.allCases)
    func `A step that fails leaves nothing, and those before it stay`(_ engine: Engine) async throws {
        let place = try await engine.place()
        try await place.with { database in
            await #expect(throws: SQLError.self) { try await Migrator([first, broken]).migrate(database) }
            #expect(try await texts("SELECT id FROM a", in: database) == ["7"])
            #expect(try await texts("SELECT name FROM schema_version", in: database) == ["first"])
            #expect(try await place.schema().contains { $0.hasPrefix("c ") || $0.contains(" c ") } == false)
            // Corrected, it is done.
            try await Migrator([first, second]).migrate(database)
            #expect(try await texts("SELECT name FROM a", in: database) == ["seven"])
        }
    }

    @Test(arguments: Engine.allCases)
    func `A database of a newer Laurel is refused and left as it is`(_ engine: Engine) async throws {
        let place = try await engine.place()
        try await place.with { try await Migrator(Schema.steps + [second.without("a")]).migrate($0) }
        let before = try await place.schema()
        await #expect {
            _ = try await place.open()
        } throws: { error in
            guard case .failed(let reason) = error as? ControlError else { return false }
            return reason.contains("newer")
        }
        #expect(try await place.schema() == before)
    }

    @Test(arguments: Engine.allCases)
    func `A database whose steps were others is refused`(_ engine: Engine) async throws {
        let place = try await engine.place()
        try await place.with { database in
            try await Migrator([first]).migrate(database)
            await #expect(throws: SQLError.self) {
                try await Migrator([Migrator.Step("other", first.statements), second]).migrate(database)
            }
            #expect(try await texts("SELECT name FROM schema_version", in: database) == ["first"])
        }
    }

    @Test(arguments: Engine.allCases)
    func `Nodes that start at once migrate once`(_ engine: Engine) async throws {
        let place = try await engine.place()
        try await withThrowingTaskGroup { group in
            for number in 0..<6 {
                group.addTask {
                    let store = try await place.open()
                    try await store.commit([plan("plan_\(number)")], .example, at: .example)
                    await store.close()
                }
            }
            try await group.waitForAll()
        }
        let store = try await place.open()
        #expect(try await store.changes(after: 0, limit: 100).records.count == 6)
        await store.close()
    }

    private func texts(_ statement: String, in database: any SQLDatabase) async throws -> [String] {
        try await database.read { (connection) throws(SQLError) in
            var lines: [String] = []
            for var row in try connection.run(statement) {
                var words: [String] = []
                for _ in 0..<row.count { words.append(try row.description()) }
                lines.append(words.joined(separator: " "))
            }
            return lines
        }
    }
}

extension Migrator.Step {
    /// Only what does not name a table.
    fileprivate func without(_ table: String) -> Migrator.Step {
        Migrator.Step(name, statements.filter { !$0.contains(" \(table) ") })
    }
}

extension SQLRow {
    /// The next value, of whatever kind.
    fileprivate mutating func description() throws(SQLError) -> String {
        var copy = self
        if let text = try? copy.text() {
            self = copy
            return text
        }
        return String(try integer())
    }
}
