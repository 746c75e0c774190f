import Leaderboards
import Sharding
import TestSupport
import Testing

/// What checkpoints write, keep and give back.
@Suite("Checkpoints")
struct CheckpointTests {
    private func filled(_ count: Int = 400) throws -> ShardHarness {
        let harness = Examples.harness()
        for number in 0..<count { try harness.enter("member-\(number)", Int64(number * 10)) }
        return harness
    }

    @Test("a second checkpoint writes the chunks that changed and no others")
    func onlyChanges() throws {
        let harness = try filled()
        harness.checkpoint()
        let first = harness.store.writeCount
        #expect(first > 30)
        try harness.enter("member-200", 2001)
        harness.checkpoint()
        // One chunk of entries and the leaderboard's manifest; no names.
        #expect(harness.store.writeCount - first <= 3)
        #expect(try harness.stateHash(of: harness.recovered(from: 2)) == harness.stateHash())
    }

    @Test("a leaderboard that did not change is not written at all")
    func unchanged() throws {
        let harness = try filled(50)
        harness.checkpoint()
        let before = harness.store.pieces
        _ = harness.create(LeaderboardKey(project: "p", id: "b"), LeaderboardDefinition(columns: [Examples.column()]))
        harness.checkpoint()
        harness.checkpoint()
        #expect(harness.store.pieces.subtracting(before).count == 1)
        #expect(harness.store.pieces.isSuperset(of: before))
    }

    @Test("a change during a checkpoint is not part of it, and is part of the next")
    func changesMeanwhile() throws {
        let harness = try filled(100)
        let hash = try harness.stateHash()
        harness.beginCheckpoint()
        for number in 0..<100 { try harness.enter("member-\(number)", Int64(5000 - number)) }
        harness.finishCheckpoint()
        let manifest = try #require(try harness.store.manifest(1))
        let stored = try Shard(id: ShardHarness.id, manifest, limits: ShardHarness.limits)
        #expect(try harness.stateHash(of: stored) == hash)
        harness.checkpoint()
        #expect(try harness.stateHash(of: harness.recovered(from: 2)) == harness.stateHash())
    }

    @Test("the same of a plain set, whose entries are placed without detours", arguments: UInt64(0)..<10)
    func changesOfPlainSets(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let key = LeaderboardKey(project: "p", id: "set")
        let harness = ShardHarness(at: Examples.start)
        for _ in 0..<150 { _ = try harness.zadd(key, "m\(random.below(90))", Double(random.below(12))) }
        for generation in UInt64(1)...3 {
            let hash = try harness.stateHash()
            harness.beginCheckpoint()
            repeat {
                for _ in 0..<random.below(4) {
                    let member = "m\(random.below(120))"
                    if random.chance(4) {
                        _ = harness.zrem(key, member)
                    } else {
                        _ = try harness.zadd(key, member, Double(random.below(12)))
                    }
                }
            } while harness.storeSlice()
            harness.finishCheckpoint()
            let manifest = try #require(try harness.store.manifest(generation))
            let stored = try Shard(id: ShardHarness.id, manifest, limits: ShardHarness.limits)
            #expect(try harness.stateHash(of: stored) == hash, "seed \(seed)")
            #expect(try harness.stateHash(of: harness.recovered(from: generation)) == harness.stateHash())
        }
    }

    @Test("what changed during a checkpoint does not leave memory as if it were stored")
    func dirtyAfterCheckpoint() throws {
        let harness = try filled(60)
        harness.beginCheckpoint()
        try harness.enter("late", 100_000)
        harness.finishCheckpoint()
        #expect(harness.shard.evict(byteCount: .max) == 0)
        #expect(try harness.top().first == "1 late")
        harness.checkpoint()
        #expect(harness.shard.evict(byteCount: .max) > 0)
        #expect(try harness.top().first == "1 late")
    }

    @Test("nothing leaves memory while a checkpoint is in the making")
    func noEvictionMeanwhile() throws {
        let harness = try filled(20)
        harness.checkpoint()
        harness.beginCheckpoint()
        #expect(harness.shard.evict(byteCount: .max) == 0)
        harness.finishCheckpoint()
    }

    @Test("the leaderboards unused for longest leave memory first, and come back when they are asked for")
    func eviction() throws {
        let harness = ShardHarness(at: Examples.start)
        for id in ["a", "b", "c"] {
            let key = LeaderboardKey(project: "p", id: id)
            _ = harness.create(key, LeaderboardDefinition(columns: [Examples.column()]))
            try harness.enter("ann", 1, leaderboard: id)
            harness.now = harness.now.advanced(by: .seconds(1))
        }
        harness.checkpoint()
        _ = try harness.top(BoardSelector(), LeaderboardKey(project: "p", id: "a"))
        _ = harness.shard.evict(byteCount: 1)
        #expect(harness.shard.missingAltogether.map(name) == ["b"])
        let hash = try harness.stateHash()
        _ = harness.shard.evict(byteCount: .max)
        #expect(harness.shard.missingAltogether.map(name) == ["a", "b", "c"])
        #expect(try harness.stateHash() == hash)
    }

    private func name(_ piece: MissingPiece) -> String {
        guard case .leaderboard(let stored) = piece else { return "" }
        return stored.key.id
    }

    @Test("an abandoned checkpoint leaves nothing behind and hides no change")
    func abandoned() throws {
        let harness = try filled(80)
        harness.checkpoint()
        try harness.enter("member-3", 9999)
        harness.beginCheckpoint()
        while harness.storeSlice() { try harness.enter("member-5", 7777) }
        harness.abandonCheckpoint()
        #expect(harness.shard.isDirty)
        let hash = try harness.stateHash()
        harness.checkpoint()
        #expect(try harness.stateHash(of: harness.recovered(from: 2)) == hash)
        #expect(try harness.garbage().isEmpty)
    }

    @Test("the checkpoint before the last stays whole")
    func previous() throws {
        let harness = try filled(60)
        for round in 0..<6 {
            for number in 0..<20 { try harness.enter("member-\(number)", Int64(round * 1000 + number)) }
            harness.checkpoint()
            harness.shard.evictSealedSeasons()
            for generation in harness.store.generations {
                #expect(try harness.stateHash(of: harness.recovered(from: generation)) == harness.stateHash())
            }
        }
        #expect(harness.store.generations.count == 2)
    }

    @Test("a leaderboard deleted during a checkpoint is in it, and gone from the next")
    func deletionMeanwhile() throws {
        let harness = try filled(60)
        harness.checkpoint()
        try harness.enter("member-1", 1_000_000)
        harness.beginCheckpoint()
        _ = harness.storeSlice()
        #expect(harness.delete(Examples.key) == nil)
        _ = harness.create(Examples.key, LeaderboardDefinition(columns: [Examples.column()]))
        try harness.enter("new", 5)
        harness.finishCheckpoint()
        let manifest = try #require(try harness.store.manifest(2))
        #expect(try harness.store.loader.verify(manifest.leaderboards[0]) == 60)
        #expect(try harness.stateHash(of: harness.recovered(from: 2)) == harness.stateHash())
        #expect(try harness.top() == ["1 new"])
        #expect(try harness.garbage().isEmpty)
    }

    @Test("a leaderboard deleted during a checkpoint that is then abandoned leaves nothing behind")
    func deletionAndAbandonment() throws {
        let harness = try filled(60)
        harness.checkpoint()
        try harness.enter("member-1", 1_000_000)
        harness.beginCheckpoint()
        _ = harness.storeSlice()
        #expect(harness.delete(Examples.key) == nil)
        while harness.storeSlice() {}
        harness.abandonCheckpoint()
        harness.commit()
        #expect(try harness.garbage().isEmpty)
        #expect(harness.store.pieceCount == 0)
    }

    @Test("pieces that a restart finds retired are removed in their turn")
    func retirementAcrossRestarts() throws {
        let harness = try filled(60)
        for round in 0..<5 {
            try harness.enter("member-\(round)", Int64(10_000 + round))
            harness.checkpoint()
            try harness.restart()
        }
        try harness.load(harness.shard.missing(for: Examples.key))
        #expect(harness.delete(Examples.key) == nil)
        try harness.restart()
        #expect(try harness.garbage().isEmpty)
    }

    @Test("the position of a checkpoint may be told when it is known")
    func laterPosition() throws {
        let harness = try filled(5)
        harness.beginCheckpoint()
        harness.shard.setCheckpointPosition(LogPosition(4711))
        harness.finishCheckpoint()
        #expect(try harness.store.manifest(1)?.position == LogPosition(4711))
    }
}
