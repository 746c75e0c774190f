import TestSupport
import Leaderboards
import Sharding
import Testing

/// The shard against its dumb twin, live, replayed, and recovered from checkpoints.
@Suite("The shard and its twin")
struct ShardModelTests {
    @Test("every outcome and every ranking is the twin's", arguments: 1...24 as ClosedRange<UInt64>)
    func live(seed: UInt64) throws {
        var run = ModelRun(seed: seed)
        for _ in 0..<6 {
            for _ in 0..<60 { try run.advance() }
            try run.compareEverything()
        }
    }

    @Test(
        "replaying the records leads to the same state and the same answers",
        arguments: 100...111 as ClosedRange<UInt64>)
    func replay(seed: UInt64) throws {
        var run = ModelRun(seed: seed)
        for _ in 0..<250 { try run.advance() }
        run.harness.commit()
        let replayed = try run.harness.replayed()
        #expect(replayed.stateHash() == run.harness.shard.stateHash(), "seed \(seed)")
        try run.compareEverything(replayed)
    }

    @Test("checkpoints at any moment lead to the same state and answers", arguments: 200...219 as ClosedRange<UInt64>)
    func checkpoints(seed: UInt64) throws {
        var run = ModelRun(seed: seed)
        let harness = run.harness
        for _ in 0..<8 {
            for _ in 0..<run.random.below(60) { try run.advance() }
            harness.beginCheckpoint()
            for _ in 0..<run.random.below(30) {
                _ = harness.storeSlice()
                try run.advance()
            }
            if run.random.chance(4) {
                harness.abandonCheckpoint()
            } else {
                harness.finishCheckpoint()
            }
            if run.random.chance(2) {
                _ = harness.shard.evict(byteCount: run.random.chance(2) ? .max : 1)
                harness.shard.evictSealedSeasons()
            }
            if run.random.chance(4) { try harness.restart() }
            harness.commit()
            try checkRecovery(run)
        }
        try run.compareEverything()
        // Nothing is left behind once abandoned checkpoints and deletions are two checkpoints old.
        for _ in 0..<3 { harness.checkpoint() }
        let needed = try harness.store.generations.reduce(into: Set()) {
            $0.formUnion(try harness.store.pieces(of: $1))
        }
        #expect(harness.store.pieces == needed, "seed \(seed)")
    }

    /// That both kept checkpoints lead to where the shard is.
    private func checkRecovery(_ run: ModelRun) throws {
        let harness = run.harness
        let hash = try harness.stateHash()
        for generation in harness.store.generations {
            let recovered = try harness.recovered(from: generation)
            let recoveredHash = try harness.stateHash(of: recovered)
            #expect(recoveredHash == hash, "seed \(run.seed), step \(run.step), generation \(generation)")
            try run.compareEverything(recovered)
        }
    }

    @Test("commands that are refused leave no trace in the state")
    func refusals() throws {
        let harness = ShardHarness(at: RandomDefinitions.start)
        let key = LeaderboardKey(project: "p", id: "a")
        let points = Column(name: "points", type: .integer, order: .descending, operator: .sum)
        let daily = RandomDefinitions.windows[0]
        _ = harness.create(key, LeaderboardDefinition(columns: [points], windows: [daily]))
        _ = try harness.submit(SubmissionBatch([Entrant(user: "ann", score: [.integer(.max)], requestKey: "k")]))
        harness.commit()
        let before = harness.shard.stateHash()
        harness.now = harness.now.advanced(by: .seconds(100 * 3600))
        let tooLarge = try harness.submit(SubmissionBatch([Entrant(user: "ann", score: [.integer(1)])]))
        #expect(tooLarge[0].status == .refused(.score(.overflow(column: 0))))
        let wrong = try harness.submit(
            SubmissionBatch([Entrant(user: "ann", score: []), Entrant(user: "", score: [.integer(1)])]))
        #expect(wrong.map(\.status) == [.refused(.score(.columnCount(expected: 1))), .refused(.unknownUser)])
        #expect(
            harness.command { shard, record throws(Refusal) in
                try shard.removeEntry(key, user: Array("bob".utf8), into: &record)
            }.refusal == .unknownUser)
        harness.commit()
        #expect(harness.payloads.count == 1 && harness.shard.stateHash() == before)
    }
}
