import CommitLogs
import Leaderboards
import Placement
import Sharding
import Testing

@testable import NodeRuntime

/// What operators order of nodes and shards, and what becomes of it.
@Suite("Orders of operators", .timeLimit(.minutes(3)))
struct OrderTests {
    private let keys = LeaderboardKey.spread(over: 4)

    private func owners(_ members: [ClusterPlace.Member]) async -> [ShardID: NodeID] {
        var owners: [ShardID: NodeID] = [:]
        for member in members {
            for sight in await member.node.report(on: []).shards where sight.role == .owner {
                owners[sight.shard] = member.id
            }
        }
        return owners
    }

    private func holder(_ number: Int, _ members: [ClusterPlace.Member]) async -> ClusterPlace.Member? {
        let owner = await owners(members)[ShardID(UInt16(number))]
        return members.first { $0.id == owner }
    }

    private func isFollowed(_ members: [ClusterPlace.Member]) async -> Bool {
        for member in members {
            for sight in await member.node.report(on: []).shards where sight.role == .vacant || sight.isBehind {
                return false
            }
        }
        return true
    }

    private func fill(_ members: [ClusterPlace.Member], _ place: ClusterPlace) async throws {
        try await place.pass { await owners(members).count == 4 }
        for number in 0..<4 {
            let holder = await holder(number, members)!
            _ = try await holder.node.create(keys[number], .points())
            try await holder.node.add("ann", to: keys[number], points: 3)
        }
        try await place.pass { await isFollowed(members) }
    }

    @Test("A pinned shard moves to its node, with all that was acknowledged, and stays")
    func move() async throws {
        let place = ClusterPlace()
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await fill(members, place)
            for target in members {
                place.orders.change { $0.placement.pins = [ShardID(1): target.id] }
                try await place.pass { await owners(members)[ShardID(1)] == target.id }
                try await target.node.add("bob", to: keys[1])
            }
            await place.pass(.seconds(5))
            #expect(await owners(members)[ShardID(1)] == NodeID(3))
            #expect(try await members[2].node.table(keys[1]) == "ann 3, bob 3")
            // While its node is gone, others have it.
            place.rumours.set(members[2].id, .gone)
            members[2].log.cut()
            let others = Array(members.prefix(2))
            try await place.pass { await owners(others)[ShardID(1)] != nil }
            #expect(try await holder(1, others)!.node.table(keys[1]) == "ann 3, bob 3")
            members[2].log.mend()
            place.rumours.set(members[2].id, .alive)
            try await place.pass { await owners(members)[ShardID(1)] == NodeID(3) }
        }
    }

    @Test("A drained node owns and follows nothing, also after its restart, until it is resumed")
    func drain() async throws {
        let place = ClusterPlace()
        var members = [place.member(1), place.member(2), place.member(3)]
        @Sendable func isEmpty(_ member: ClusterPlace.Member) async -> Bool {
            let shards = await member.node.report(on: []).shards
            return !shards.isEmpty && shards.allSatisfy { $0.role == .vacant }
        }
        try await place.run(members[0], members[1], members[2]) {
            try await fill(members, place)
            place.orders.change { $0.placement.drained = [NodeID(1)] }
            try await place.pass { await isEmpty(members[0]) }
            try await place.pass { await owners(members).count == 4 }
            for number in 0..<4 { #expect(try await holder(number, members)!.node.table(keys[number]) == "ann 3") }
        }
        members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await owners(members).count == 4 }
            await place.pass(.seconds(5))
            #expect(await isEmpty(members[0]))
            place.orders.change { $0.placement.drained = [] }
            try await place.pass { await owners(members).values.contains(NodeID(1)) }
            try await place.pass { await isFollowed(members) }
        }
    }

    @Test("A node that is to get a shard follows it first")
    func prepare() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        place.rumours.set(NodeID(2), .gone)
        try await place.run(members[0], members[1]) {
            try await place.pass { await owners([members[0]]).count == 1 }
            place.orders.change { $0.placement.preparing = [ShardID(0): NodeID(2)] }
            place.rumours.set(NodeID(2), .alive)
            try await place.pass { await members[1].node.report(on: []).shards.first?.role == .follower }
            #expect(await owners(members) == [ShardID(0): NodeID(1)])
        }
    }

    @Test("A shard that an operator quarantines is given up with nothing lost, and taken up again when it is released")
    func quarantine() async throws {
        let place = ClusterPlace()
        var members = [place.member(1), place.member(2), place.member(3)]
        func isAlone(_ members: [ClusterPlace.Member]) async -> Bool {
            for member in members {
                let sight = await member.node.report(on: [2]).shards.first
                if sight?.role != .vacant || sight?.log.quarantine != "a doubt" { return false }
            }
            return true
        }
        try await place.run(members[0], members[1], members[2]) {
            try await fill(members, place)
            place.orders.change { $0.quarantines[ShardID(2)] = "a doubt" }
            try await place.pass { await isAlone(members) }
            // The others go on.
            try await holder(1, members)!.node.add("bob", to: keys[1])
        }
        members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await owners(members).count == 3 }
            await place.pass(.seconds(10))
            #expect(await isAlone(members))
            place.orders.change { $0.quarantines = [:] }
            try await place.pass { await owners(members).count == 4 }
            #expect(try await holder(2, members)!.node.table(keys[2]) == "ann 3")
        }
    }

    @Test("A damaged log is reported, stays alone through a restart, and is found damaged again when it is released")
    func damage() async throws {
        let place = ClusterPlace(shardCount: 1)
        let note = ShardNote(
            shard: ShardID(0), owner: NodeID(2), epoch: 3, number: 17, position: LogPosition(40), hash: .zero)
        place.rumours.note([note])
        let reason = "the log is empty, and record 17 was seen"
        for _ in 0..<2 {
            let member = place.member(1)
            try await place.run(member) {
                try await place.pass { await member.node.report(on: []).shards.first?.log.quarantine == reason }
                #expect(place.orders.current().quarantines == [ShardID(0): reason])
                await place.pass(.seconds(10))
                #expect(await owners([member]) == [:])
            }
        }
        let member = place.member(1)
        try await place.run(member) {
            try await place.pass { await member.node.report(on: []).shards.first?.log.quarantine == reason }
            place.orders.change { $0.quarantines = [:] }
            // It looks again, and sees the same.
            try await place.pass { place.orders.current().quarantines == [ShardID(0): reason] }
            #expect(await owners([member]) == [:])
        }
    }

    @Test("A record that others have heard of before this node has seen it in the log is no damage")
    func lateSight() async throws {
        let place = ClusterPlace(shardCount: 1)
        let member = place.member(1)
        place.rumours.note([
            ShardNote(
                shard: ShardID(0), owner: NodeID(2), epoch: 1, number: 1, position: LogPosition(1), hash: .zero)
        ])
        try await place.run(member) {
            await place.pass(.seconds(5))
            #expect(place.orders.current().quarantines == [:])
            // What others have heard of comes into sight.
            var chain = RecordChain(shard: ShardID(0))
            _ = try await place.records.append(chain.next([], kind: .claim), after: nil)
            try await place.pass { await owners([member]).count == 1 }
            #expect(place.orders.current().quarantines == [:])
        }
    }

    @Test("An owner whose log turns out to be damaged gives the shard up, and nobody takes it")
    func damageWhileWriting() async throws {
        let place = ClusterPlace(shardCount: 1)
        let member = place.member(1)
        try await place.run(member) {
            try await place.pass { await owners([member]).count == 1 }
            _ = try await member.node.create(.a, .points())
            try await member.node.add("ann")
            place.records.failNextAppend(with: .quarantined("its end is gone"))
            #expect(await problem { try await member.node.add("bob") } == .corrupted("its end is gone"))
            try await place.pass { place.orders.current().quarantines == [ShardID(0): "its end is gone"] }
            await place.pass(.seconds(5))
            #expect(await owners([member]) == [:])
            // An operator has looked; the log is whole.
            place.orders.change { $0.quarantines = [:] }
            try await place.pass { await owners([member]).count == 1 }
            #expect(try await member.node.table() == "ann 1")
        }
    }

    @Test("What would move is told, and nothing moves")
    func plan() async throws {
        let place = ClusterPlace()
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await fill(members, place)
            let before = await owners(members)
            let inspector = members[0].inspector(DirectLinks(members))
            #expect(await inspector.plan(.none) == [])
            let moves = await inspector.plan(PlacementOrders(drained: [NodeID(2)]))
            #expect(Set(moves.map(\.shard)) == Set(before.filter { $0.value == NodeID(2) }.keys))
            #expect(moves.allSatisfy { $0.from == NodeID(2) && $0.to != NodeID(2) })
            #expect(await owners(members) == before)
        }
    }
}
