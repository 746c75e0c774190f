import CommitLogs
import Leaderboards
import NIOCore
import NodeRuntime
import ServiceLifecycle
import Sharding
import Testing

/// Work that waits for entries: who is served when, and that every wait has one end.
@Suite("Waiting for entries")
struct WaitingTests {
    @Test("who came first is served first, in the record of the change, and the rest goes on waiting")
    func order() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            let takers = [Taker(.a), Taker(.a), Taker(.a)]
            try await node.wait(takers[0], takers[1], takers[2])
            #expect(await node.waitingCount() == 3)
            try await node.enter([("ann", .b)])
            let count = try await place.recordCount()
            try await node.enter([("ann", .a), ("bob", .a)])
            #expect(await takers[0].end == "ann of a")
            #expect(await takers[1].end == "bob of a")
            #expect(try await place.recordCount() == count + 1)
            #expect(await node.waitingCount() == 1)
            #expect(try await node.size(of: .a) == 0)
            try await node.enter([("cid", .a), ("dan", .a)])
            #expect(await takers[2].end == "cid of a")
            #expect(await node.waitingCount() == 0)
            // Nobody need wait for what is there.
            let late = Taker(.a)
            try await node.wait(late)
            #expect(await late.end == "dan of a")
            #expect(try await node.size(of: .b) == 1)
        }
        #expect(await place.verify() == [])
    }

    @Test("of several keys that came to be in one step the first is served first; the others are waited for no more")
    func severalKeys() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            let (first, second, third) = (Taker(.a, .b, .a), Taker(.b), Taker(.a))
            try await node.wait(first, second, third)
            try await node.enter([("ann", .b), ("bob", .a)])
            #expect(await first.end == "ann of b")
            #expect(await third.end == "bob of a")
            #expect(await node.waitingCount() == 1)
            try await node.enter([("cid", .a)])
            try await node.enter([("dan", .b)])
            #expect(await second.end == "dan of b")
            #expect(try await node.size(of: .a) == 1)
            let fourth = Taker(.b, .a)
            try await node.wait(fourth)
            #expect(await fourth.end == "cid of a")
        }
    }

    @Test("a leaderboard that is there without entries is waited for, as is one that comes to be so")
    func leaderboards() async throws {
        try await NodePlace().run { node async throws in
            _ = try await node.create(.a, .points())
            let (first, second) = (Taker(.a), Taker(.b))
            try await node.wait(first, second)
            try await node.add("ann", to: .a)
            #expect(await first.end == "ann of a")
            _ = try await node.create(.b, .points())
            #expect(await node.waitingCount() == 1)
            try await node.add("bob", to: .b)
            #expect(await second.end == "bob of b")
            #expect(await node.waitingCount() == 0)
        }
    }

    @Test("a set that has expired is not there, and one on disk is read before it is waited for")
    func expiredAndStored() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            try await node.enter([("ann", .a)], livingFor: .seconds(10))
            try await node.enter([("bob", .b)])
        }
        try await place.run { node async throws in
            place.clock.advance(by: .seconds(10))
            let (first, second) = (Taker(.a), Taker(.a, .b))
            try await node.wait(first)
            #expect(await node.waitingCount() == 1)
            try await node.wait(second)
            #expect(await second.end == "bob of b")
            try await node.enter([("cid", .a)])
            #expect(await first.end == "cid of a")
        }
        #expect(await place.verify() == [])
    }

    @Test("a wait ends when its time is over or it is given up, and takes nothing then")
    func ends() async throws {
        try await NodePlace().run { node async throws in
            let (late, gone, told) = (Taker(.a, until: .now()), Taker(.a), Taker(.a))
            try await node.wait(late)
            #expect(await late.end == "nothing")
            try await node.wait(gone, told)
            // Before the shard is told.
            gone.giveUp()
            try await node.enter([("ann", .a)])
            #expect(await told.end == "ann of a")
            try await node.enter([("bob", .a)])
            #expect(!gone.isFinished)
            node.endWait(of: gone, at: node.place(of: .a))
            #expect(await gone.end.contains("stopping"))
            node.endWait(of: gone, at: node.place(of: .a))
            node.endWait(of: told, at: node.place(of: .a))
            let never = Taker(.a)
            never.giveUp()
            try await node.wait(never)
            #expect(await never.end.contains("stopping"))
            #expect(await node.waitingCount() == 0)
            #expect(try await node.size(of: .a) == 1)
        }
    }

    @Test("what one who waited took is answered when it is durable, and lost with its record")
    func durability() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            let (first, second, third) = (Taker(.a), Taker(.a), Taker(.a))
            // The claim goes ahead.
            try await node.enter([("zoe", .b)])
            try await node.wait(first, second, third)
            place.log.step()
            async let entered: Void = node.enter([("ann", .a)])
            await place.log.arrival()
            await until { first.hasTaken }
            #expect(!first.isFinished)
            place.log.decide()
            try await entered
            #expect(await first.end == "ann of a")
            async let lost = problem { try await node.enter([("bob", .a)]) }
            await place.log.arrival()
            await until { second.hasTaken }
            place.log.decide(.noSpace)
            #expect(await lost == .noSpace)
            #expect(await second.end == "noSpace")
            // What it waits for could come back with what was lost.
            #expect(await third.end == "noSpace")
            place.log.run()
            #expect(await node.waitingCount() == 0)
        }
        #expect(await place.verify() == [])
    }

    @Test("with relaxed durability who waited is answered at once, though not in the midst of a step")
    func relaxed() async throws {
        let place = NodePlace()
        place.configuration.durability = .relaxed
        place.configuration.relaxedDelay = .seconds(3600)
        try await place.run { node async throws in
            let taker = Taker(.a)
            try await node.wait(taker)
            try await node.enter([("ann", .a)])
            #expect(await taker.end == "ann of a")
        }
    }

    @Test("whom a full record has no room for is served with the next one, before whoever came later")
    func fullRecord() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            let (first, second) = (Taker(.a), Taker(.a))
            try await node.enter([("zoe", .b)])
            try await node.wait(first)
            let padding = String(repeating: "x", count: 240)
            let many = (0..<22_000).map { (member: "\(padding)\($0)", key: LeaderboardKey.b) }
            let count = try await place.recordCount()
            place.log.step()
            async let entered: Void = node.enter([("ann", .a), ("bob", .a)] + many)
            await place.log.arrival()
            #expect(!first.hasTaken)
            try await node.wait(second)
            place.log.run()
            try await entered
            #expect(await first.end == "ann of a")
            #expect(await second.end == "bob of a")
            #expect(try await place.recordCount() == count + 2)
        }
        #expect(await place.verify() == [])
    }

    @Test("a node that stops or fails ends every wait")
    func stop() async throws {
        let keys = LeaderboardKey.spread(over: 2)
        let (stopped, failed) = (Taker(keys[0]), [Taker(keys[0]), Taker(keys[1])])
        let place = NodePlace(shardCount: 2)
        try await place.run { node, group async throws in
            try await node.wait(stopped)
            await group.triggerGracefulShutdown()
            #expect(await stopped.end.contains("the node is stopping"))
        }
        let end = try await place.run { node async throws in
            _ = try await node.create(keys[0], .points())
            try await node.wait(failed[0], failed[1])
            place.log.step()
            async let entered = problem { try await node.enter([("ann", keys[0])]) }
            await place.log.arrival()
            place.log.decide(.failed("no disk"))
            #expect(await entered == .outcomeUnknown("no disk"))
            #expect(await failed[0].end.contains("no disk"))
            #expect(await failed[1].end.contains("stopping"))
        }
        #expect(end.error is NodeFailure)
    }
}
