import CommitLogs
import Histories
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Synchronization
import Testing

/// Scenarios of docs/reliability.md that need the moment of a fault to be exact: on a log in memory, in the test's time.
@Suite("Faults of owners, at chosen moments", .timeLimit(.minutes(2)))
struct OwnerFaultTests {
    @Test(
        "Scenario 8: an owner dies with an append in doubt; whether the next one finds it or not, sent again it counts once",
        arguments: [true, false])
    func inDoubt(isStored: Bool) async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await place.pass { await members.owner(of: .a) != nil }
            let first = await members.owner(of: .a)!
            let second = members.first { $0.id != first.id }!
            _ = try await first.node.create(.a, .points())
            if isStored { first.log.loseReplies() } else { first.log.cut() }
            async let answer = problem { try await first.node.add("ann", requestKey: "once") }
            try await place.pass { first.log.waitingCount == 1 }
            place.rumours.set(first.id, .gone)
            first.log.cut()
            first.log.staysCut()
            try await place.pass { await second.node.isOwner(of: .a) }
            // It never heard.
            let told = await answer
            #expect(told != nil)
            #expect(try await second.node.table() == (isStored ? "ann 1" : ""))
            let again = try await second.node.add("ann", requestKey: "once")
            #expect(again.isReplay == isStored)
            #expect(try await second.node.table() == "ann 1")
            #expect(try await place.scan().problems == [])
        }
    }

    @Test("Scenario 3: an owner that loses the log, and is alive to everybody, loses its shards to who has the log")
    func ownerWithoutLog() async throws {
        let place = ClusterPlace(shardCount: 2)
        let keys = LeaderboardKey.spread(over: 2)
        let members = [place.member(1), place.member(2)]
        place.rumours.becomeHonest()
        try await place.run(members) {
            for key in keys {
                try await place.pass { await owner(of: key, among: members) != nil }
                _ = try await owner(of: key, among: members)!.node.create(key, .points())
                try await owner(of: key, among: members)!.node.add("ann", to: key)
            }
            members[0].log.cut()
            for key in keys {
                try await place.pass { await owner(of: key, among: [members[1]]) != nil }
                #expect(try await members[1].node.table(key) == "ann 1")
                try await members[1].node.add("bob", to: key)
            }
            members[0].log.mend()
            // It gets its share again.
            for key in keys { try await place.pass { await owner(of: key, among: members) != nil } }
            try await place.pass {
                var owned = 0
                for key in keys where await owner(of: key, among: [members[0]]) != nil { owned += 1 }
                return owned == 1
            }
            for key in keys {
                let member = try #require(await owner(of: key, among: members))
                #expect(try await member.node.table(key) == "ann 1, bob 1")
            }
        }
    }

    @Test("Scenarios 6 and 7: a reply that is lost, and an append that is, cost time only")
    func lostOnTheWay() async throws {
        let place = ClusterPlace(shardCount: 1)
        let member = place.member(1)
        try await place.run(member) {
            try await place.pass { await member.node.isOwner(of: .a) }
            _ = try await member.node.create(.a, .points())
            for (name, fault) in [("ann", member.log.loseReplies), ("bob", member.log.cut)] {
                fault()
                async let adding = member.node.add(name)
                try await place.pass { member.log.waitingCount == 1 }
                member.log.mend()
                _ = try await adding
            }
            #expect(try await member.node.table() == "ann 1, bob 1")
            let scan = try await place.scan()
            #expect(scan.problems == [] && scan.claimCount == 1)
        }
    }

    @Test("Scenario 9: of two that claim at once one owns the shard, and the other knows")
    func twoClaims() async throws {
        for _ in 0..<10 {
            let place = ClusterPlace(shardCount: 1)
            let members = [place.member(1), place.member(2)]
            members[0].membership.believe(alive: [1])
            members[1].membership.believe(alive: [2])
            place.records.holdAppends()
            try await place.run(members[0], members[1]) {
                // Both claims are on their way before either is decided.
                await place.pass(.milliseconds(500))
                place.records.releaseAppends()
                try await place.pass { await members.owners(of: .a) == 1 }
                let scan = try await place.scan()
                // The other may try again later, behind the claim that it has seen.
                #expect(scan.problems == [] && scan.records.count { $0.isClaim && $0.epoch == 1 } == 1)
            }
        }
    }

    @Test(
        "Scenario 10: a claim is stored and the claimer dies without knowing; the next one claims behind it, with everything"
    )
    func claimInDoubt() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await members.owner(of: .a) != nil }
            let first = await members.owner(of: .a)!
            _ = try await first.node.create(.a, .points())
            try await first.node.add("ann", points: 5)
            let others = members.filter { $0.id != first.id }
            for other in others { other.log.loseReplies() }
            place.rumours.set(first.id, .gone)
            first.log.cut()
            first.log.staysCut()
            try await place.pass { others.contains { $0.log.waitingCount > 0 } }
            let claimer = others.first { $0.log.waitingCount > 0 }!
            let last = others.first { $0.id != claimer.id }!
            place.rumours.set(claimer.id, .gone)
            claimer.log.cut()
            claimer.log.staysCut()
            last.log.mend()
            try await place.pass { await last.node.isOwner(of: .a) }
            #expect(try await last.node.table() == "ann 5")
            try await last.node.add("bob")
            let scan = try await place.scan()
            #expect(scan.problems == [])
            #expect(scan.records.filter(\.isClaim).map(\.epoch) == [1, 2, 3])
        }
    }

    @Test("Scenarios 13 and 14: who sees a log that is behind claims in vain, and owns nothing before it has all of it")
    func staleView() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await place.pass { await members.owner(of: .a) != nil }
            let first = await members.owner(of: .a)!
            let second = members.first { $0.id != first.id }!
            _ = try await first.node.create(.a, .points())
            await second.log.fallBehind(hidesTail: true)
            // Gossip is wrong about the owner, whose records can't be seen either.
            second.membership.believe(alive: [second.id.number])
            for _ in 0..<60 {
                try await first.node.add("ann")
                await place.pass(.milliseconds(100))
            }
            #expect(await first.node.isOwner(of: .a))
            #expect(await !second.node.isOwner(of: .a))
            #expect(try await place.scan().claimCount == 1)

            first.log.cut()
            first.log.staysCut()
            place.rumours.set(first.id, .gone)
            await place.pass(.seconds(5))
            #expect(await !second.node.isOwner(of: .a))
            second.log.mend()
            try await place.pass { await second.node.isOwner(of: .a) }
            #expect(try await second.node.table() == "ann 60")
            #expect(try await place.scan().problems == [])
        }
    }

    @Test("Who only hears late what the log has is not taken for one that misses something")
    func slowReplica() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await place.pass { await members.owner(of: .a) != nil }
            let first = await members.owner(of: .a)!
            let second = members.first { $0.id != first.id }!
            _ = try await first.node.create(.a, .points())
            await second.log.fallBehind(hidesTail: false)
            try await first.node.add("ann")
            // The owner has told everybody what it wrote, and is gone.
            await place.pass(.milliseconds(300))
            first.log.cut()
            first.log.staysCut()
            place.rumours.set(first.id, .gone)
            try await place.pass { await second.node.isOwner(of: .a) }
            #expect(try await second.node.table() == "ann 1")
        }
    }

    @Test("Who gives shards away, and reads that in the log before it is told, goes on following them")
    func lateRelease() async throws {
        let place = ClusterPlace(shardCount: 4)
        let members = [place.member(1), place.member(2)]
        let keys = LeaderboardKey.spread(over: 4)
        place.rumours.set(members[1].id, .gone)
        try await place.run(members[0], members[1]) {
            for key in keys {
                try await place.pass { await members[0].node.isOwner(of: key) }
                _ = try await members[0].node.create(key, .points())
            }
            members[0].log.loseReplies()
            place.rumours.set(members[1].id, .alive)
            // Its releases are stored, and the other owns what it was given.
            try await place.pass { await members[1].node.owns(anyOf: keys) }
            members[0].log.mend()
            for key in keys {
                try await place.pass { await members.owner(of: key) != nil }
                try await members.owner(of: key)!.node.add("ann", to: key)
            }
            members[1].log.cut()
            members[1].log.staysCut()
            place.rumours.set(members[1].id, .gone)
            for key in keys {
                try await place.pass { await members[0].node.isOwner(of: key) }
                #expect(try await members[0].node.table(key) == "ann 1")
            }
        }
    }

    @Test("Scenario 33: a record that can't be applied ends no node: its shard is served by nobody, and others live")
    func poison() async throws {
        let place = ClusterPlace(shardCount: 2)
        let keys = LeaderboardKey.spread(over: 2)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            for key in keys {
                try await place.pass { await members.owner(of: key) != nil }
                _ = try await members.owner(of: key)!.node.create(key, .points())
            }
            // As a version with a mistake would have written it: a claim, and a record whose operation nobody knows.
            let tail = try #require(try await place.records.tail(of: ShardID(0)))
            var last = tail
            for (kind, payload) in [(LogRecord.Kind.claim, []), (.data, [1, 0, 0, 0, 0, 0, 0, 0, 0, 255] as [UInt8])] {
                let record = LogRecord(
                    kind: kind, shard: ShardID(0), epoch: tail.epoch + 1, node: 9, incarnation: 9,
                    number: last.number + 1, previousHash: last.hash, payload: payload
                ).encoded()
                _ = try await place.records.append(record, after: last.position)
                last = try #require(try await place.records.tail(of: ShardID(0)))
            }
            await place.pass(.seconds(20))
            for member in members {
                #expect(await problem { try await member.node.table(keys[0]) } != nil)
                #expect(await !member.node.isOwner(of: keys[0]))
            }
            let other = await members.owner(of: keys[1])!
            try await other.node.add("ann", to: keys[1])
            #expect(try await place.records.tail(of: ShardID(0)) == last)
        }
    }

    @Test("Scenario 27: a wall clock that jumps by an hour, either way, moves no lease and no owner")
    func clockJumps() async throws {
        let place = ClusterPlace(shardCount: 2)
        let clocks = (0..<2).map { _ in JumpingClock(place.clock) }
        let members = [place.member(1, clock: clocks[0]), place.member(2, clock: clocks[1])]
        let keys = LeaderboardKey.spread(over: 2)
        try await place.run(members[0], members[1]) {
            for key in keys {
                try await place.pass { await members.owner(of: key) != nil }
                _ = try await members.owner(of: key)!.node.create(key, .points())
            }
            await place.pass(.seconds(10))
            let claims = try await place.scan().claimCount
            for (round, hours) in [1, -1, -2, 2].enumerated() {
                clocks[round % 2].jump(by: .seconds(3600 * hours))
                for _ in 0..<20 {
                    for key in keys { try await members.owner(of: key)!.node.add("ann", to: key) }
                    await place.pass(.milliseconds(200))
                }
            }
            for key in keys { #expect(try await members.owner(of: key)!.node.table(key) == "ann 80") }
            let scan = try await place.scan()
            #expect(scan.problems == [] && scan.claimCount == claims)
        }
    }

    @Test("Scenario 28: nodes that do not hear of each other for minutes and then do: owners stay where most are")
    func partition() async throws {
        let place = ClusterPlace(shardCount: 4)
        let members = [place.member(1), place.member(2), place.member(3)]
        let keys = LeaderboardKey.spread(over: 4)
        try await place.run(members[0], members[1], members[2]) {
            for key in keys { try await place.pass { await members.owner(of: key) != nil } }
            await place.pass(.seconds(10))
            let claims = try await place.scan().claimCount
            // All reach the log: the third hears nobody, and nobody hears of it.
            members[0].membership.believe(alive: [1, 2])
            members[1].membership.believe(alive: [1, 2])
            members[2].membership.believe(alive: [3])
            for _ in 0..<30 {
                for key in keys {
                    for member in members { _ = try? await member.node.add("ann", to: key) }
                }
                await place.pass(.seconds(1))
            }
            // Whoever writes is left alone by those that see it write.
            let during = try await place.scan()
            #expect(during.claimCount == claims && during.problems == [])
        }
    }
}

extension [ClusterPlace.Member] {
    /// Who owns a leaderboard's shard, of those that reach the log.
    func owner(of key: LeaderboardKey) async -> ClusterPlace.Member? {
        for member in self where !member.log.isCut {
            if await member.node.isOwner(of: key) { return member }
        }
        return nil
    }

    /// How many think that they do.
    func owners(of key: LeaderboardKey) async -> Int {
        var count = 0
        for member in self where await member.node.isOwner(of: key) { count += 1 }
        return count
    }
}

extension ClusterPlace {
    /// All that is in the log.
    func scan() async throws -> LogScan {
        func all(_ entries: some LogEntries) async throws -> [LogEntry] {
            var all: [LogEntry] = []
            for try await batch in entries { all += batch }
            return all
        }
        return LogScan(
            try await all(records.entries(from: .start)).map { entry in
                let record = entry.record
                return ScannedRecord(
                    shard: Int(record.shard.number), position: entry.position.value, number: record.number,
                    epoch: record.epoch, writer: .init(node: record.node, incarnation: record.incarnation),
                    isClaim: record.kind == .claim, previousHash: "\(record.previousHash)", hash: "\(entry.hash)",
                    operations: OperationMark.all(in: record.payload))
            })
    }
}

/// A node's clock, whose time of day an operator changes.
final class JumpingClock: NodeClock {
    private let base: ManualClock
    private let offset = Mutex(Duration.zero)

    init(_ base: ManualClock) { self.base = base }

    func jump(by duration: Duration) { offset.withLock { $0 += duration } }

    func now() -> Timestamp { base.now().advanced(by: offset.withLock { $0 }) }
    func uptime() -> Duration { base.uptime() }
    func randomNumber() -> UInt64 { base.randomNumber() }
    func sleep(for duration: Duration) async throws { try await base.sleep(for: duration) }
}
