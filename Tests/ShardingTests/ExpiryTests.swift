import Leaderboards
import Sharding
import TestSupport
import Testing

/// Deadlines of plain sets: who sees them when, how they go, and what a replay and a checkpoint make of them.
@Suite("Expiry of sets")
struct ExpiryTests {
    private let key = LeaderboardKey(project: "p", id: "set")

    /// A shard with a set of two members that has ten seconds to live.
    private func mortal() throws -> ShardHarness {
        let harness = ShardHarness(at: Examples.start)
        _ = try harness.zadd(key, "ann", 1)
        _ = try harness.zadd(key, "bob", 2)
        harness.expire(key, after: .seconds(10))
        return harness
    }

    @Test("a set is there up to its deadline, and from then on nobody sees it, though nothing has changed")
    func visibility() throws {
        let harness = try mortal()
        let deadline = Examples.start.advanced(by: .seconds(10))
        let before = Timestamp(milliseconds: deadline.milliseconds - 1)
        let shard = harness.shard
        #expect(shard.sortedSet(key, at: before)?.deadline == deadline)
        #expect(shard.keys(of: "p", at: before) == [key])
        #expect(try shard.describe(key, now: before).entryCount == 2)
        #expect(shard.sortedSet(key, at: deadline) == nil)
        #expect(shard.keys(of: "p", at: deadline) == [])
        harness.now = deadline
        #expect(throws: Refusal.unknownLeaderboard) { try shard.describe(key, now: deadline) }
        #expect(throws: Refusal.unknownLeaderboard) { try harness.top(BoardSelector(), key) }
        #expect(harness.delete(key) == .unknownLeaderboard)
        #expect(harness.removeEntry(of: "ann", key) == .unknownLeaderboard)
        #expect(try harness.enter("ann", 5, leaderboard: "set").status == .refused(.unknownLeaderboard))
        harness.commit()
        #expect(harness.payloads.count == 3)
    }

    @Test("a write to an expired key deletes the old set first and makes a new one, without a deadline")
    func writeAfterwards() throws {
        let harness = try mortal()
        harness.now = harness.now.advanced(by: .seconds(10))
        #expect(try harness.zadd(key, "ann", 3) == .added)
        let set = try #require(harness.shard.sortedSet(key, at: harness.now))
        #expect(set.count == 1 && set.deadline == nil)
        #expect(harness.shard.nextExpiry == nil)
        // Operation 3, leaderboard 1; operation 1, leaderboard 2.
        let payload = StoredExamples.hex(try #require(harness.payloads.last))
        #expect(payload.dropFirst(18).hasPrefix("0301" + "0102"))
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
    }

    @Test("a leaderboard can be created where a set has expired")
    func creation() throws {
        let harness = try mortal()
        let definition = LeaderboardDefinition(columns: [Examples.column()])
        #expect(harness.create(key, definition).refusal == .leaderboardExists)
        harness.now = harness.now.advanced(by: .seconds(10))
        #expect(harness.create(key, definition).refusal == nil)
        harness.commit()
        #expect(try harness.shard.describe(key, now: harness.now).entryCount == 0)
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
    }

    @Test("entries that come and go leave a deadline alone; it goes with the set, or when it is taken away")
    func keeping() throws {
        let harness = try mortal()
        _ = try harness.zadd(key, "cid", 3)
        _ = harness.zrem(key, "bob")
        #expect(harness.shard.nextExpiry == Examples.start.advanced(by: .seconds(10)))
        harness.expire(key, after: nil)
        #expect(harness.shard.nextExpiry == nil)
        harness.expire(key, after: .seconds(20))
        for member in ["ann", "cid"] { _ = harness.zrem(key, member) }
        #expect(harness.shard.nextExpiry == nil && !harness.shard.contains(key))
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
    }

    @Test("a shard with another deadline is another shard")
    func stateHash() throws {
        let (harness, other, none) = (try mortal(), try mortal(), try mortal())
        #expect(harness.shard.stateHash() == other.shard.stateHash())
        other.expire(key, after: .seconds(11))
        none.expire(key, after: nil)
        let hashes = Set([harness, other, none].map { $0.shard.stateHash() })
        #expect(hashes.count == 3)
    }

    @Test("whoever watched a key learns that it has expired, and is not told again when it is deleted")
    func fingerprints() throws {
        let harness = try mortal()
        func fingerprint() -> SetFingerprint { harness.shard.fingerprint(of: key, at: harness.now) }
        let alive = fingerprint()
        harness.expire(key, after: .seconds(5))
        let shortened = fingerprint()
        harness.now = harness.now.advanced(by: .seconds(5))
        let expired = fingerprint()
        #expect(alive != shortened && shortened != expired)
        #expect(harness.deleteExpired() == 1)
        #expect(fingerprint() == expired)
        _ = try harness.zadd(key, "ann", 1)
        _ = harness.zrem(key, "ann")
        #expect(fingerprint() != expired, "it was there in between")
    }

    @Test("a checkpoint keeps deadlines; a set on disk only expires by the list of its pieces, which go with it")
    func storedSets() throws {
        let harness = try mortal()
        harness.checkpoint()
        try harness.restart()
        #expect(harness.shard.nextExpiry == Examples.start.advanced(by: .seconds(10)))
        #expect(try harness.stateHash(of: harness.recovered(from: 1)) == harness.replayed().stateHash())
        harness.now = harness.now.advanced(by: .seconds(10))
        #expect(harness.shard.keys(of: "p", at: harness.now) == [])
        let (numbers, stored) = harness.shard.expiredSets(at: harness.now, countMax: 10)
        #expect(numbers == [1] && stored.map(\.key) == [key])
        let unlisted = harness.command { shard, record in shard.deleteExpired(numbers, into: &record) }
        #expect(try unlisted.get() == 0, "it waits for its list")
        #expect(harness.deleteExpired() == 1)
        #expect(!harness.shard.contains(key) && harness.shard.nextExpiry == nil)
        #expect(try harness.stateHash(of: harness.recovered(from: 1)) == harness.stateHash())
        #expect(try harness.garbage() == [])
    }

    @Test("a replay deletes a set on disk by the list of its pieces, too")
    func replayedDeletion() throws {
        let harness = try mortal()
        harness.checkpoint()
        try harness.restart()
        harness.now = harness.now.advanced(by: .seconds(10))
        #expect(harness.deleteExpired() == 1)
        for piece in harness.store.pieces where piece.kind != .leaderboardManifest { harness.store.remove(piece) }
        #expect(try harness.recovered(from: 1).stateHash() == harness.shard.stateHash())
        try harness.restart()
        #expect(try harness.garbage() == [])
    }

    @Test("a deadline that changes is all that the next checkpoint writes of a set")
    func cheapDeadlines() throws {
        let harness = try mortal()
        for number in 0..<200 { _ = try harness.zadd(key, "m\(number)", Double(number)) }
        harness.checkpoint()
        let count = harness.store.writeCount
        harness.expire(key, after: .seconds(60))
        harness.checkpoint()
        #expect(harness.store.writeCount == count + 1, "its manifest")
        #expect(try harness.stateHash(of: harness.recovered(from: 2)) == harness.stateHash())
    }

    @Test("a few sets are deleted at a time, and the time of the record decides which have expired")
    func steps() throws {
        let harness = ShardHarness(at: Examples.start)
        let keys = (0..<10).map { LeaderboardKey(project: "p", id: "set-\($0)") }
        for (place, key) in keys.enumerated() {
            _ = try harness.zadd(key, "ann", 1)
            harness.expire(key, after: .seconds(Int64(10 - place)))
        }
        harness.now = harness.now.advanced(by: .seconds(8))
        let (numbers, _) = harness.shard.expiredSets(at: harness.now, countMax: 3)
        #expect(numbers.count == 3 && numbers.allSatisfy { (3...10) ~= $0 })
        #expect(harness.shard.expiredSets(at: harness.now, countMax: 100).numbers == Array(3...10))
        harness.now = harness.now.advanced(by: .seconds(-1))
        // A record that was begun a second ago takes only what had expired then.
        let deleted = harness.command { shard, record in shard.deleteExpired([3, 9, 10], into: &record) }
        #expect(try deleted.get() == 2)
        harness.commit()
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
    }

    @Test("deadlines come and go as in a dictionary, through restarts and checkpoints", arguments: UInt64(0)..<6)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let harness = ShardHarness(at: Examples.start)
        let keys = (0..<30).map { LeaderboardKey(project: "p", id: "set-\($0)") }
        /// Of the sets that are there, the deadline, or none.
        var twin: [LeaderboardKey: Timestamp?] = [:]
        for _ in 0..<800 {
            let key = random.pick(keys)
            harness.now = harness.now.advanced(by: .milliseconds(random.below(400)))
            twin = twin.filter { $0.value.map { $0 > harness.now } ?? true }
            switch random.below(8) {
            case 0...2:
                let change = try harness.zadd(key, "ann", Double(random.below(3)))
                #expect((change == .added) == (twin[key] == nil))
                twin[key] = twin[key] ?? .some(nil)
            case 3, 4:
                let wait: Duration? = random.chance(5) ? nil : .milliseconds(1 + random.below(20_000))
                harness.expire(key, after: wait)
                if twin[key] != nil { twin[key] = .some(wait.map { harness.now.advanced(by: $0) }) }
            case 5: #expect(harness.zrem(key, "ann") == (twin.removeValue(forKey: key) != nil))
            case 6: _ = harness.deleteExpired()
            default:
                if random.chance(4) { harness.checkpoint() }
                if random.chance(4) { try harness.restart() }
            }
            #expect(harness.shard.keys(of: "p", at: harness.now) == twin.keys.sorted())
            let pending = harness.shard.expiredSets(at: harness.now, countMax: .max).numbers
            if pending.isEmpty { #expect(harness.shard.nextExpiry == twin.values.compactMap(\.self).min()) }
        }
        harness.commit()
        #expect(try harness.replayed().stateHash() == harness.stateHash())
    }
}

extension ShardHarness {
    /// Sets the deadline of a set, if it is there.
    func expire(_ key: LeaderboardKey, after wait: Duration?) {
        try? load(shard.missing(for: key))
        _ = command { shard, record in
            guard let set = shard.sortedSet(key, at: record.time) else { return }
            shard.setDeadline(wait.map { record.time.advanced(by: $0) }, of: set, into: &record)
        }
        commit()
    }

    /// What a node does now and then. Answers how many sets are gone.
    func deleteExpired() -> Int {
        let (numbers, stored) = shard.expiredSets(at: now, countMax: 256)
        let pieces = stored.compactMap { try? store.loader.pieces(of: $0) }
        defer { commit() }
        return
            (try? command { shard, record in
                shard.deleteExpired(numbers, stored: pieces, into: &record)
            }.get()) ?? 0
    }
}
