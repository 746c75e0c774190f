import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// The log failed, or belongs to someone else: the node ends, and everybody who waits is told so.
@Suite("Failures of the log")
struct FailureTests {
    @Test("after an append of unknown outcome those who wait are told, and the node ends, whatever its other shards do")
    func outcomeUnknown() async throws {
        let place = NodePlace(shardCount: 4)
        let keys = LeaderboardKey.spread(over: 4)
        let end = try await place.run { node async throws in
            for key in keys { _ = try await node.create(key, .points()) }
            place.log.step()
            async let write = problem { try await node.add("ann", to: keys[0]) }
            await place.log.arrival()
            async let read = problem { try await node.table(keys[0]) }
            #expect(try await node.table(keys[0], relaxed: true) == "ann 1")
            place.log.decide(.outcomeUnknown("EIO"))
            #expect(await write == .outcomeUnknown("EIO"))
            #expect(await read == .outcomeUnknown("EIO"))
            await until { await node.readiness() != .ready }
            guard case .failed(let reason) = await node.readiness() else {
                Issue.record("readiness \(await node.readiness())")
                return
            }
            #expect(reason.contains("shard 0") && reason.contains("EIO"))
            guard case .unavailable? = await problem({ try await node.add("bob", to: keys[1]) }) else {
                Issue.record("a node that failed took a command")
                return
            }
        }
        #expect(end.error is NodeFailure)
    }

    @Test("a record that did reach the log is there after a restart, and is not applied twice")
    func committedAfterAll() async throws {
        let place = NodePlace()
        _ = try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.base.failNextAppend(with: .outcomeUnknown("lost ack"), keepingRecord: true)
            #expect(await problem { try await node.add("ann", requestKey: "k") } == .outcomeUnknown("lost ack"))
        }
        try await place.run { node async throws in
            #expect(try await node.table() == "ann 1")
            let again = try await node.add("ann", requestKey: "k")
            #expect(again.isReplay)
            #expect(try await node.table() == "ann 1")
        }
    }

    @Test("a record that did not reach the log is gone after a restart, and can be sent again")
    func notCommitted() async throws {
        let place = NodePlace()
        _ = try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.base.failNextAppend(with: .outcomeUnknown("no disk"))
            #expect(await problem { try await node.add("ann", requestKey: "k") } == .outcomeUnknown("no disk"))
        }
        try await place.run { node async throws in
            #expect(try await node.table() == "")
            #expect(try await !node.add("ann", requestKey: "k").isReplay)
            #expect(try await node.table() == "ann 1")
        }
    }

    @Test("an owner that finds another one's record ends")
    func conflict() async throws {
        let place = NodePlace()
        let end = try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            let last = try #require(try await place.lastEntry())
            var rival = RecordChain(after: last)
            rival.epoch += 1
            _ = try await place.log.base.append(rival.next([], kind: .claim), after: last.position)
            guard case .unavailable(let reason, _)? = await problem({ try await node.add("ann") }) else {
                Issue.record("a deposed owner wrote")
                return
            }
            #expect(reason.contains("another process owns shard 0"))
        }
        #expect(end.error is NodeFailure)
    }

    @Test("each restart claims the shard with a higher epoch before it writes")
    func epochs() async throws {
        let place = NodePlace()
        for round in 0..<3 {
            try await place.run { node async throws in
                if round == 0 { _ = try await node.create(.a, .points()) }
                try await node.add("ann")
            }
        }
        let records = try await place.entries().map(\.record)
        #expect(records.map(\.epoch) == [1, 1, 1, 2, 2, 3, 3])
        #expect(records.filter { $0.kind == .claim }.map(\.number) == [1, 4, 6])
        #expect(Set(records.map(\.incarnation)).count == 3)
    }
}

extension NodePlace {
    func lastEntry() async throws -> LogEntry? {
        let log = SteppedLog(self.log.base)
        let found = LastEntry()
        log.falsify { found.value = $0.last }
        _ = try await log.entries(from: await log.firstPosition())
        return found.value
    }
}
