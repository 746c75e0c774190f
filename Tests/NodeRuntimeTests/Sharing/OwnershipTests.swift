import CommitLogs
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Testing

@Suite("Ownership", .timeLimit(.minutes(2)))
struct OwnershipTests {
    @Test("Each shard has one owner, and the others say who it is")
    func owners() async throws {
        let place = ClusterPlace(shardCount: 6)
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            let keys = LeaderboardKey.spread(over: 6)
            for key in keys {
                try await place.pass { await owner(of: key, among: members) != nil }
                let holder = await owner(of: key, among: members)!
                _ = try await holder.node.create(key, .points())
                try await holder.node.add("ann", to: key)
                for other in members where other.id != holder.id {
                    #expect(await problem { try await other.node.table(key) } == .moved(to: holder.id.number))
                }
            }
        }
    }

    @Test(
        "An owner that can't reach the log answers no reads after its lease, and another takes over with all that was acknowledged"
    )
    func cutOff() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await owner(of: .a, among: members) != nil }
            let first = await owner(of: .a, among: members)!
            _ = try await first.node.create(.a, .points())
            try await first.node.add("ann", points: 3)
            #expect(try await first.node.table() == "ann 3")

            first.log.cut()
            // Its lease still lasts: nobody else can have become owner.
            #expect(try await first.node.table() == "ann 3")
            place.rumours.set(first.id, .gone)
            await place.pass(.milliseconds(2100))
            async let late = problem { try await first.node.table() }
            async let lateWrite = problem { try await first.node.add("bob") }
            let others = members.filter { $0.id != first.id }
            try await place.pass { await owner(of: .a, among: others) != nil }
            let second = await owner(of: .a, among: others)!
            try await second.node.add("cid", points: 7)
            #expect(try await second.node.table() == "cid 7, ann 3")

            first.log.mend()
            place.rumours.set(first.id, .alive)
            // Both were held until they could be answered truly.
            #expect(await late == .moved(to: second.id.number))
            #expect(await lateWrite == .moved(to: second.id.number))
            #expect(try await second.node.table() == "cid 7, ann 3")
        }
    }

    @Test("A node that ends gives its shards away, and nobody waits for a lease")
    func handOver() async throws {
        let place = ClusterPlace(shardCount: 4, lease: .seconds(3600))
        let keys = LeaderboardKey.spread(over: 4)
        let (first, second) = (place.member(1), place.member(2))
        place.rumours.set(second.id, .gone)
        try await place.run(first) {
            for key in keys {
                try await place.pass { await owner(of: key, among: [first]) != nil }
                _ = try await first.node.create(key, .points())
                try await first.node.add("ann", to: key)
            }
        }
        place.rumours.set(first.id, .gone)
        place.rumours.set(second.id, .alive)
        try await place.run(second) {
            for key in keys {
                try await place.pass { await owner(of: key, among: [second]) != nil }
                #expect(try await second.node.table(key) == "ann 1")
            }
        }
    }

    @Test("A node that was killed takes its own shards again at once")
    func restart() async throws {
        let place = ClusterPlace(shardCount: 2, lease: .seconds(3600))
        let first = place.member(1)
        try await place.run(first) {
            try await place.pass { await owner(of: .a, among: [first]) != nil }
            _ = try await first.node.create(.a, .points())
            try await first.node.add("ann")
            // It ends without a word.
            first.log.cut()
            first.log.staysCut()
        }
        let again = place.member(1)
        try await place.run(again) {
            try await place.pass { await owner(of: .a, among: [again]) != nil }
            #expect(try await again.node.table() == "ann 1")
        }
    }

    @Test("An append that the log refuses costs its shard a moment, and nobody else anything")
    func refusedAppend() async throws {
        let place = ClusterPlace(shardCount: 2)
        let keys = LeaderboardKey.spread(over: 2)
        let member = place.member(1)
        try await place.run(member) {
            for key in keys {
                try await place.pass { await owner(of: key, among: [member]) != nil }
                _ = try await member.node.create(key, .points())
                try await member.node.add("ann", to: key)
            }
            place.records.failNextAppend(with: .invalid("too long"))
            #expect(
                await problem { try await member.node.add("bob", to: keys[0]) }
                    == .unavailable("the log refused a record: too long", retryAfter: 1))
            #expect(try await member.node.table(keys[1]) == "ann 1")
            try await place.pass { await owner(of: keys[0], among: [member]) != nil }
            try await member.node.add("cid", to: keys[0], points: 2)
            #expect(try await member.node.table(keys[0]) == "cid 2, ann 1")
        }
    }

    @Test("A shard whose log ends before what others know is touched by nobody")
    func lostEnd() async throws {
        let place = ClusterPlace(shardCount: 1)
        let member = place.member(1)
        place.rumours.note([
            ShardNote(
                shard: ShardID(0), owner: NodeID(2), epoch: 3, number: 17, position: LogPosition(40), hash: .zero)
        ])
        try await place.run(member) {
            await place.pass(.seconds(20))
            #expect(await problem { try await member.node.table() } == .moved(to: nil))
            let tail = try await place.records.tail(of: ShardID(0))
            #expect(tail == nil)
        }
    }

    @Test("Two nodes that both think they should own everything: one does, and nothing is lost")
    func rivals() async throws {
        let place = ClusterPlace(shardCount: 3)
        let members = [place.member(1), place.member(2)]
        // Each is alone in its own eyes.
        members[0].membership.believe(alive: [1])
        members[1].membership.believe(alive: [2])
        let keys = LeaderboardKey.spread(over: 3)
        try await place.run(members[0], members[1]) {
            var acknowledged: [LeaderboardKey: Int64] = [:]
            for _ in 0..<30 {
                for key in keys {
                    try await place.pass { await owner(of: key, among: members) != nil }
                    for member in members {
                        do throws(ServiceError) {
                            // Until one of them was owner for so long.
                            _ = try? await member.node.create(key, .points())
                            let batch = SubmissionBatch(["ann"], key)
                            let answer = try await member.node.submit(batch, project: "p", upload: nil)[0]
                            if case .success = answer.outcome { acknowledged[key, default: 0] += 1 }
                        } catch { continue }
                    }
                }
            }
            for key in keys {
                try await place.pass { await owner(of: key, among: members) != nil }
                let holder = await owner(of: key, among: members)!
                let table = try await holder.node.table(key)
                #expect(table == acknowledged[key].map { "ann \($0)" } ?? "")
            }
        }
    }
}
