import Leaderboards
import Sharding
import TestSupport
import Testing

/// What a project did and has follows from the log, and from nothing else.
@Suite("Usage")
struct UsageTests {
    private let set = LeaderboardKey(project: "q", id: "set")

    /// Something of everything that is counted, in two projects.
    private func harness() throws -> ShardHarness {
        let harness = Examples.harness()
        try harness.enter("ann", 5)
        try harness.enter("ann", 4)
        try harness.enter("bob", 7)
        _ = try harness.zadd(set, "m", 1)
        _ = try harness.zadd(set, "m", 2)
        _ = try harness.zadd(set, "m", 2)
        _ = try harness.zadd(set, "nn", 3)
        harness.report(ReportedUsage(project: "q", reads: 100, requests: 7))
        harness.report(ReportedUsage(project: "q", reads: 1, requests: 0))
        return harness
    }

    @Test("submissions, entries of sets and leaderboards are counted where they took effect")
    func counters() throws {
        let shard = try harness().shard
        let scores = shard.usage(of: "p").counters
        #expect(scores.scoresAccepted == 2 && scores.scoresUnchanged == 1 && scores.setEntriesChanged == 0)
        #expect(scores.leaderboardsCreated == 1 && scores.leaderboardsDeleted == 0)
        let sets = shard.usage(of: "q").counters
        #expect(sets.setEntriesChanged == 3 && sets.scoresAccepted == 0 && sets.leaderboardsCreated == 1)
        #expect(sets.readsReported == 101 && sets.requestsReported == 7)
        #expect(shard.usage(of: "nobody") == ProjectUsage())
        #expect(shard.usageOfAll.map { $0.project } == ["p", "q"])
    }

    @Test("what a project has is counted by names, rows and metadata")
    func holdings() throws {
        let harness = try harness()
        // A leaderboard of 512 and its id, two members of 16 and their names, two rows of 32.
        #expect(
            harness.shard.usage(of: "p").holdings
                == Holdings(leaderboards: 1, entries: 2, storedBytes: 512 + 1 + 2 * (16 + 3 + 32)))
        #expect(
            harness.shard.usage(of: "q").holdings
                == Holdings(leaderboards: 1, entries: 2, storedBytes: 512 + 3 + 2 * (16 + 32) + 1 + 2))
        var entrant = Entrant(user: "ann", score: [.integer(9)])
        entrant.metadata = #"{"a":1}"#
        _ = try harness.submit(SubmissionBatch([entrant]))
        #expect(harness.shard.usage(of: "p").holdings.storedBytes == 512 + 1 + 2 * (16 + 3 + 32) + 7)
        harness.commit()
        #expect(harness.removeEntry(of: "ann") == nil)
        #expect(harness.shard.usage(of: "p").holdings == Holdings(leaderboards: 1, entries: 1, storedBytes: 513 + 51))
        #expect(harness.delete(Examples.key) == nil)
        #expect(harness.shard.usage(of: "p").holdings == Holdings())
        #expect(harness.shard.usage(of: "p").counters.leaderboardsDeleted == 1)
        #expect(harness.shard.usageProblems() == [])
    }

    @Test("a plain set that loses its last entry is a leaderboard deleted")
    func lastEntry() throws {
        let harness = try harness()
        #expect(harness.zrem(set, "m") && harness.zrem(set, "nn"))
        let usage = harness.shard.usage(of: "q")
        #expect(usage.counters.setEntriesChanged == 5 && usage.counters.leaderboardsDeleted == 1)
        #expect(usage.holdings == Holdings())
    }

    @Test("a replay and every checkpoint lead to the same usage, also of what is deleted without being loaded")
    func recovery() throws {
        let harness = try harness()
        harness.checkpoint()
        try harness.enter("cid", 1)
        harness.checkpoint()
        for generation in harness.store.generations {
            let recovered = try harness.recovered(from: generation)
            for project in ["p", "q"] { #expect(recovered.usage(of: project) == harness.shard.usage(of: project)) }
            #expect(recovered.usageCountedSince == 0)
        }
        #expect(try harness.replayed().usageOfAll.map { $0.usage } == harness.shard.usageOfAll.map { $0.usage })
        harness.expire(set, after: .seconds(10))
        harness.checkpoint()
        try harness.restart()
        harness.now = harness.now.advanced(by: .seconds(11))
        #expect(harness.deleteExpired() == 1)
        #expect(harness.shard.usage(of: "q").holdings == Holdings())
        #expect(harness.shard.usage(of: "q").counters.leaderboardsDeleted == 1)
        #expect(harness.shard.usage(of: "p").holdings.entries == 3)
        harness.commit()
        #expect(try harness.stateHash(of: harness.recovered(from: harness.generation)) == harness.stateHash())
    }

    @Test("a refused command leaves no account behind")
    func refusals() throws {
        let harness = Examples.harness()
        let before = harness.shard.stateHash()
        let key = LeaderboardKey(project: "other", id: "a")
        #expect(harness.create(key, LeaderboardDefinition(columns: [])).refusal != nil)
        #expect(harness.delete(key) == .unknownLeaderboard)
        harness.report(ReportedUsage(project: "other", reads: 0, requests: 0))
        #expect(harness.shard.stateHash() == before && harness.payloads.count == 1)
    }

    @Test(
        "what counts everything again finds nothing else, whatever happened",
        arguments: 700...711 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        var run = ModelRun(seed: seed)
        for _ in 0..<5 {
            for _ in 0..<60 { try run.advance() }
            try run.harness.load(run.harness.shard.missingAltogether)
            try run.harness.load(run.harness.shard.missingSeasons)
            #expect(run.harness.shard.usageProblems() == [], "seed \(seed)")
            run.harness.checkpoint()
            run.harness.shard.evictSealedSeasons()
            _ = run.harness.shard.evict(byteCount: .max)
            if run.random.chance(2) { try run.harness.restart() }
        }
    }
}
