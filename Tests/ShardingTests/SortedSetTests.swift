import Leaderboards
import Sharding
import TestSupport
import Testing

/// Sorted sets as the Redis protocol's commands see them, beside a dictionary that is sorted for every question.
@Suite("Sorted sets")
struct SortedSetTests {
    private static let scores: [Double] = [-.infinity, -2.5, -1, 0, 0.1, 1, 1, 3, 1e300, .infinity]
    private let key = LeaderboardKey(project: "p", id: "set")

    @Test("answers as a sorted dictionary does, through restarts and checkpoints", arguments: UInt64(0)..<6)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let harness = ShardHarness(at: Examples.start)
        var twin: [String: Double] = [:]
        for step in 0..<600 {
            let member = "m\(random.below(40))"
            if random.chance(3) {
                #expect(harness.zrem(key, member) == (twin.removeValue(forKey: member) != nil))
            } else {
                let score = random.pick(Self.scores)
                let change = try harness.zadd(key, member, score)
                let old = twin.updateValue(score, forKey: member)
                #expect(change == (old == nil ? .added : old == score ? .unchanged : .changed))
            }
            if random.chance(60) { harness.checkpoint() }
            if random.chance(60) { try harness.restart() }
            if step % 5 == 0 { try compare(harness, twin, &random) }
        }
        for member in twin.keys.sorted() { #expect(harness.zrem(key, member)) }
        #expect(!harness.shard.contains(key), "a set without members is gone")
        try harness.restart()
        #expect(!harness.shard.contains(key))
    }

    private func compare(_ harness: ShardHarness, _ twin: [String: Double], _ random: inout SplitMix64) throws {
        try harness.load(harness.shard.missing(for: key))
        let ordered = twin.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        guard let set = harness.shard.sortedSet(key, at: harness.now) else {
            #expect(twin.isEmpty)
            return
        }
        #expect(set.isPlain && set.count == twin.count)
        let probe = "m\(random.below(45))"
        probe.withBytes { #expect(set.score(of: $0) == twin[probe]) }
        probe.withBytes { #expect(set.index(of: $0) == ordered.firstIndex { $0.key == probe }) }
        for score in Self.scores + [0.05, 2] {
            #expect(set.count(below: score, inclusive: false) == ordered.count { $0.value < score })
            #expect(set.count(below: score, inclusive: true) == ordered.count { $0.value <= score })
        }
        let start = random.below(ordered.count + 1)
        let range = start..<(start + random.below(ordered.count - start + 1))
        #expect(set.entries(range, descending: false) == ordered[range].map { "\($0.key) \($0.value)" })
        #expect(set.entries(range, descending: true) == ordered[range].reversed().map { "\($0.key) \($0.value)" })
        var scanned: [String] = []
        var next: UInt32? = 0
        while let first = next {
            next = set.scan(from: first, countMax: 7) { name, _ in scanned.append(String(decoding: name, as: UTF8.self))
            }
        }
        #expect(scanned.sorted() == twin.keys.sorted())
    }

    @Test("members of one score are found by their bytes")
    func lexical() throws {
        let harness = ShardHarness(at: Examples.start)
        for member in ["b", "a", "c", "ab", "\u{e9}"] { _ = try harness.zadd(key, member, 0) }
        let set = try #require(harness.shard.sortedSet(key, at: harness.now))
        #expect(
            set.entries(0..<5, descending: false).map { $0.prefix { $0 != " " } } == ["a", "ab", "b", "c", "\u{e9}"])
        for (member, before, upTo) in [("a", 0, 1), ("aa", 1, 1), ("c", 3, 4), ("z", 4, 4)] {
            member.withBytes { #expect(set.count(before: $0, inclusive: false) == before) }
            member.withBytes { #expect(set.count(before: $0, inclusive: true) == upTo) }
        }
    }

    @Test(
        "a leaderboard whose greatest score leads is seen from its end",
        arguments: [Column.ValueType.integer, .decimal])
    func leaderboard(type: Column.ValueType) throws {
        let harness = Examples.harness(
            LeaderboardDefinition(
                columns: [Column(name: "score", type: type, order: .descending, operator: .best)], tie: .first))
        for (member, score) in [("low", 1.0), ("high", 9), ("tie-a", 5), ("tie-b", 5), ("high", 3)] {
            _ = try harness.zadd(Examples.key, member, score)
        }
        let set = try #require(harness.shard.sortedSet(Examples.key, at: harness.now))
        #expect(!set.isPlain)
        // Of equals, the one who came first stands ahead, which from the end is behind.
        #expect(set.entries(0..<9, descending: true) == ["high 9.0", "tie-a 5.0", "tie-b 5.0", "low 1.0"])
        #expect(set.entries(0..<2, descending: false) == ["low 1.0", "tie-b 5.0"])
        for (score, below, upTo) in [(5.0, 1, 3), (4.5, 1, 1), (-.infinity, 0, 0), (.infinity, 4, 4), (1e30, 4, 4)] {
            #expect(set.count(below: score, inclusive: false) == below)
            #expect(set.count(below: score, inclusive: true) == upTo)
        }
        "tie-b".withBytes { #expect(set.index(of: $0) == 1) }
    }

    @Test("an entry is written as its layout says, for ever")
    func layout() throws {
        let harness = ShardHarness(at: Examples.start)
        _ = try harness.zadd(key, "m", 1.5)
        // Operation 9, leaderboard 1, a name of one byte, the double, no entry before it.
        let payload = StoredExamples.hex(try #require(harness.payloads.last))
        #expect(payload.hasSuffix("09" + "01" + "016d" + "000000000000f83f" + "00"))
        // What says something else of the place is refused in a replay.
        var changed = try #require(harness.payloads.last)
        changed[changed.count - 1] = 1
        #expect(throws: ReplayError.self) { try harness.replayed([changed]) }
    }

    @Test("a fraction for an integer column and an endless name are refused, and change nothing")
    func refusals() throws {
        let harness = Examples.harness()
        #expect(throws: Refusal.score(.type(column: 0))) { try harness.zadd(Examples.key, "ann", 0.5) }
        #expect(throws: Refusal.unknownUser) { try harness.zadd(key, String(repeating: "x", count: 256), 1) }
        #expect(harness.shard.sortedSet(Examples.key, at: harness.now)?.count == 0)
    }
}

extension ShardHarness {
    func zadd(_ key: LeaderboardKey, _ member: String, _ score: Double) throws -> Shard.SetChange {
        try load(shard.missing(for: key))
        defer { commit() }
        let result = command { shard, record throws(Refusal) in
            var set = shard.sortedSet(key, at: record.time)
            return try member.withBytes { bytes throws(Refusal) in
                try shard.set(bytes, to: score, in: &set, of: key, seed: 5, into: &record)
            }
        }
        return try result.get()
    }

    func zrem(_ key: LeaderboardKey, _ member: String) -> Bool {
        try? load(shard.missing(for: key))
        defer { commit() }
        let result = command { shard, record throws(Refusal) -> Bool in
            guard let set = shard.sortedSet(key, at: record.time) else { return false }
            return member.withBytes { shard.remove($0, from: set, into: &record) }
        }
        return (try? result.get()) ?? false
    }
}

extension SortedSet {
    fileprivate func entries(_ places: Range<Int>, descending: Bool) -> [String] {
        var entries: [String] = []
        forEach(places, descending: descending) { entries.append("\(String(decoding: $0, as: UTF8.self)) \($1)") }
        return entries
    }
}

extension String {
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = Array(utf8).withUnsafeBytes { bytes in Swift.Result { () throws(Failure) in try body(bytes) } }
        return try result.get()
    }
}
