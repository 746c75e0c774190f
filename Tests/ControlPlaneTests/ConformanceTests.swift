import ControlPlane
import Testing

struct ConformanceTests {
    @Test(arguments: ControlStoreConformance.checks)
    func `A store in memory keeps the promises`(_ check: ControlStoreConformance.Check) async throws {
        try await check.run(on: InMemoryControlDatabase())
    }

    /// The canary: each of these stores breaks a promise, so some check must fail.
    @Test(arguments: BrokenStore.Flaw.allCases)
    func `A store that breaks a promise is found out`(_ flaw: BrokenStore.Flaw) async throws {
        var failures: [String] = []
        for check in ControlStoreConformance.checks {
            do {
                try await check.run(on: BrokenPlace(flaw: flaw))
            } catch {
                failures.append(check.title)
            }
        }
        #expect(!failures.isEmpty)
    }

    @Test func `A store whose database can't be reached says so, and goes on when it can`() async throws {
        let store = InMemoryControlStore()
        try await store.commit([.insert(.plan(.free))], .example, at: .example)
        store.database.isReachable = false
        await #expect(throws: ControlError.self) { try await store.plans() }
        await #expect(throws: ControlError.self) { try await store.commit([], .example, at: .example) }
        store.database.isReachable = true
        #expect(try await store.plans().map(\.id) == [Plan.free.id])
        #expect(try await store.commit([], .example, at: .example) == 2)
    }
}
