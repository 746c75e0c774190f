import ControlPlane
import Dispatch
import PostgresSupport
import Testing

@testable import SQLDatabases

@Suite(.timeLimit(.minutes(5)))
struct PostgresPoolTests {
    /// One connection, held until `release`.
    private func held(
        waiterCountMax: Int, waitMax: Duration
    ) async throws -> (database: PostgresDatabase, release: DispatchSemaphore, holding: Task<Void, any Error>) {
        var configuration = try await TestServer.shared.value.makeDatabase()
        configuration.connectionCount = 1
        configuration.waiterCountMax = waiterCountMax
        configuration.waitMax = waitMax
        let database = PostgresDatabase(configuration)
        let (isHeld, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let holding = Task {
            try await database.read { (_) throws(SQLError) in
                isHeld.signal()
                release.wait()
            }
        }
        await wait(for: isHeld)
        return (database, release, holding)
    }

    private func ask(_ database: PostgresDatabase) async throws(SQLError) -> Int64 {
        try await database.read { (connection) throws(SQLError) in
            var row = try connection.run("SELECT 7")[0]
            return try row.integer()
        }
    }

    @Test func `So many calls wait for a connection, and the next one is refused at once`() async throws {
        let (database, release, holding) = try await held(waiterCountMax: 3, waitMax: .seconds(300))
        try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<3 { group.addTask { try await ask(database) } }
            try await eventually { database.waiterCount == 3 }
            await #expect(throws: SQLError.unavailable("too many calls wait for the database")) {
                try await ask(database)
            }
            release.signal()
            for try await answer in group { #expect(answer == 7) }
        }
        try await holding.value
        #expect(database.waiterCount == 0)
        await database.close()
    }

    @Test func `A call that waited too long is refused, and one that is cancelled`() async throws {
        let (database, release, holding) = try await held(waiterCountMax: 3, waitMax: .milliseconds(20))
        await #expect(throws: SQLError.self) { try await ask(database) }
        let cancelled = Task { try await ask(database) }
        cancelled.cancel()
        await #expect(throws: SQLError.self) { try await cancelled.value }
        #expect(database.waiterCount == 0)
        release.signal()
        try await holding.value
        #expect(try await ask(database) == 7)
        await database.close()
    }

    @Test func `Closing refuses those who wait, and waits for those who were served`() async throws {
        let (database, release, holding) = try await held(waiterCountMax: 3, waitMax: .seconds(300))
        let waiting = Task { try await ask(database) }
        try await eventually { database.waiterCount == 1 }
        let closing = Task { await database.close() }
        await #expect(throws: SQLError.unavailable("the store was closed")) { try await waiting.value }
        release.signal()
        try await holding.value
        await closing.value
        await #expect(throws: SQLError.self) { try await ask(database) }
    }

    @Test func `Two transactions in each other's way are tried again until both are done`() async throws {
        let database = PostgresDatabase(try await TestServer.shared.value.makeDatabase())
        try await database.write { (connection) throws(SQLError) in
            try connection.define("CREATE TABLE t (id BIGINT PRIMARY KEY, value BIGINT)")
            try connection.define("INSERT INTO t VALUES (1, 0), (2, 0)")
        }
        // Each locks one row and then wants the other's: a deadlock, of which the server ends one.
        let tries = Mutable(0)
        let first = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
        try await withThrowingTaskGroup { group in
            for side in 0..<2 {
                let isFirstTry = Mutable(true)
                group.addTask {
                    try await database.write { (connection) throws(SQLError) in
                        tries.change { $0 += 1 }
                        let add = "UPDATE t SET value = value + 1 WHERE id = $1"
                        try connection.run(add, .integer(Int64(side + 1)))
                        if isFirstTry.value {
                            isFirstTry.value = false
                            first[side].signal()
                            first[1 - side].wait()
                        }
                        try connection.run(add, .integer(Int64(2 - side)))
                    }
                }
            }
            try await group.waitForAll()
        }
        let sum = try await database.read { (connection) throws(SQLError) in
            var row = try connection.run("SELECT CAST(SUM(value) AS BIGINT) FROM t")[0]
            return try row.integer()
        }
        #expect(sum == 4)
        #expect(tries.value == 3)
        await database.close()
    }
}
