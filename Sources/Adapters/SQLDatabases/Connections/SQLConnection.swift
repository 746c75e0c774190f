internal import ControlPlane

/// A connection to a database inside one transaction, used by one thread at a time.
///
/// Statements are written in the SQL that SQLite and Postgres share: parameters are `$1`, `$2`, … in the order in which they
/// first appear, columns are BIGINT or TEXT.
protocol SQLConnection {
    /// Runs a statement that will be run again, and answers its rows.
    @discardableResult
    func run(_ statement: String, _ values: [SQLValue]) throws(SQLError) -> [SQLRow]

    /// Runs a statement of a migration.
    func define(_ statement: String) throws(SQLError)
}

extension SQLConnection {
    @discardableResult
    func run(_ statement: String, _ values: SQLValue...) throws(SQLError) -> [SQLRow] { try run(statement, values) }
}

/// A database that runs transactions. The body may be run more than once: it must do nothing but ask the connection.
///
/// Does not block its caller's thread.
protocol SQLDatabase: Sendable {
    /// What only reads, and sees one state of the database in all of its statements.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value

    /// What is done whole or not at all. Nothing that it changed was changed by another after it was read, if the body
    /// begins by locking it.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value

    /// A write that no other one of these runs beside, in any process, and that may take minutes.
    func migrate<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value

    func close() async
}

enum SQLError: Error, Equatable {
    /// A unique index has this already.
    case exists
    /// A foreign key refers to nothing.
    case ownerMissing
    /// Another transaction was in the way, and this one was undone: worth another try.
    case collision
    /// The connection is gone, and with it the transaction.
    case lost(String)
    /// Not known whether it was done, or not reached at all.
    case unavailable(String)
    case failed(String)
    /// The body's own decision.
    case refused(ControlError)

    /// What a person is told.
    var words: String {
        switch self {
        case .lost(let reason), .unavailable(let reason), .failed(let reason): reason
        case .exists, .ownerMissing, .collision, .refused: ""
        }
    }

    var forCallers: ControlError {
        switch self {
        case .exists: .exists("the same")
        case .ownerMissing: .notFound("what it belongs to")
        case .collision: .unavailable("too many transactions were in each other's way")
        case .lost(let reason), .unavailable(let reason): .unavailable(reason)
        case .failed(let reason): .failed(reason)
        case .refused(let error): error
        }
    }
}
