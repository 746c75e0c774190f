import CommitLogs
import Leaderboards
import Testing

@testable import JetStreamLog

@Suite("One append of a shard at a time")
struct ShardGateTests {
    private let shard = ShardID(1)

    @Test("Those who wait come in the order of their coming; other shards don't wait")
    func order() async throws {
        let gates = ShardGates()
        try await gates.enter(shard)
        try await gates.enter(ShardID(2))
        gates.leave(ShardID(2))
        let order = await withTaskGroup(of: Int.self) { group in
            for number in 0..<3 {
                group.addTask {
                    try? await gates.enter(shard)
                    gates.leave(shard)
                    return number
                }
                while gates.waitingCount(shard) <= number { await Task.yield() }
            }
            gates.leave(shard)
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(order.sorted() == [0, 1, 2])
        gates.close()
        await gates.waitUntilIdle()
    }

    @Test("Closed, those who wait are refused when it is over for the one inside, and nobody is left behind")
    func closing() async throws {
        let gates = ShardGates()
        try await gates.enter(shard)
        let errors = await withTaskGroup(of: AppendError?.self) { group in
            for number in 0..<3 {
                group.addTask {
                    do throws(AppendError) {
                        try await gates.enter(shard)
                        return nil
                    } catch {
                        return error
                    }
                }
                while gates.waitingCount(shard) <= number { await Task.yield() }
            }
            gates.close()
            gates.leave(shard)
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors == [.closed, .closed, .closed])
        await gates.waitUntilIdle()
        await #expect(throws: AppendError.closed) { try await gates.enter(shard) }
    }
}
