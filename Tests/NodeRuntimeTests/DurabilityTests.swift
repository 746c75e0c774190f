import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// Nothing is answered that could still be lost.
@Suite("Durability")
struct DurabilityTests {
    @Test("the answer to a write is held until its record is durable")
    func writes() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.step()
            let isAnswered = Flag()
            async let answer: Void = {
                try await node.add("ann")
                isAnswered.raise()
            }()
            await place.log.arrival()
            #expect(try await node.table(relaxed: true) == "ann 1")
            #expect(!isAnswered.isRaised)
            place.log.decide()
            try await answer
        }
    }

    @Test("a read waits for what it saw to be durable, unless it is relaxed")
    func reads() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            _ = try await node.create(.b, .points())
            place.log.step()
            async let write = node.add("ann")
            await place.log.arrival()
            let isAnswered = Flag()
            async let table = {
                let table = try await node.table()
                isAnswered.raise()
                return table
            }()
            #expect(try await node.table(relaxed: true) == "ann 1")
            #expect(try await node.table(.b) == "", "a leaderboard that nothing is on its way to answers at once")
            #expect(!isAnswered.isRaised)
            place.log.run()
            #expect(try await table == "ann 1")
            _ = try await write
        }
    }

    @Test("that a leaderboard is not there is answered once its deletion is durable")
    func absence() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.step()
            async let deletion = node.delete(.a)
            await place.log.arrival()
            let isAnswered = Flag()
            async let reading = problem {
                defer { isAnswered.raise() }
                return try await node.table()
            }
            async let listing = {
                let list = try await node.list(project: "p", after: nil, limit: 10)
                isAnswered.raise()
                return list.count
            }()
            #expect(await problem { try await node.table(relaxed: true) } == .refused(.unknownLeaderboard))
            #expect(!isAnswered.isRaised)
            place.log.run()
            #expect(await reading == .refused(.unknownLeaderboard))
            #expect(try await listing == 0)
            _ = try await deletion
        }
    }

    @Test("a refusal waits for the commands that it depends on")
    func refusals() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            place.log.step()
            async let creation = node.create(.a, .points())
            await place.log.arrival()
            let isAnswered = Flag()
            async let again = problem {
                defer { isAnswered.raise() }
                return try await node.create(.a, .points())
            }
            #expect(try await node.table(relaxed: true) == "")
            #expect(!isAnswered.isRaised)
            place.log.run()
            #expect(await again == .refused(.leaderboardExists))
            _ = try await creation
        }
    }

    @Test("a reader of an earlier record does not wait for a later one")
    func readersOfEarlierRecords() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            _ = try await node.create(.b, .points())
            place.log.step()
            async let first = node.add("ann", to: .a)
            await place.log.arrival()
            async let second = node.add("bob", to: .b)
            try await until { try await node.table(.b, relaxed: true) == "bob 1" }
            async let table = node.table(.a)
            #expect(try await node.table(.a, relaxed: true) == "ann 1")
            place.log.decide()
            // The second record is still on its way when this answers.
            #expect(try await table == "ann 1")
            _ = try await first
            await place.log.arrival()
            place.log.run()
            _ = try await second
        }
    }

    @Test("commands that come while a record is on its way share the next one")
    func groupCommit() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            let before = try await place.recordCount()
            place.log.step()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await node.add("first") }
                await place.log.arrival()
                for number in 0..<50 { group.addTask { try await node.add("user-\(number)") } }
                try await until { try await node.table(relaxed: true).split(separator: ",").count >= 51 }
                place.log.run()
                try await group.waitForAll()
            }
            #expect(try await place.recordCount() == before + 2)
        }
    }

    @Test("answers carry the position that everything they show is durable at")
    func positions() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            let created = try await node.create(.a, .points()).position
            let added = try await node.submit(SubmissionBatch(["ann"]), project: "p", upload: nil)[0].position
            #expect(created < added)
            #expect(try await node.describe(.a).position == added)
        }
    }
}

extension NodePlace {
    func recordCount() async throws -> Int {
        let log = SteppedLog(log.base)
        let count = Counter()
        log.falsify { count.value = $0.count }
        _ = try await log.entries(from: await log.firstPosition())
        return count.value
    }
}
