import CommitLogs
import Leaderboards
import Placement
import Sharding
import Testing

@testable import NodeRuntime

@Suite("Old answers", .timeLimit(.minutes(2)))
struct AgeTests {
    /// Two nodes, of which the first owns the only shard and the second follows it.
    private func run(
        lease: Duration = .seconds(2),
        _ body: (ClusterPlace, ClusterPlace.Member, ClusterPlace.Member) async throws -> Void
    ) async throws {
        let place = ClusterPlace(shardCount: 1, lease: lease)
        let (owner, follower) = (place.member(1), place.member(2))
        // Nobody but the first is to own it.
        owner.membership.believe(alive: [1])
        follower.membership.believe(alive: [1, 2])
        try await place.run(owner, follower) {
            try await place.pass { (await problem { try await owner.node.create(.a, .points()) }) == nil }
            try await owner.node.add("ann", points: 3)
            try await body(place, owner, follower)
        }
    }

    private func table(_ node: Node, within bound: Duration) async throws -> (rows: String, age: Duration?) {
        let answer = try await node.page(
            .a, BoardSelector(), .from(offset: 0, limit: 10), ReadOptions(ageMax: bound))
        return (answer.rows, answer.age)
    }

    @Test("A follower answers within the age that the reader allows, and says how old the answer is")
    func follower() async throws {
        try await run { place, owner, follower in
            try await place.pass { (try? await table(follower.node, within: .seconds(1)))?.rows == "ann 3" }
            let found = try await table(follower.node, within: .seconds(1))
            #expect(found.age! <= .seconds(1))
            // Whoever says nothing is sent to the owner.
            #expect(await problem { try await follower.node.table() } == .moved(to: 1))
            // So is who asks for what the follower has not heard of yet.
            let unknown = await problem {
                try await follower.node.page(
                    .b, BoardSelector(), .from(offset: 0, limit: 1), ReadOptions(ageMax: .seconds(1)))
            }
            #expect(unknown == .moved(to: 1))
            let users = try await follower.node.entries(
                .a, BoardSelector(), users: [Array("ann".utf8)], ReadOptions(ageMax: .seconds(1)))
            #expect(users.value.entries[0]?.rank == Rank(1) && users.age != nil)
            // The owner's own answer is fresh.
            #expect(try await table(owner.node, within: .seconds(1)).age == nil)
        }
    }

    @Test("What a follower has is never younger than it says: cut off, it ages, and ends to answer at the bound")
    func cutFollower() async throws {
        try await run { place, owner, follower in
            try await place.pass { (try? await table(follower.node, within: .seconds(1)))?.rows == "ann 3" }
            follower.log.cut()
            let before = try await table(follower.node, within: .seconds(60)).age!
            try await owner.node.add("bob", points: 5)
            await place.pass(.seconds(10))
            let after = try await table(follower.node, within: .seconds(60))
            #expect(after.rows == "ann 3")
            #expect(after.age! >= before + .seconds(10))
            #expect(await problem { try await table(follower.node, within: .seconds(5)) } == .moved(to: 1))
            follower.log.mend()
            try await place.pass { (try? await table(follower.node, within: .seconds(1)))?.rows == "bob 5, ann 3" }
        }
    }

    @Test("An owner whose lease is over and who can't reach the log answers with the age of what it has")
    func cutOwner() async throws {
        try await run { place, owner, follower in
            _ = try await owner.node.create(.b, .points())
            try await owner.node.add("eve", to: .b)
            owner.log.cut()
            follower.log.cut()
            await place.pass(.seconds(10))
            let found = try await table(owner.node, within: .seconds(60))
            #expect(found.rows == "ann 3")
            #expect(found.age! >= .seconds(7) && found.age! <= .seconds(10))
            // Too old; and there is no newer answer.
            let late = ReadOptions(ageMax: .seconds(1), ageMaxOnError: .seconds(60))
            async let fallback = owner.node.page(.a, BoardSelector(), .from(offset: 0, limit: 10), late)
            await place.pass(.seconds(3))
            #expect(try await fallback.rows == "ann 3")
            // What is not durable is shown to nobody.
            async let write = owner.node.add("cid", to: .b)
            await place.pass(.seconds(1))
            async let unsafe = problem {
                try await owner.node.page(.b, BoardSelector(), .from(offset: 0, limit: 10), late)
            }
            await place.pass(.seconds(3))
            #expect(await unsafe == .unavailable("the log can't be reached", retryAfter: 1))
            owner.log.mend()
            follower.log.mend()
            _ = try await write
            #expect(try await owner.node.table(.b) == "eve 1, cid 1")
        }
    }

    @Test("A reader is certain of the last end of the log that he has come to, as of when it was asked for")
    func completeness() {
        var log = LogCompleteness()
        #expect(log.time == nil)
        log.ended(at: nil, as: .seconds(1))
        #expect(log.time == .seconds(1))
        log.ended(at: LogPosition(5), as: .seconds(2))
        log.ended(at: LogPosition(9), as: .seconds(3))
        #expect(log.time == .seconds(1))
        log.read(upTo: LogPosition(5))
        #expect(log.time == .seconds(1))
        log.read(upTo: LogPosition(6))
        #expect(log.time == .seconds(2))
        log.read(upTo: LogPosition(20))
        #expect(log.time == .seconds(3))
        // An answer that comes late, or twice, makes nothing younger or older.
        log.ended(at: LogPosition(9), as: .seconds(1))
        #expect(log.time == .seconds(3))
        log.ended(at: LogPosition(19), as: .seconds(4))
        #expect(log.time == .seconds(4))
    }

    @Test("Of a reader who is far behind few ends are remembered, and the first one he comes to counts")
    func farBehind() {
        var log = LogCompleteness()
        for number in 1...1000 { log.ended(at: LogPosition(UInt64(number)), as: .seconds(number)) }
        log.read(upTo: LogPosition(2))
        #expect(log.time == .seconds(1))
        log.read(upTo: LogPosition(500))
        #expect(log.time == .seconds(LogCompleteness.endCountMax - 1))
        log.read(upTo: LogPosition(1001))
        #expect(log.time == .seconds(1000))
    }
}

extension Positioned<Page> {
    var rows: String {
        value.entries.map { entry in
            guard case .integer(let points) = entry.score.value(0) else { return "?" }
            return "\(String(decoding: entry.user, as: UTF8.self)) \(points)"
        }.joined(separator: ", ")
    }
}
