import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// What a node does by itself as time goes by.
@Suite("Housekeeping")
struct HousekeepingTests {
    private let daily = WindowDefinition(name: "daily", schedule: .every(.daily), grace: .seconds(60))

    @Test("a season closes when its time and its grace are over, once")
    func seasons() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points([daily]))
            try await node.add("ann")
            let season = daily.season(at: place.clock.now())!
            let midnight = season.end!.milliseconds - place.clock.now().milliseconds
            func late() async throws -> SubmissionOutcome.Status {
                var batch = SubmissionBatch(["ann"])
                batch.submissions[0].at = season.start
                return try await node.submit(batch, project: "p", upload: nil)[0].outcome.get().status
            }
            await place.pass(.milliseconds(midnight))
            #expect(try await late() == .accepted)
            await place.pass(.seconds(60))
            #expect(try await late() == .refused(.seasonClosed(window: "daily", season: season.id)))
            #expect(try await node.table(.a, BoardSelector(window: "daily", season: season.id)) == "ann 2")
            let count = try await place.recordCount()
            for _ in 0..<5 { await place.pass(.seconds(10)) }
            #expect(try await place.recordCount() == count)
        }
        try await place.run { node async throws in
            await place.pass(.seconds(86_400))
            let season = daily.season(at: place.clock.now().advanced(by: .seconds(-2 * 86_400)))!
            #expect(try await node.table(.a, BoardSelector(window: "daily", season: season.id)) == "ann 2")
        }
        #expect(await place.verify() == [])
    }

    @Test("the season of a leaderboard that is on disk only closes as well")
    func storedSeasons() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points([daily]))
            try await node.add("ann")
        }
        try await place.run { node async throws in
            let before = try await place.recordCount()
            await place.pass(.seconds(2 * 86_400))
            #expect(try await place.recordCount() == before + 2, "a claim, and a record that closes the season")
        }
    }

    @Test("checkpoints are taken after so much log, and after so much time if anything changed")
    func checkpoints() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            await place.pass()
            #expect(try place.generations() == [])
            for _ in 0..<3 { await place.pass(.seconds(61)) }
            #expect(try place.generations() == [1])
            try await node.add("ann")
            await place.pass(.seconds(61))
            await place.pass(.seconds(61))
            #expect(try place.generations() == [1, 2])
        }
    }

    @Test("a checkpoint gets its turn under writes that never pause, and reflects just what its position says")
    func underLoad() async throws {
        let place = NodePlace()
        place.configuration.checkpointBytes = 1
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.step()
            var writes: [Task<Void, any Error>] = []
            func write(_ name: String) async throws {
                writes.append(Task { try await node.add(name) })
                try await until { try await node.table(relaxed: true).contains(name) }
            }
            try await write("first")
            await place.log.arrival()
            place.clock.advance(by: .seconds(1))
            for round in 0..<30 {
                // Whenever a record is durable, the next one has commands already.
                try await write("user-\(round)")
                place.log.decide()
                await place.log.arrival()
            }
            #expect(try place.generations() != [])
            place.log.run()
            for write in writes { try await write.value }
            await place.clock.waitForSleepers(2)
        }
        #expect(await place.verify() == [])
    }

    @Test("after a large checkpoint the next waits until the log has grown by as much")
    func largeCheckpoints() async throws {
        let place = NodePlace()
        place.configuration.checkpointBytes = 1
        place.configuration.largeCheckpointBytes = 10_000
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            func submit(_ users: Range<Int>) async throws {
                _ = try await node.submit(SubmissionBatch(users.map { "user-\($0)" }), project: "p", upload: nil)
            }
            try await submit(0..<2000)
            await place.pass()
            #expect(try place.generations() == [1])
            try await submit(0..<10)
            await place.pass()
            #expect(try place.generations() == [1], "a little log, and the checkpoint before wrote a lot")
            for _ in 0..<3 { try await submit(0..<2000) }
            await place.pass()
            #expect(try place.generations() == [1, 2])
        }
        #expect(await place.verify() == [])
    }

    @Test("commands between the slices of a checkpoint are not part of it")
    func slices() async throws {
        let place = NodePlace()
        place.configuration.checkpointBytes = 1
        place.configuration.checkpointSliceBytes = 1
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            for start in stride(from: 0, to: 4000, by: 500) {
                _ = try await node.submit(
                    SubmissionBatch((start..<start + 500).map { "user-\($0)" }), project: "p", upload: nil)
            }
            place.clock.advance(by: .seconds(1))
            for number in 0..<200 { try await node.add("user-\(number * 17 % 4000)", points: Int64(number)) }
            await place.clock.waitForSleepers(2)
            #expect(try place.generations() != [])
        }
        #expect(await place.verify() == [])
    }

    @Test("a checkpoint that finds no space is tried again, and leaves nothing behind")
    func fullStore() async throws {
        let place = NodePlace()
        place.configuration.checkpointBytes = 1
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            try await node.add("ann")
            place.disk.setFull(true)
            await place.pass()
            #expect(try place.generations() == [])
            try await node.add("bob")
            await place.pass()
            place.disk.setFull(false)
            try await node.add("cid")
            await place.pass()
            #expect(try !place.generations().isEmpty)
        }
        #expect(await place.verify() == [])
    }

    @Test("an idle shard does not keep the log from being truncated")
    func truncation() async throws {
        let place = NodePlace(shardCount: 3)
        place.configuration.checkpointBytes = 1
        let keys = LeaderboardKey.spread(over: 3)
        try await place.run { node async throws in
            for key in keys {
                _ = try await node.create(key, .points())
                try await node.add("ann", to: key)
            }
            for _ in 0..<60 {
                try await node.add("ann", to: keys[0])
                await place.pass(.seconds(61))
            }
            let first = await place.log.firstPosition()
            #expect(first > LogPosition(20), "the log still begins at \(first)")
        }
        #expect(await place.verify() == [])
        try await place.run { node async throws in
            #expect(try await node.table(keys[0]) == "ann 61")
            #expect(try await node.table(keys[1]) == "ann 1")
        }
    }

    @Test("leaderboards leave memory beyond the budget, and come back when they are asked for")
    func memoryBudget() async throws {
        let place = NodePlace()
        place.configuration.checkpointBytes = 1
        place.configuration.memoryBytesMax = 1
        try await place.run { node async throws in
            for number in 0..<10 {
                let key = LeaderboardKey(project: "p", id: "board-\(number)")
                _ = try await node.create(key, .points([daily]))
                try await node.add("ann", "bob", to: key)
            }
            for _ in 0..<3 { await place.pass() }
            for round in 0..<3 {
                for number in 0..<10 {
                    let key = LeaderboardKey(project: "p", id: "board-\(number)")
                    let expected = round == 0 ? "ann 1, bob 1" : "ann \(round + 1), bob 1"
                    #expect(try await node.table(key) == expected)
                    try await node.add("ann", to: key)
                    if number == 5 { await place.pass() }
                }
                await place.pass()
            }
            await place.pass(.seconds(2 * 86_400))
            await place.pass()
            await place.pass()
            let season = daily.season(at: place.clock.now().advanced(by: .seconds(-2 * 86_400 - 10)))!
            for number in 0..<10 {
                let key = LeaderboardKey(project: "p", id: "board-\(number)")
                #expect(try await node.table(key, BoardSelector(window: "daily", season: season.id)) == "ann 4, bob 1")
            }
        }
        #expect(await place.verify() == [])
    }

    @Test("many questions for a leaderboard on disk load it once and all get answers")
    func loadedOnce() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            try await node.add("ann")
        }
        try await place.run { node async throws in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await node.table() } }
                for try await table in group { #expect(table == "ann 1") }
            }
        }
    }
}
