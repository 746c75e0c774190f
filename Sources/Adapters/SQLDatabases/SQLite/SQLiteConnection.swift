internal import GRDB

/// Statements on one of GRDB's connections, on its queue.
struct SQLiteConnection: SQLConnection {
    let database: Database

    func run(_ statement: String, _ values: [SQLValue]) throws(SQLError) -> [SQLRow] {
        try values.refuseZeroBytes()
        do {
            let prepared = try database.cachedStatement(sql: statement)
            // Parameters have the order of their first appearance, and names that GRDB passes over.
            let rows = try Row.fetchAll(prepared, arguments: StatementArguments(values.map(\.forGRDB)))
            return rows.map { row in SQLRow(row.databaseValues.map(SQLValue.init)) }
        } catch {
            throw SQLError(error)
        }
    }

    func define(_ statement: String) throws(SQLError) {
        do { try database.execute(sql: statement) } catch { throw SQLError(error) }
    }

    /// Immediate: it waits for other writers at its beginning, where nothing has been read yet.
    func transaction<Value>(
        _ body: (any SQLConnection) throws(SQLError) -> Value
    ) throws(SQLError) -> Value {
        var outcome: Result<Value, SQLError>?
        do {
            try database.inTransaction(.immediate) {
                do throws(SQLError) {
                    outcome = .success(try body(self))
                    return .commit
                } catch {
                    outcome = .failure(error)
                    return .rollback
                }
            }
        } catch {
            throw SQLError(error)
        }
        return try outcome!.get()
    }
}

extension SQLValue {
    fileprivate var forGRDB: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        }
    }

    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .string(let text): self = .text(text)
        // There are no columns of other kinds.
        case .double(let number): self = .text("\(number)")
        case .blob: self = .text("")
        }
    }
}

extension SQLError {
    /// SQLite's errors, by what the caller can do. Their messages name tables and columns, and no values.
    init(_ error: any Error) {
        if let error = error as? SQLError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed("SQLite: \(type(of: error))")
            return
        }
        let message = "SQLite: \(error.message ?? "") (\(error.extendedResultCode.rawValue))"
        switch (error.resultCode, error.extendedResultCode) {
        case (_, .SQLITE_CONSTRAINT_UNIQUE), (_, .SQLITE_CONSTRAINT_PRIMARYKEY): self = .exists
        case (_, .SQLITE_CONSTRAINT_FOREIGNKEY): self = .ownerMissing
        // A file locked by another process, a full disk, a store being closed.
        case (.SQLITE_BUSY, _), (.SQLITE_LOCKED, _), (.SQLITE_FULL, _), (.SQLITE_INTERRUPT, _), (.SQLITE_NOMEM, _),
            (.SQLITE_MISUSE, _):
            self = .unavailable(message)
        default: self = .failed(message)
        }
    }
}
