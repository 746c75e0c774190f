import ControlPlane
import Foundation
import Leaderboards
import PostgresSupport
import Testing

@testable import SQLDatabases

/// On a server of its own, which is killed.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct PostgresOutageTests {
    private static let started = Task { try TestServer() }
    private let server: TestServer

    init() async throws { server = try await Self.started.value }

    private func open(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> SQLControlStore {
        var configuration = try server.makeDatabase()
        configuration.backoff = .milliseconds(1) ... .milliseconds(50)
        change(&configuration)
        return try await SQLControlStore.postgres(configuration)
    }

    @Test func `A server that dies is noticed, nothing acknowledged is lost, and its return is noticed too`()
        async throws
    {
        let store = try await open()
        try await store.commit([plan("plan_0")], .example, at: .example)
        // Four writers, until each has met the end.
        let acknowledged = Mutable<Set<String>>([])
        let errors = try await withThrowingTaskGroup(of: ControlError.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0... {
                        let id = "plan_\(writer)_\(number)"
                        do throws(ControlError) {
                            try await store.commit([plan(id)], .example, at: .example)
                            acknowledged.change { $0.insert(id) }
                        } catch { return error }
                    }
                    fatalError("unreachable")
                }
            }
            try await eventually { acknowledged.value.count > 40 }
            try server.kill()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors.filter { !$0.isUnavailable } == [])
        await #expect { try await store.plans() } throws: { ($0 as? ControlError)?.isUnavailable == true }
        try server.start()
        try await eventually { try await isThere(store) }
        let plans = Set(try await store.plans().map(\.id.text))
        #expect(plans.isSuperset(of: acknowledged.value))
        // Every revision is of a commit that is there whole, whether it was acknowledged or not.
        let changes = try await store.changes(after: 0, limit: 10_000)
        #expect(changes.records.map { $0.version } == Array(1...changes.revision))
        #expect(try await store.audit(of: nil, before: nil, limit: 10_000).count == Int(changes.revision))
        try await store.commit([plan("plan_after")], .example, at: .example)
        await store.close()
    }

    @Test func `Connections that were ended meanwhile are made anew, and no caller notices`() async throws {
        let store = try await open()
        let connection = try PostgresConnection(try server.configuration(database: "postgres"))
        for round in 0..<5 {
            try await store.commit([plan("plan_\(round)")], .example, at: .example)
            _ = try await store.plans()
            try connection.define(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'laurel'"
                    + " AND pid <> pg_backend_pid()")
        }
        #expect(try await store.plans().count == 5)
        await store.close()
    }

    @Test func `A server that hangs is given up`() async throws {
        let store = try await open { $0.statementTimeout = .seconds(1) }
        let process = try await store.database.read { (connection) throws(SQLError) in
            var row = try connection.run("SELECT pg_backend_pid()")[0]
            return Int32(try row.integer())
        }
        #expect(Foundation.kill(process, SIGSTOP) == 0)
        await #expect { try await store.plans() } throws: { ($0 as? ControlError)?.isUnavailable == true }
        // By another connection.
        #expect(try await store.plans() == [])
        #expect(Foundation.kill(process, SIGCONT) == 0)
        await store.close()
    }

    @Test func `A statement that takes too long is stopped, and its connection stays`() async throws {
        let store = try await open { $0.statementTimeout = .seconds(1) }
        for _ in 0..<2 {
            await #expect {
                try await store.database.read { (connection) throws(SQLError) in
                    try connection.define("SELECT pg_sleep(60)")
                }
            } throws: { ($0 as? SQLError)?.forCallers.isUnavailable == true }
            #expect(try await store.plans() == [])
        }
        await store.close()
    }

    @Test func `Before a server is there, a store says so, and not with which password`() async throws {
        let configuration = try server.makeDatabase()
        try server.kill()
        await #expect {
            _ = try await SQLControlStore.postgres(configuration)
        } throws: { error in
            !"\(error)".contains(TestServer.password) && (error as? ControlError)?.isUnavailable == true
        }
        try server.start()
    }

    private func isThere(_ store: SQLControlStore) async throws -> Bool {
        do throws(ControlError) {
            _ = try await store.plans()
            return true
        } catch {
            guard error.isUnavailable else { throw error }
            return false
        }
    }
}

extension ControlError {
    var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
    var isFailed: Bool { if case .failed = self { true } else { false } }
}
