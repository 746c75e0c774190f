import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// What projects did and have, over all shards, and through whatever happens to the node.
@Suite("Usage of a node")
struct UsageTests {
    @Test("usage is summed over all shards, of one project or of all")
    func sums() async throws {
        let place = NodePlace(shardCount: 3)
        try await place.run { node async throws in
            for key in LeaderboardKey.spread(over: 3) {
                _ = try await node.create(key, .points())
                try await node.add("ann", "bob", to: key)
            }
            let rest = await node.report(usage: [
                ReportedUsage(project: "p", reads: 10, requests: 4), ReportedUsage(project: "q", reads: 1, requests: 1),
                ReportedUsage(project: "p", reads: 1, requests: 0),
            ])
            #expect(rest == [])
            let usage = try await node.usage(of: "p")
            #expect(usage.value.counters.scoresAccepted == 6 && usage.value.counters.leaderboardsCreated == 3)
            #expect(usage.value.counters.readsReported == 11 && usage.value.counters.requestsReported == 4)
            #expect(usage.value.holdings.leaderboards == 3 && usage.value.holdings.entries == 6)
            #expect(usage.position > .start)
            let all = try await node.usageOfAll().value
            #expect(all.keys.sorted() == ["p", "q"] && all["p"] == usage.value)
            #expect(all["q"]?.counters.readsReported == 1 && all["q"]?.holdings == Holdings())
        }
        #expect(await place.verify() == [])
    }

    @Test("nobody is told of usage that a crash could take away")
    func durability() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            place.log.step()
            async let write = node.add("ann")
            await place.log.arrival()
            async let usage = node.usage(of: "p")
            async let asked: Void = node.catchUp()
            try await asked
            place.log.run()
            #expect(try await usage.value.counters.scoresAccepted == 1)
            _ = try await write
        }
    }

    @Test("what was acknowledged is counted once after a crash, from checkpoint and log", arguments: [false, true])
    func crash(isKept: Bool) async throws {
        let place = NodePlace(shardCount: 2)
        let keys = LeaderboardKey.spread(over: 2)
        try await place.run { node async throws in
            for key in keys { _ = try await node.create(key, .points()) }
            try await node.add("ann", to: keys[0])
        }
        var before = ProjectUsage()
        // The log breaks, and with it the node, without a last checkpoint.
        _ = try await place.run { node async throws in
            try await node.add("ann", "bob", to: keys[0])
            try await node.add("cid", to: keys[1])
            #expect(await node.report(usage: [ReportedUsage(project: "p", reads: 5, requests: 2)]) == [])
            before = try await node.usage(of: "p").value
            place.log.base.failNextAppend(with: .outcomeUnknown("killed"), keepingRecord: isKept)
            #expect(await problem { try await node.add("dan", to: keys[1]) } != nil)
        }
        try await place.run { node async throws in
            var expected = before
            if isKept {
                expected.counters.scoresAccepted += 1
                expected.holdings += Holdings(entries: 1, storedBytes: 16 + 3 + 32)
            }
            #expect(try await node.usage(of: "p").value == expected)
            #expect(expected.counters.scoresAccepted == (isKept ? 5 : 4) && expected.counters.readsReported == 5)
        }
        #expect(await place.verify() == [])
    }

    @Test("a report that a full log refused may be told again, one whose outcome nobody knows may not")
    func reports() async throws {
        let place = NodePlace()
        let usage = [ReportedUsage(project: "p", reads: 5, requests: 2)]
        try await place.run { node async throws in
            #expect(await node.report(usage: usage) == [])
            place.log.base.failNextAppend(with: .noSpace)
            #expect(await node.report(usage: usage) == usage)
            // Once memory is what the log has: refused at once for a second.
            #expect(try await node.usage(of: "p").value.counters.requestsReported == 2)
            #expect(await node.report(usage: usage) == usage)
            place.clock.advance(by: .seconds(1))
            #expect(await node.report(usage: usage) == [])
            #expect(try await node.usage(of: "p").value.counters.requestsReported == 4)
        }
        _ = try await place.run { node async throws in
            // A process's first record is its claim.
            #expect(await node.report(usage: usage) == [])
            place.log.base.failNextAppend(with: .outcomeUnknown("lost ack"), keepingRecord: true)
            #expect(await node.report(usage: usage) == [])
        }
        try await place.run { node async throws in
            #expect(try await node.usage(of: "p").value.counters.requestsReported == 8)
        }
    }
}
