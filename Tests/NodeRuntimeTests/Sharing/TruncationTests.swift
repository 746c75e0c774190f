import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Synchronization
import TestSupport
import Testing

/// The shared log is cut while nodes come, go and lag.
@Suite("Truncation", .timeLimit(.minutes(5)))
struct TruncationTests {
    private let shard = ShardID(0)

    @Test(
        "A log that is much smaller than what is written takes all of it; meanwhile writes are refused, and nothing is lost"
    )
    func smallLog() async throws {
        for count in 1...2 {
            let place = ClusterPlace(shardCount: 1)
            let limit = 48 << 10
            place.records.limit(byteCount: limit)
            let members = (1...UInt64(count)).map { place.member($0) }
            try await place.run(members) {
                try await place.pass { await holder(of: .a, among: members) != nil }
                let owner = try #require(await holder(of: .a, among: members))
                _ = try await owner.node.create(.a, .points())
                // As long as there is room the shard's next turn is an hour away.
                await place.pass(.seconds(5))
                let ballast = String(repeating: "x", count: 200)
                var refusals = 0
                for number in 0..<250 {
                    try await place.pass {
                        do {
                            try await owner.node.add("u\(number)\(ballast)", "w\(number)\(ballast)")
                            return true
                        } catch ServiceError.noSpace {
                            refusals += 1
                            return false
                        } catch ServiceError.unavailable {
                            return false
                        }
                    }
                }
                #expect(refusals > 0)
                let fill = try await place.records.fill()
                #expect(fill.byteCount <= limit)
                let table = try await owner.node.table()
                #expect(table.split(separator: ",").count == 500)
                #expect(try await place.records.tail(of: shard)?.epoch == 1, "the owner stays the owner")
            }
        }
    }

    @Test("Whoever follows makes room if the owner is gone and no claim fits into the log")
    func fullAndOrphaned() async throws {
        let place = ClusterPlace(shardCount: 1, checkpointAge: .seconds(4))
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members) {
            try await place.pass { await holder(of: .a, among: members) != nil }
            let owner = try #require(await holder(of: .a, among: members))
            let others = members.filter { $0.id != owner.id }
            _ = try await owner.node.create(.a, .points())
            for _ in 0..<20 {
                try await owner.node.add("ann")
                await place.pass(.seconds(1))
            }
            owner.log.cut()
            owner.log.staysCut()
            place.rumours.set(owner.id, .gone)
            place.records.limit(byteCount: try await place.records.fill().byteCount)
            try await place.pass { await holder(of: .a, among: others) != nil }
            let heir = try #require(await holder(of: .a, among: others))
            #expect(try await heir.node.table() == "ann 20")
        }
    }

    @Test(
        "With nodes that join, die and lag, no cut passes what two nodes have verified, or a consumer has acknowledged",
        arguments: 1...4)
    func simulation(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        func random(_ bound: UInt64) -> UInt64 { generator.next() % bound }
        let place = ClusterPlace(shardCount: 2, keep: .seconds(3), fetchDistance: 50, checkpointAge: .seconds(3))
        let keys = LeaderboardKey.spread(over: 2)
        let watch = CutWatch()
        let first = [place.member(1), place.member(2)]
        for member in first { watch.watch(member) }
        try await place.run(first) {
            var expected: [LeaderboardKey: Int64] = [:]
            for key in keys {
                try await place.pass { await holder(of: key, among: first) != nil }
                _ = try await holder(of: key, among: first)!.node.create(key, .points())
            }
            for round in 0..<6 {
                // A third node comes and goes, sometimes with an empty disk.
                if random(2) == 0 { place.empty(3) }
                let third = place.member(3)
                watch.watch(third)
                let all = first + [third]
                if random(2) == 0 {
                    let floor = try await place.records.tail(of: shard)!.position
                    place.records.note(LogConsumer("test", shards: [shard], floor: floor))
                    watch.floor.withLock { $0 = floor }
                }
                try await place.run(third) {
                    for _ in 0..<12 {
                        for key in keys {
                            guard let owner = await holder(of: key, among: all) else { continue }
                            if (try? await owner.node.add("ann", to: key)) != nil { expected[key, default: 0] += 1 }
                        }
                        // A follower that is cut off lags behind.
                        if random(8) == 0, await holder(of: keys[0], among: [third]) == nil { third.log.cut() }
                        await place.pass(.milliseconds(Int(random(1500))))
                        third.log.mend()
                    }
                    _ = try await place.records.removeConsumer("test")
                    watch.floor.withLock { $0 = nil }
                }
                place.rumours.set(third.id, .gone)
                watch.unwatch(third)
                _ = round
            }
            for key in keys {
                try await place.pass { await holder(of: key, among: first) != nil }
                let table = try await holder(of: key, among: first)!.node.table(key)
                #expect(table == expected[key].map { "ann \($0)" } ?? "")
            }
        }
        #expect(watch.problems.withLock { $0 } == [])
        #expect(watch.cutCount.withLock { $0 } > 0)
    }
}

/// Looks at every cut, and at what the nodes have on their disks then.
private final class CutWatch: Sendable {
    private let stores = Mutex<[NodeID: any CheckpointStore]>([:])
    let floor = Mutex<LogPosition?>(nil)
    let problems = Mutex<[String]>([])
    let cutCount = Mutex(0)

    func watch(_ member: ClusterPlace.Member) {
        stores.withLock { $0[member.id] = member.store }
        member.log.observeTruncation.withLock { observe in
            observe = { [self] shard, position in look(shard, position) }
        }
    }

    func unwatch(_ member: ClusterPlace.Member) { stores.withLock { $0[member.id] = nil } }

    private func look(_ shard: ShardID, _ position: LogPosition) {
        cutCount.withLock { $0 += 1 }
        let holders = stores.withLock { stores in
            stores.values.filter { store in
                let generations = (try? store.serials(of: .shardManifest, shard: shard)) ?? []
                let above = generations.filter { generation in
                    let key = CheckpointKey(kind: .shardManifest, shard: shard, serial: generation)
                    let manifest = (try? store.piece(key)).flatMap { bytes in
                        bytes?.withUnsafeBytes { try? ShardManifest($0) }
                    }
                    return manifest.map { $0.position >= position } ?? false
                }
                return above.count >= 2
            }.count
        }
        if holders < 2 { problems.withLock { $0.append("\(shard) cut at \(position), \(holders) nodes have two") } }
        if shard == ShardID(0), let floor = floor.withLock({ $0 }), position > floor {
            problems.withLock { $0.append("cut at \(position), above the floor \(floor)") }
        }
    }
}
