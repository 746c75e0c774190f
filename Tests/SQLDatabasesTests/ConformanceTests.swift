import ControlPlane
import PostgresSupport
import Testing

@testable import SQLDatabases

struct ConformanceTests {
    @Test(arguments: ControlStoreConformance.checks)
    func `A store in SQLite keeps the promises`(_ check: ControlStoreConformance.Check) async throws {
        try await check.run(on: try await Engine.sqlite.place())
    }

    @Test(arguments: ControlStoreConformance.checks)
    func `A store in Postgres keeps the promises`(_ check: ControlStoreConformance.Check) async throws {
        try await check.run(on: try await Engine.postgres.place())
    }

    @Test func `A store reaches Postgres by its socket`() async throws {
        let server = try await TestServer.shared.value
        let name = try server.makeDatabase().parameters["dbname"]!
        let store = try await SQLControlStore.postgres(PostgresConfiguration(url: server.socketURL(database: name)))
        #expect(try await store.commit([plan("plan_a")], .example, at: .example) == 1)
        await store.close()
    }

    /// A stored word that this Laurel does not know is told, and is not taken for another one.
    @Test(arguments: Engine.allCases)
    func `What a newer Laurel may have written is refused and not misread`(_ engine: Engine) async throws {
        let place = try await engine.place()
        let store = try await place.open()
        try await store.commit(ExampleRecords.smallest.map(ControlWrite.insert), .example, at: .example)
        let changes = [
            "UPDATE tenants SET status = 'asleep'", "UPDATE members SET role = 'king'",
            "UPDATE projects SET settings = '['", "UPDATE plans SET quota = '{\"keys\":\"many\"}'",
            "UPDATE api_keys SET digest = 'x'", "UPDATE member_tokens SET digest = 'x'",
            "UPDATE cluster_orders SET kind = 'wish'",
        ]
        try await place.with { database in
            try await database.write { (connection) throws(SQLError) in
                for change in changes { try connection.define(change) }
            }
        }
        for record in ExampleRecords.smallest {
            await #expect(throws: ControlError.self, "\(record.identity)") {
                switch record {
                case .tenant(let tenant): _ = try await store.tenant(tenant.id)
                case .project(let project): _ = try await store.project(project.id)
                case .member(let member): _ = try await store.member(member.id)
                case .key(let key): _ = try await store.key(key.id)
                case .plan(let plan): _ = try await store.plan(plan.id)
                case .token(let token): _ = try await store.token(token.id)
                case .order(let order): _ = try await store.order(order.id)
                }
            }
        }
        await store.close()
    }
}
