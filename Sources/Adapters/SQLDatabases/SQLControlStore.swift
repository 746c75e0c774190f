package import ControlPlane
package import Leaderboards

/// The control plane in a database that speaks SQL: the same statements for SQLite and for Postgres.
///
/// Every commit raises the one row of `revision_counter` before anything else. So commits are one after the other, their
/// revisions are in the order in which they become visible, and what they read while they decide can't change under them.
package final class SQLControlStore: ControlStore {
    let database: any SQLDatabase

    /// Over a database whose schema is the newest.
    init(migrated database: any SQLDatabase) { self.database = database }

    /// Brings the schema to the newest first. Closes the database if that fails.
    convenience init(
        _ database: any SQLDatabase, _ migrator: Migrator = Migrator()
    ) async throws(ControlError) {
        do throws(SQLError) {
            try await migrator.migrate(database)
        } catch {
            await database.close()
            throw error.forCallers
        }
        self.init(migrated: database)
    }

    package func close() async { await database.close() }
}

extension SQLControlStore {
    /// A file, made if there is none, that several processes of one machine may have open.
    package static func sqlite(path: String) async throws(ControlError) -> SQLControlStore {
        let database: SQLiteDatabase
        do throws(SQLError) { database = try await SQLiteDatabase.open(path: path) } catch { throw error.forCallers }
        return try await SQLControlStore(database)
    }

    package static func postgres(_ configuration: PostgresConfiguration) async throws(ControlError) -> SQLControlStore {
        try await SQLControlStore(PostgresDatabase(configuration))
    }
}

// MARK: - Committing

extension SQLControlStore {
    @discardableResult
    package func commit(
        _ writes: [ControlWrite], _ note: AuditNote, at now: Timestamp
    ) async throws(ControlError) -> Int64 {
        try await translated { () throws(SQLError) in
            try await database.write { (connection) throws(SQLError) in
                let rows = try connection.run(
                    "UPDATE revision_counter SET value = value + 1 WHERE id = 1 RETURNING value")
                guard var row = rows.first else { throw .failed("the row with the revision is gone") }
                let revision = try row.integer()
                for write in writes { try connection.apply(write, revision) }
                try connection.run(
                    AuditEntry.insert, AuditEntry(revision: revision, at: now, note: note).values)
                return revision
            }
        }
    }

    func translated<Value>(_ body: () async throws(SQLError) -> Value) async throws(ControlError) -> Value {
        do throws(SQLError) { return try await body() } catch { throw error.forCallers }
    }
}

extension SQLConnection {
    fileprivate func apply(_ write: ControlWrite, _ revision: Int64) throws(SQLError) {
        let record = write.record
        do throws(SQLError) {
            switch write {
            case .insert: try insert(record, revision)
            case .replace: try replace(record, revision)
            }
        } catch .exists {
            throw .refused(.exists(record.whatIsUnique))
        } catch .ownerMissing {
            throw .refused(.notFound(record.owner.map { "\($0)" } ?? ""))
        }
    }

    private func insert(_ record: ControlRecord, _ revision: Int64) throws(SQLError) {
        let stored = record.stored
        let rows = try run(type(of: stored).table.insert, stored.values + [.integer(revision)])
        if rows.isEmpty { throw .refused(.exists("\(record.identity)")) }
    }

    private func replace(_ record: ControlRecord, _ revision: Int64) throws(SQLError) {
        let stored = record.stored
        let table = type(of: stored).table
        let id = stored.values[0]
        let rows = try run(
            table.replace, stored.values.dropFirst() + [.integer(revision), id, .integer(stored.version)])
        guard rows.isEmpty else { return }
        let isThere = try !run(table.one, id).isEmpty
        throw .refused(isThere ? .conflict("\(record.identity)") : .notFound("\(record.identity)"))
    }
}

extension ControlRecord {
    fileprivate var stored: any StoredRecord {
        switch self {
        case .tenant(let tenant): tenant
        case .project(let project): project
        case .member(let member): member
        case .key(let key): key
        case .plan(let plan): plan
        case .token(let token): token
        case .order(let order): order
        }
    }

    /// What besides the id nobody else of its kind may have.
    fileprivate var whatIsUnique: String {
        switch self {
        case .member: "a member with this e-mail address"
        case .key: "a key with this digest"
        case .token: "a token with this digest"
        default: "\(identity)"
        }
    }
}
