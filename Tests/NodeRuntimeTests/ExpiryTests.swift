import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// Sets with a deadline in a node: who sees them when, and that they go by themselves.
@Suite("Expiry")
struct ExpiryTests {
    @Test("an expired set is gone for everybody at once, and deleted soon after by a record of its own")
    func deletion() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            try await node.enter("ann", to: .a, livingFor: .seconds(10))
            try await node.enter("bob", to: .b)
            #expect(try await node.count(of: .a) == 1)
            await place.pass(.seconds(9))
            let count = try await place.recordCount()
            #expect(try await node.keys(of: "p").sorted() == [.a, .b])
            #expect(try await node.describe(.a).value.entryCount == 1)
            // Not the housekeeping's turn yet.
            place.clock.advance(by: .milliseconds(1000))
            #expect(try await node.keys(of: "p") == [.b])
            #expect(try await node.list(project: "p", after: nil, limit: 10).map(\.key) == [.b])
            #expect(await problem { try await node.table() } == .refused(.unknownLeaderboard))
            #expect(try await node.count(of: .a) == nil)
            await place.clock.waitForSleepers(2)
            #expect(try await place.recordCount() == count + 1)
            for _ in 0..<3 { await place.pass() }
            #expect(try await place.recordCount() == count + 1, "once")
        }
        try await place.run { node async throws in
            #expect(try await node.count(of: .a) == nil)
            #expect(try await node.count(of: .b) == 1)
        }
        #expect(await place.verify() == [])
    }

    @Test("a set that is on disk only expires without being read")
    func storedSets() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            try await node.enter("ann", to: .a, livingFor: .seconds(10))
            try await node.enter("bob", to: .b)
        }
        for kind in [CheckpointKey.Kind.entryChunk, .memberChunk] {
            for serial in try place.serials(of: kind) {
                place.disk.damage(CheckpointKey(kind: kind, shard: ShardID(0), serial: serial))
            }
        }
        try await place.run { node async throws in
            let count = try await place.recordCount()
            await place.pass(.seconds(10))
            #expect(try await node.keys(of: "p") == [.b])
            #expect(try await place.recordCount() == count + 2, "a claim, and a record that deletes the set")
        }
    }

    @Test("the list of an expired set that can't be read does not keep others, and is got over")
    func damagedList() async throws {
        let place = NodePlace()
        place.configuration.checkpointBytes = 1
        try await place.run { node async throws in
            try await node.enter("ann", to: .a, livingFor: .seconds(100))
            try await node.enter("bob", to: .b, livingFor: .seconds(100))
            await place.pass()
        }
        let lists = try place.serials(of: .leaderboardManifest)
        place.disk.damage(CheckpointKey(kind: .leaderboardManifest, shard: ShardID(0), serial: lists[0]))
        try await place.run { node async throws in
            for _ in 0..<3 { await place.pass(.seconds(100)) }
            #expect(try await node.keys(of: "p") == [])
            try await node.enter("cid", to: .a)
            #expect(try await node.count(of: .a) == 1)
        }
    }

    @Test("more sets than are deleted at a time go one step after the other, whether in memory or on disk")
    func many() async throws {
        let place = NodePlace()
        let keys = (0..<600).map { LeaderboardKey(project: "p", id: "set-\($0)") }
        try await place.run { node async throws in
            for key in keys { try await node.enter("ann", to: key, livingFor: .seconds(10)) }
        }
        try await place.run { node async throws in
            for key in keys.prefix(100) { #expect(try await node.count(of: key) == 1) }
            let count = try await place.recordCount()
            await place.pass(.seconds(10))
            #expect(try await place.recordCount() == count + 4, "a claim, and 600 sets at 256 a record")
            #expect(try await node.keys(of: "p") == [])
            place.configuration.checkpointBytes = 1
        }
        #expect(await place.verify() == [])
    }

    @Test("a leaderboard can be created in place of a set that expired on disk")
    func creation() async throws {
        let place = NodePlace()
        try await place.run { node async throws in try await node.enter("ann", to: .a, livingFor: .seconds(10)) }
        place.clock.advance(by: .seconds(10))
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            try await node.add("bob")
            #expect(try await node.table() == "bob 1")
        }
        #expect(await place.verify() == [])
    }

    @Test("on a full disk expired sets are not seen, and deleted when there is space again")
    func fullDisk() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            try await node.enter("ann", to: .a, livingFor: .seconds(10))
            place.log.step()
            place.clock.advance(by: .seconds(10))
            await place.log.arrival()
            place.log.decide(.noSpace)
            place.log.run()
            await place.clock.waitForSleepers(2)
            #expect(try await node.keys(of: "p") == [])
            let count = try await place.recordCount()
            for _ in 0..<3 { await place.pass() }
            #expect(try await place.recordCount() == count + 1)
            try await node.enter("bob", to: .b)
        }
        #expect(await place.verify() == [])
    }
}

extension Node {
    /// Enters a member into a plain set, which is made if there is none.
    fileprivate func enter(_ member: String, to key: LeaderboardKey, livingFor wait: Duration? = nil) async throws {
        try await perform(at: place(of: key), loading: [key], changing: true) { shard, record, seed in
            var set = shard.sortedSet(key, at: record.time)
            Array(member.utf8).withUnsafeBytes { bytes in
                _ = try? shard.set(bytes, to: 1, in: &set, of: key, seed: seed, into: &record)
            }
            if let wait, let set { shard.setDeadline(record.time.advanced(by: wait), of: set, into: &record) }
        }
    }

    /// How many members a set has; nil if there is none.
    fileprivate func count(of key: LeaderboardKey) async throws -> Int? {
        try await perform(at: place(of: key), loading: [key], changing: false) { shard, record, _ in
            shard.sortedSet(key, at: record.time)?.count
        }
    }
}

extension NodePlace {
    fileprivate func serials(of kind: CheckpointKey.Kind) throws -> [UInt64] {
        try InMemoryCheckpointStore(disk: disk).serials(of: kind, shard: ShardID(0))
    }
}
