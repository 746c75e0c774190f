import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// Queues have an end, and whoever finds them full is told to come back.
@Suite("Bounded queues")
struct BoundsTests {
    @Test("so many requests may wait in a shard, writes and reads, and no more")
    func waiters() async throws {
        let place = NodePlace()
        place.configuration.waitersMax = 3
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.step()
            async let first = node.add("ann")
            await place.log.arrival()
            async let second = node.add("bob")
            async let third = node.add("cid")
            try await until { try await node.table(relaxed: true) == "ann 1, bob 1, cid 1" }
            #expect(await problem { try await node.add("dan") } == .overloaded(retryAfter: 1))
            #expect(await problem { try await node.table() } == .overloaded(retryAfter: 1))
            place.log.run()
            _ = try await (first, second, third)
            try await node.add("dan")
            #expect(try await node.table() == "ann 1, bob 1, cid 1, dan 1")
        }
    }

    @Test("so many bytes may wait in a shard, and there is room again once they are written")
    func bytes() async throws {
        let place = NodePlace()
        place.configuration.pendingBytesMax = 1000
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.step()
            async let first = node.add("ann")
            await place.log.arrival()
            let many = SubmissionBatch((0..<50).map { "user-\($0)" })
            async let second = node.submit(many, project: "p", upload: nil)
            try await until { try await node.table(relaxed: true).split(separator: ",").count >= 51 }
            #expect(await problem { try await node.add("dan") } == .overloaded(retryAfter: 1))
            // The long record goes on its way: the next may fill.
            place.log.decide()
            _ = try await first
            await place.log.arrival()
            async let third = node.add("dan")
            try await until { try await node.table(relaxed: true).contains("dan") }
            place.log.run()
            _ = try await (second, third)
        }
    }
}
