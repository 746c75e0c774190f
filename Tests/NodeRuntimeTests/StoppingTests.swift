import Leaderboards
import NodeRuntime
import ServiceLifecycle
import Sharding
import Testing

/// A node that is told to stop finishes what it has begun.
@Suite("Stopping")
struct StoppingTests {
    @Test("what is on its way is finished and answered, and what comes later is refused")
    func drains() async throws {
        let place = NodePlace(shardCount: 3)
        let keys = LeaderboardKey.spread(over: 3)
        let end = try await place.run { node, group async throws in
            for key in keys { _ = try await node.create(key, .points()) }
            place.log.step()
            async let first = node.add("ann", to: keys[0])
            await place.log.arrival()
            async let second = node.add("bob", to: keys[0])
            try await until { try await node.table(keys[0], relaxed: true) == "ann 1, bob 1" }
            await group.triggerGracefulShutdown()
            await until { await node.readiness() == .stopping }
            #expect(
                await problem { try await node.add("cid", to: keys[1]) }
                    == .unavailable("the node is stopping", retryAfter: 2))
            place.log.run()
            _ = try await (first, second)
        }
        #expect(end.error == nil)
        try await place.run { node async throws in #expect(try await node.table(keys[0]) == "ann 1, bob 1") }
    }

    @Test("a last checkpoint is taken, so that nothing has to be replayed")
    func lastCheckpoint() async throws {
        let place = NodePlace(shardCount: 2)
        let keys = LeaderboardKey.spread(over: 2)
        let first = try await place.run { node async throws in
            for key in keys {
                _ = try await node.create(key, .points())
                try await node.add("ann", to: key)
            }
        }
        #expect(first.replayedCount == 0)
        let second = try await place.run { node async throws in
            for key in keys { #expect(try await node.table(key) == "ann 1") }
        }
        #expect(second.replayedCount == 0)
        #expect(await place.verify() == [])
    }

    @Test("a node whose task is cancelled ends in the same way")
    func cancelled() async throws {
        let place = NodePlace(shardCount: 3)
        let node = place.open()
        let running = Task { try await node.run() }
        await place.clock.waitForSleepers(2)
        _ = try await node.create(.a, .points())
        running.cancel()
        try await running.value
        #expect(await node.readiness() == .stopping)
        try await place.run { node async throws in #expect(try await node.table() == "") }
    }
}
