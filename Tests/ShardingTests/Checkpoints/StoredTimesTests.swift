import Leaderboards
import TestSupport
import Testing

@testable import Sharding

/// Plain sets once kept the time of each entry's last change. Checkpoints from then are read for ever.
@Suite("Checkpoints of plain sets with times")
struct StoredTimesTests {
    private let key = LeaderboardKey(project: "p", id: "set")

    private func filled(_ count: Int = 80) throws -> ShardHarness {
        let harness = ShardHarness(at: Examples.start)
        for number in 0..<count { _ = try harness.zadd(key, "m\(number)", Double(number % 7) / 2) }
        harness.checkpoint()
        return harness
    }

    @Test("such a checkpoint means the same as one without times, and nobody sees the times")
    func loading() throws {
        let harness = try filled()
        let hash = try harness.stateHash()
        try harness.addTimes(to: key)
        try harness.restart()
        #expect(try harness.stateHash() == hash)
        #expect(try harness.replayed().stateHash() == hash)
        let page = try harness.shard.page(
            key, BoardSelector(), .from(offset: 0, limit: 1000), metadata: false, now: harness.now)
        #expect(page.entries.count == 80 && page.entries.allSatisfy { $0.updatedAt == nil })
    }

    @Test(
        "changes after it, and checkpoints that refer to some of its chunks, are read back", arguments: UInt64(0)..<12)
    func mixture(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let harness = try filled(40 + random.below(60))
        try harness.addTimes(to: key)
        try harness.restart()
        for _ in 0..<4 {
            for _ in 0..<(1 + random.below(5)) {
                let member = "m\(random.below(110))"
                if random.chance(3) {
                    _ = harness.zrem(key, member)
                } else {
                    _ = try harness.zadd(key, member, Double(random.below(20)))
                }
            }
            let live = try harness.stateHash()
            #expect(try harness.replayed().stateHash() == live, "what is replayed from the start has no times either")
            #expect(try harness.stateHash(of: harness.recovered(from: harness.generation)) == live)
            harness.checkpoint()
            #expect(try harness.stateHash(of: harness.recovered(from: harness.generation)) == live)
            try harness.restart()
        }
    }

    @Test("a score that is not what it was is found in it as in any other")
    func damage() throws {
        let harness = try filled()
        try harness.addTimes(to: key)
        let chunk = try #require(harness.store.pieces.first { $0.kind == .entryChunk })
        var bytes = try #require(harness.store.bytes(of: chunk))
        bytes[8] ^= 1
        harness.store.write(bytes, to: chunk)
        #expect(throws: LoadError.self) { try harness.stateHash(of: harness.recovered(from: 1)) }
    }
}

extension ShardHarness {
    /// Makes the stored pieces of a plain set what they were when it kept times.
    fileprivate func addTimes(to key: LeaderboardKey) throws {
        let members = try #require(shard.sortedSet(key, at: now)).leaderboard.members
        let piece = try #require(store.pieces.first { $0.kind == .leaderboardManifest })
        var manifest = try #require(store.bytes(of: piece)).withUnsafeBytes { try LeaderboardManifest($0) }
        var time = Examples.start.milliseconds
        for serial in manifest.allTime.chunks {
            let chunk = StoredPiece(kind: .entryChunk, serial: serial)
            var bytes = try #require(store.bytes(of: chunk))
            bytes.withUnsafeMutableBytes { bytes in
                // Eight bytes of header, then keys, times and members, column by column.
                let count = Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                for index in 0..<count {
                    let key = bytes.loadUnaligned(fromByteOffset: 8 + 8 * index, as: UInt64.self)
                    let member = bytes.loadUnaligned(fromByteOffset: 8 + 16 * count + 4 * index, as: UInt32.self)
                    let nameHash = members.nameHash(of: member)
                    time += 1000
                    bytes.storeBytes(of: time, toByteOffset: 8 + 8 * (count + index), as: Int64.self)
                    manifest.allTime.content -= Board.hash(nameHash: nameHash, key: key, time: 0)
                    manifest.allTime.content += Board.hash(nameHash: nameHash, key: key, time: time)
                }
            }
            store.write(bytes, to: chunk)
        }
        store.write(manifest.encoded(), to: piece)
    }
}
