internal import GRDB
private import Dispatch
private import Glibc
private import Synchronization

/// A database in a file: one writer and several readers, each on a queue of GRDB's own, which waits in our stead.
///
/// Write-ahead log, every commit synced before it is answered. Other processes may have the file open, too.
final class SQLiteDatabase: SQLDatabase {
    private let pool: DatabasePool
    private let calls = Mutex(Calls())

    private struct Calls {
        var count = 0
        var isClosed = false
    }

    /// So many calls may wait for the database or be under way.
    static let callCountMax = 1000

    private init(pool: DatabasePool) { self.pool = pool }

    /// - Parameter patienceSeconds: so long a transaction waits for one of another process.
    static func open(path: String, patienceSeconds: Double = 5) async throws(SQLError) -> SQLiteDatabase {
        let pool = try await onAnotherThread { () throws(SQLError) -> DatabasePool in
            try opening.withLock { (_) throws(SQLError) -> DatabasePool in
                try makeFile(path)
                return try openedPool(path, patienceSeconds)
            }
        }
        return SQLiteDatabase(pool: pool)
    }

    /// One at a time: closing a file that is made here takes away all locks that this process has on it.
    private static let opening = Mutex(())

    /// SQLite would let others of the machine read it. The files that it makes beside it get the rights of this one.
    private static func makeFile(_ path: String) throws(SQLError) {
        let file = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 {
            Glibc.close(file)
        } else if errno != EEXIST {
            let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
            throw .failed("\(path) can't be made: \(reason)")
        }
    }

    private static func openedPool(_ path: String, _ patienceSeconds: Double) throws(SQLError) -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patienceSeconds)
        configuration.label = "control"
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB has set it to NORMAL, with which a power cut takes the last commits.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return pool
        } catch {
            throw SQLError(error)
        }
    }

    // Not GRDB's async functions: those give up when the caller's task is cancelled, and a commit must not end in doubt.

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        try begin()
        let outcome = await withCheckedContinuation { (done: CheckedContinuation<Result<Value, SQLError>, Never>) in
            pool.asyncRead { database in
                done.resume(
                    returning: result { () throws(SQLError) in
                        switch database {
                        case .success(let database): try body(SQLiteConnection(database: database))
                        case .failure(let error): throw SQLError(error)
                        }
                    })
            }
        }
        end()
        return try outcome.get()
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        try begin()
        let outcome = await withCheckedContinuation { (done: CheckedContinuation<Result<Value, SQLError>, Never>) in
            pool.asyncWriteWithoutTransaction { database in
                done.resume(
                    returning: result { () throws(SQLError) in
                        try SQLiteConnection(database: database).transaction(body)
                    })
            }
        }
        end()
        return try outcome.get()
    }

    func migrate<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        // An immediate transaction is alone in all processes.
        try await write(body)
    }

    func close() async {
        calls.withLock { $0.isClosed = true }
        // It waits for the calls under way. What it refuses, statements left open, there is none of.
        _ = await onAnotherThread { [pool] in try? pool.close() }
    }

    private func begin() throws(SQLError) {
        let problem = calls.withLock { calls -> String? in
            if calls.isClosed { return "the store was closed" }
            if calls.count >= Self.callCountMax { return "too many calls wait for the database" }
            calls.count += 1
            return nil
        }
        if let problem { throw .unavailable(problem) }
    }

    private func end() { calls.withLock { $0.count -= 1 } }
}

/// What blocks is done on a thread that may be blocked.
private func onAnotherThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let outcome = await withCheckedContinuation { (done: CheckedContinuation<Result<Value, Failure>, Never>) in
        DispatchQueue.global().async { done.resume(returning: result(body)) }
    }
    return try outcome.get()
}

private func result<Value, Failure: Error>(_ body: () throws(Failure) -> Value) -> Result<Value, Failure> {
    do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
}
