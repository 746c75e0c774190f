/// Brings a database to the newest schema, one step after the other, each in a transaction of its own.
///
/// Steps are never changed once released, and there are none back: an older Laurel does not touch a database that a newer
/// one has made.
struct Migrator: Sendable {
    struct Step: Sendable {
        /// Stored, so that two lists that differ are noticed.
        let name: String
        let statements: [String]

        init(_ name: String, _ statements: [String]) {
            self.name = name
            self.statements = statements
        }
    }

    /// Step 1 first.
    let steps: [Step]

    init(_ steps: [Step] = Schema.steps) { self.steps = steps }

    func migrate(_ database: any SQLDatabase) async throws(SQLError) {
        var isDone = false
        while !isDone {
            isDone = try await database.migrate { (connection) throws(SQLError) in try next(connection) }
        }
    }

    /// Does one step, if there is one left; answers whether there was none.
    private func next(_ connection: any SQLConnection) throws(SQLError) -> Bool {
        try connection.define(Self.table)
        let done = try done(connection)
        guard done.count <= steps.count else {
            throw .failed(
                "the database has schema \(done.count) of a newer Laurel; this one knows schema \(steps.count)")
        }
        for (index, name) in done.enumerated() where name != steps[index].name {
            throw .failed("step \(index + 1) of the database's schema is '\(name)', not '\(steps[index].name)'")
        }
        guard done.count < steps.count else { return true }
        let step = steps[done.count]
        for statement in step.statements { try connection.define(statement) }
        try connection.run(
            "INSERT INTO schema_version (version, name) VALUES ($1, $2)", .integer(Int64(done.count + 1)),
            .text(step.name))
        return false
    }

    /// The names of the steps that were done, in their order.
    private func done(_ connection: any SQLConnection) throws(SQLError) -> [String] {
        var names: [String] = []
        for var row in try connection.run("SELECT version, name FROM schema_version ORDER BY version") {
            guard try row.integer() == Int64(names.count + 1) else {
                throw .failed("the database's list of schema versions has a gap")
            }
            names.append(try row.text())
        }
        return names
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_version (
            version BIGINT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL
        )
        """
}
