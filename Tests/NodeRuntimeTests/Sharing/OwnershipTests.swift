import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Testing

@Suite("Ownership", .timeLimit(.minutes(2)))
struct OwnershipTests {
    /// Who answers for a leaderboard, of those that run.
    private func owner(of key: LeaderboardKey, among members: [ClusterPlace.Member]) async -> ClusterPlace.Member? {
        for member in members where !member.log.isCut {
            do throws(ServiceError) {
                _ = try await member.node.describe(key)
                return member
            } catch {
                if case .refused = error { return member }
            }
        }
        return nil
    }

    @Test("Each shard has one owner, the others say who it is, and all of it is followed")
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

    @Test("An owner that can't reach the log answers no reads after its lease, and another takes over with all that was acknowledged")
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
        let place = ClusterPlace(shardCount: 4)
        let members = [place.member(1), place.member(2)]
        let keys = LeaderboardKey.spread(over: 4)
        try await place.run(members[0]) {
            for key in keys {
                try await place.pass { await owner(of: key, among: [members[0]]) != nil }
                _ = try await members[0].node.create(key, .points())
                try await members[0].node.add("ann", to: key)
            }
        }
        try await place.run(members[1]) {
            for key in keys {
                try await place.pass { await owner(of: key, among: [members[1]]) != nil }
                #expect(try await members[1].node.table(key) == "ann 1")
            }
        }
    }
}
