private import Synchronization

/// Postgres: a few connections, each on a thread of its own, made when they are needed and again when they are lost.
final class PostgresDatabase: SQLDatabase {
    private let configuration: PostgresConfiguration
    private let pool: SessionPool

    init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        let server = PostgresServer(configuration)
        let sessions = (0..<max(1, configuration.connectionCount)).map { number in
            PostgresSession(number: number, server: server)
        }
        pool = SessionPool(
            sessions: sessions, waiterCountMax: configuration.waiterCountMax, waitMax: configuration.waitMax)
    }

    /// Calls that wait for a connection.
    var waiterCount: Int { pool.waiterCount }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        try await transact(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", patience: configuration.statementTimeout, body)
    }

    // READ COMMITTED: each statement sees what was committed before it, so after a lock that all writers take first, all
    // there is; and no transaction fails for having seen too little.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        try await transact("BEGIN", patience: configuration.statementTimeout, body)
    }

    func migrate<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        let patience = configuration.migrationTimeout
        return try await transact("BEGIN", patience: patience) { (connection) throws(SQLError) -> Value in
            try connection.define("SET LOCAL statement_timeout = \(patience.milliseconds)")
            try connection.define("SELECT pg_advisory_xact_lock(\(Self.migrationLock))")
            try connection.define(#"CREATE COLLATION IF NOT EXISTS "binary" FROM "C""#)
            return try body(connection)
        }
    }

    func close() async {
        for session in await pool.close() { await session.disconnect() }
    }

    /// "laurel" in ASCII: a number that no other program of the database takes.
    private static let migrationLock: Int64 = 0x6C61_7572_656C

    private func transact<Value: Sendable>(
        _ begin: String, patience: Duration,
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        var attempts = Attempts()
        while true {
            do throws(SQLError) {
                return try await pool.with { (session) async throws(SQLError) -> Value in
                    try await session.transaction(begin, patience: patience, body)
                }
            } catch {
                guard let pause = attempts.pause(after: error, chance: .random(in: 0..<1)) else { throw error }
                try? await Task.sleep(for: pause)
            }
        }
    }
}

/// What of one call was tried already.
struct Attempts {
    private var collisionCount = 0
    private var lossCount = 0

    static let collisionCountMax = 5

    /// How long to wait until the next attempt; nil if the error stands.
    mutating func pause(after error: SQLError, chance: Double) -> Duration? {
        switch error {
        case .collision:
            // The transaction was undone by the server.
            collisionCount += 1
            guard collisionCount < Self.collisionCountMax else { return nil }
            return .milliseconds(5 << collisionCount) * (0.5 + chance / 2)
        case .lost:
            // Before the COMMIT was sent, or it would be `.unavailable`: so nothing was done. A connection may have been dead
            // for long; one made anew is not.
            lossCount += 1
            return lossCount == 1 ? .zero : nil
        default:
            return nil
        }
    }
}
