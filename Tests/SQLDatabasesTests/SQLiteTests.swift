import ControlPlane
import Foundation
import TestSupport
import Testing

@testable import SQLDatabases

struct SQLiteTests {
    private func place() throws -> (place: SQLPlace, path: String) {
        let directory = try HeldDirectory()
        return (.sqlite(directory), directory.subpath("control.db"))
    }

    @Test func `The file is its owner's alone, and so are those beside it`() async throws {
        let directory = try HeldDirectory()
        let path = directory.subpath("control.db")
        let store = try await SQLControlStore.sqlite(path: path)
        try await store.commit([plan("plan_a")], .example, at: .example)
        for name in [path, path + "-wal", path + "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        await store.close()
        withExtendedLifetime(directory) {}
    }

    @Test func `A commit is synced before it is answered, and foreign keys are looked at`() async throws {
        try await place().place.with { database in
            let settings = try await database.write { (connection) throws(SQLError) in
                var values: [String] = []
                for name in ["journal_mode", "synchronous", "foreign_keys"] {
                    var row = try connection.run("PRAGMA \(name)")[0]
                    values.append(name == "journal_mode" ? try row.text() : String(try row.integer()))
                }
                return values
            }
            // 2 is FULL.
            #expect(settings == ["wal", "2", "1"])
        }
    }

    @Test func `What is not a database is refused`() async throws {
        let (place, path) = try place()
        try Data(repeating: 0x4C, count: 8192).write(to: URL(fileURLWithPath: path))
        await expectFailed { _ = try await place.open() }
    }

    @Test func `A directory that is not there is named`() async throws {
        await expectFailed { _ = try await SQLControlStore.sqlite(path: "/nowhere/at/all/control.db") }
    }

    @Test func `Damage is told as such, and not taken for an outage`() async throws {
        let (place, path) = try place()
        let store = try await place.open()
        for number in 0..<200 { try await store.commit([plan("plan_\(number)")], .example, at: .example) }
        await store.close()
        // Everything but the first page, which says that this is a database and which tables it has.
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let end = try file.seekToEnd()
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(end) - 4096))
        try file.close()
        await expectFailed {
            let store = try await place.open()
            _ = try await store.plans()
        }
    }

    @Test func `While another process holds the file for long, a commit answers that it is not available`() async throws
    {
        let (place, path) = try place()
        let store = try await place.open()
        let other = try await SQLiteDatabase.open(path: path, patienceSeconds: 0)
        let (isHeld, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let impatient = SQLControlStore(migrated: other)
        let holding = Task {
            try await (store as! SQLControlStore).database.write { (connection) throws(SQLError) in
                isHeld.signal()
                release.wait()
            }
        }
        await wait(for: isHeld)
        await #expect {
            try await impatient.commit([plan("plan_a")], .example, at: .example)
        } throws: { error in
            if case .unavailable = error as? ControlError { true } else { false }
        }
        // Reading goes on.
        #expect(try await impatient.plans() == [])
        release.signal()
        try await holding.value
        #expect(try await impatient.commit([plan("plan_a")], .example, at: .example) == 1)
        await impatient.close()
        await store.close()
    }

    @Test func `A call whose task is cancelled is done all the same`() async throws {
        let (place, _) = try place()
        let store = try await place.open()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await store.commit([plan("plan_a")], .example, at: .example)
        }
        task.cancel()
        #expect(try await task.value == 1)
        #expect(try await store.plans().count == 1)
        await store.close()
    }

    private func expectFailed(_ body: () async throws -> Void) async {
        await #expect {
            try await body()
        } throws: { error in
            // Before there is a store, it is the database's own error.
            ((error as? SQLError)?.forCallers ?? (error as? ControlError))?.isFailed == true
        }
    }
}

/// Without blocking a thread that tasks run on.
func wait(for semaphore: DispatchSemaphore) async {
    await withCheckedContinuation { done in
        DispatchQueue.global().async {
            semaphore.wait()
            done.resume()
        }
    }
}
