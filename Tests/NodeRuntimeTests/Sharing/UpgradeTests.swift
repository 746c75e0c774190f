import CommitLogs
import Histories
import Leaderboards
import Logging
import NodeRuntime
import Placement
import Sharding
import Synchronization
import Testing

/// Nodes of two versions, of which the newer one writes what the older one does not know.
@Suite("Scenario 31: an upgrade, node by node", .timeLimit(.minutes(3)))
struct UpgradeTests {
    @Test(
        "A record of a newer format: older nodes stop before it, say so and claim nothing; one that knows it takes over"
    )
    func newerRecords() async throws {
        let place = ClusterPlace(shardCount: 4)
        let said = KeptLines()
        let members = (1...3).map { place.member($0, logger: said.logger) }
        let keys = LeaderboardKey.spread(over: 4)
        let shard = ShardID(0)
        try await place.run(members) {
            for key in keys {
                try await place.pass { await members.owner(of: key) != nil }
                _ = try await members.owner(of: key)!.node.create(key, .points())
                try await members.owner(of: key)!.node.add("ann", to: key)
            }
            let newer = try #require(await members.owner(of: keys[0]))
            let older = members.filter { $0.id != newer.id }
            try await place.pass { await older.allAnswer(keys[0]) }

            for member in older { await member.log.becomeTooOld(for: shard) }
            try await newer.node.add("ann", to: keys[0])
            await place.pass(.seconds(20))
            // What they had before looks whole, and is not: they answer nothing from it, however old an answer may be.
            for member in older {
                #expect(await problem { try await member.oldAnswer(keys[0]) } == .moved(to: newer.id.number))
            }
            #expect(said.lines.filter { $0.contains("shard 0 is left to nodes of a newer version") }.count == 2)
            for key in keys {
                try await members.owner(of: key)!.node.add("bob", to: key)
            }

            newer.log.cut()
            newer.log.staysCut()
            place.rumours.set(newer.id, .gone)
            let last = try #require(try await place.records.tail(of: shard))
            for key in keys.dropFirst() {
                try await place.pass { await older.owner(of: key) != nil }
                #expect(try await older.owner(of: key)!.node.table(key) == "ann 1, bob 1")
            }
            await place.pass(.seconds(60))
            #expect(try await place.records.tail(of: shard) == last)
            #expect(await older.owner(of: keys[0]) == nil)
            // Nothing is wrong with the shard.
            #expect(place.orders.current().quarantines == [:])

            let upgraded = place.member(4)
            try await place.run(upgraded) {
                try await place.pass { (try? await upgraded.node.table(keys[0])) == "ann 2, bob 1" }
                // Whoever should own the shard by its number may not be able to: it does not go to and fro.
                await place.pass(.seconds(15))
                let claims = try await place.scan().claimCount
                await place.pass(.seconds(10))
                #expect(await upgraded.node.isOwner(of: keys[0]))
                #expect(try await place.scan().claimCount == claims)
            }
        }
        #expect(try await place.scan().problems == [])
    }

    @Test(
        "An operation or a payload of a newer version: the shard is left to those that know it, and not quarantined",
        arguments: [(version: 1, operation: 200), (version: 2, operation: 5)] as [(version: UInt8, operation: UInt8)])
    func newerOperations(_ what: (version: UInt8, operation: UInt8)) async throws {
        let place = ClusterPlace(shardCount: 2)
        let said = KeptLines()
        let members = (1...2).map { place.member($0, logger: said.logger) }
        let keys = LeaderboardKey.spread(over: 2)
        try await place.run(members) {
            for key in keys {
                try await place.pass { await members.owner(of: key) != nil }
                _ = try await members.owner(of: key)!.node.create(key, .points())
            }
            // A newer node, of which nobody hears, takes the shard over and writes.
            let tail = try #require(try await place.records.tail(of: ShardID(0)))
            let time = withUnsafeBytes(of: place.clock.now().milliseconds.littleEndian) { Array($0) }
            for (kind, payload) in [(LogRecord.Kind.claim, []), (.data, [what.version] + time + [what.operation])] {
                let before = try #require(try await place.records.tail(of: ShardID(0)))
                let record = LogRecord(
                    kind: kind, shard: ShardID(0), epoch: tail.epoch + 1, node: 9, incarnation: 9,
                    number: before.number + 1, previousHash: before.hash, payload: payload
                ).encoded()
                _ = try await place.records.append(record, after: before.position)
            }
            let last = try await place.records.tail(of: ShardID(0))
            await place.pass(.seconds(30))
            for member in members {
                #expect(await problem { try await member.node.table(keys[0]) } == .moved(to: 9))
            }
            #expect(said.lines.filter { $0.contains("shard 0 is left to nodes of a newer version") }.count == 2)
            #expect(place.orders.current().quarantines == [:])
            #expect(try await place.records.tail(of: ShardID(0)) == last)
            try await members.owner(of: keys[1])!.node.add("ann", to: keys[1])

            // One that is started again is no wiser.
            let again = place.member(3, logger: said.logger)
            try await place.run(again) {
                await place.pass(.seconds(10))
                #expect(await problem { try await again.node.table(keys[0]) } == .moved(to: 9))
            }
            #expect(place.orders.current().quarantines == [:])
        }
    }
}

extension [ClusterPlace.Member] {
    fileprivate func allAnswer(_ key: LeaderboardKey) async -> Bool {
        for member in self where await problem({ try await member.oldAnswer(key) }) != nil { return false }
        return true
    }
}

extension ClusterPlace.Member {
    /// What it has itself, however old.
    fileprivate func oldAnswer(_ key: LeaderboardKey) async throws -> String {
        try await node.page(
            key, BoardSelector(), .from(offset: 0, limit: 10), ReadOptions(ageMax: .seconds(3600))
        ).rows
    }
}
