import CommitLogs
import Leaderboards
import Placement
import Sharding
import Synchronization
import Testing

@testable import NodeRuntime

/// Shards that move because placement wants it, or because their owner ends: to whom, and when.
@Suite("Handing over", .timeLimit(.minutes(2)))
struct HandOverTests {
    /// Who owns each shard.
    private func owners(_ members: [ClusterPlace.Member]) async -> [ShardID: NodeID] {
        var owners: [ShardID: NodeID] = [:]
        for member in members {
            for sight in await member.node.report(on: []).shards where sight.role == .owner {
                owners[sight.shard] = member.id
            }
        }
        return owners
    }

    private func isFollowed(_ members: [ClusterPlace.Member]) async -> Bool {
        for member in members {
            let shards = await member.node.report(on: []).shards
            if shards.contains(where: { $0.role == .vacant || $0.isBehind }) { return false }
        }
        return true
    }

    /// Nodes that all have their only shard, with its owner in front, and then who should have it after that one.
    private func settle(_ place: ClusterPlace, _ members: [ClusterPlace.Member]) async throws -> [ClusterPlace.Member] {
        try await place.pass { await owners(members).count == 1 }
        let owner = await owners(members)[ShardID(0)]!
        _ = try await members.first { $0.id == owner }!.node.create(.a, .points())
        try await place.pass { await isFollowed(members) }
        let nodes = members.map { NodeProfile(id: $0.id) }
        let next = PlacementTable(
            ShardSet(count: 1), on: nodes, current: [ShardID(0): owner], orders: PlacementOrders(drained: [owner])
        ).owner(of: ShardID(0))!
        let order = [owner, next]
        return members.sorted { (order.firstIndex(of: $0.id) ?? 9) < (order.firstIndex(of: $1.id) ?? 9) }
    }

    /// More records than an heir may lack.
    private func write(_ node: Node) async throws {
        for _ in 0..<100 { try await node.add("ann") }
    }

    @Test("A node that joins is given no shard before it follows it, and then its share")
    func join() async throws {
        let place = ClusterPlace()
        let keys = LeaderboardKey.spread(over: 4)
        let members = [place.member(1), place.member(2)]
        place.rumours.set(NodeID(2), .gone)
        members[1].log.cut()
        try await place.run(members[0], members[1]) {
            try await place.pass { await owners(members).count == 4 }
            for key in keys { _ = try await members[0].node.create(key, .points()) }
            place.rumours.set(NodeID(2), .alive)
            for _ in 0..<5 {
                await place.pass(.seconds(2))
                for key in keys { try await members[0].node.add("ann", to: key) }
            }
            members[1].log.mend()
            try await place.pass { await owners(members).values.count { $0 == NodeID(2) } == 2 }
            for key in keys {
                try await place.pass { await owner(of: key, among: members) != nil }
                #expect(try await holder(of: key, among: members)!.node.table(key) == "ann 5")
            }
        }
    }

    @Test("A node that is drained keeps a shard while its heir lacks much of it, and hands it over when it does not")
    func drainWithSlowHeir() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            let nodes = try await settle(place, members)
            await nodes[1].log.fallBehind(hidesTail: true)
            try await write(nodes[0].node)
            place.orders.change { $0.placement.drained = [nodes[0].id] }
            await place.pass(.seconds(10))
            #expect(await owners(members) == [ShardID(0): nodes[0].id])
            try await nodes[0].node.add("bob")
            nodes[1].log.mend()
            try await place.pass { await owners(members)[ShardID(0)] == nodes[1].id }
            #expect(try await nodes[1].node.table() == "ann 100, bob 1")
        }
    }

    @Test("An heir that does not answer is given nothing, and asked again")
    func silentHeir() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            let nodes = try await settle(place, members)
            place.wires.set { operation, _, answer throws(ServiceError) in
                guard operation == .nodeReport else { return answer }
                throw .unavailable("it is silent", retryAfter: 1)
            }
            place.orders.change { $0.placement.drained = [nodes[0].id] }
            await place.pass(.seconds(10))
            #expect(await owners(members) == [ShardID(0): nodes[0].id])
            place.wires.set(nil)
            try await place.pass { await owners(members)[ShardID(0)] == nodes[1].id }
        }
    }

    @Test("Who follows a shard does so until it was handed over, though its next owner has other followers")
    func followersStay() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = (1...5).map { place.member(UInt64($0)) }
        for member in members.dropFirst(3) {
            place.rumours.set(member.id, .gone)
            member.log.cut()
        }
        try await place.run(members) {
            try await place.pass { await owners(members).count == 1 }
            try await place.pass { await isFollowed(Array(members.prefix(3))) }
            let first = await owners(members)[ShardID(0)]!
            let followers = members.prefix(3).filter { $0.id != first }
            for member in members.dropFirst(3) { place.rumours.set(member.id, .alive) }
            place.orders.change { $0.placement.pins = [ShardID(0): NodeID(4)] }
            await place.pass(.seconds(5))
            let usual = PlacementTable(ShardSet(count: 1), on: members.map { NodeProfile(id: $0.id) })
                .followers(of: ShardID(0), owner: first, count: 2)
            for member in followers where usual.contains(member.id) {
                #expect(await member.node.report(on: []).shards[0].role == .follower)
            }
            #expect(await owners(members) == [ShardID(0): first])
            for member in members.dropFirst(3) { member.log.mend() }
            try await place.pass { await owners(members)[ShardID(0)] == NodeID(4) }
        }
    }

    @Test("A node that ends gives a shard to who has it, though another should own it, and is not given it back")
    func stopWithSlowHeir() async throws {
        let place = ClusterPlace(shardCount: 1, lease: .seconds(3600))
        let profiles = (1...3).map { NodeProfile(id: NodeID($0)) }
        let first = PlacementTable(ShardSet(count: 1), on: profiles).owner(of: ShardID(0))!
        let members = (1...3).map { place.member(UInt64($0)) }
        let ending = members.first { $0.id == first }!
        let others = members.filter { $0.id != first }
        try await place.run(others) {
            var last = others[0]
            try await place.run(ending) {
                let nodes = try await settle(place, members)
                #expect(nodes[0].id == first)
                last = nodes[2]
                place.orders.change { $0.placement.pins = [ShardID(0): first] }
                await nodes[1].log.fallBehind(hidesTail: true)
                try await write(ending.node)
                try await place.pass { await nodes[2].node.report(on: []).shards[0].number > 100 }
            }
            try await place.pass { await owners(others)[ShardID(0)] == last.id }
            #expect(try await last.node.table() == "ann 100")
            // Gossip has not noticed yet that the node has ended.
            await place.pass(.seconds(5))
            #expect(await owners(others)[ShardID(0)] == last.id)
        }
    }

    @Test("Who is given a shard while it lags stays, and claims it later, though another should own it")
    func claimLater() async throws {
        let place = ClusterPlace(shardCount: 1, lease: .seconds(3600))
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            let nodes = try await settle(place, members)
            place.orders.change { $0.placement.pins = [ShardID(0): nodes[0].id] }
            _ = try await nodes[1].node.shards()[0].hold()
            let shard = try nodes[0].node.shards()[0]
            #expect(await shard.handOver(to: nodes[1].id))
            try await place.pass { await owners(members)[ShardID(0)] == nodes[1].id }
        }
    }

    @Test("A drained node that was killed before it had handed a shard over takes it up again, and then hands it over")
    func killedWhileDrained() async throws {
        let place = ClusterPlace(shardCount: 1, lease: .seconds(3600))
        let first = place.member(1)
        try await place.run(first) {
            try await place.pass { await owners([first]).count == 1 }
            _ = try await first.node.create(.a, .points())
            try await first.node.add("ann")
            first.log.cut()
            first.log.staysCut()
        }
        place.orders.change { $0.placement.drained = [first.id] }
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await place.pass { await owners(members)[ShardID(0)] == NodeID(2) }
            #expect(try await members[1].node.table() == "ann 1")
        }
    }

    @Test("Who is given a shard claims it while the clock stands still")
    func claimAtOnce() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            let nodes = try await settle(place, members)
            let shard = try nodes[0].node.shards()[0]
            #expect(await shard.handOver(to: nodes[1].id))
            await until { await owners(members)[ShardID(0)] == nodes[1].id || Task.isCancelled }
            #expect(await owners(members) == [ShardID(0): nodes[1].id])
        }
    }

    @Test("A shard that is written to without a pause is handed over behind the record in the making")
    func handOverUnderLoad() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            let nodes = try await settle(place, members)
            let (owner, heir) = (nodes[0], nodes[1].id)
            let shard = try owner.node.shards()[0]
            let count = Mutex(0)
            owner.log.beforeAppend.withLock {
                // While one record is appended the next one fills, and in the midst of that the shard is to be handed over.
                $0 = {
                    let number = count.withLock { count in
                        count += 1
                        return count
                    }
                    guard number < 50 else { return }
                    if number == 10 {
                        Task { await shard.handOver(to: heir) }
                        await until { await shard.handOver != nil }
                    }
                    let before = await shard.stepCount
                    let isRefused = Flag()
                    Task {
                        _ = try? await owner.node.add("ann")
                        isRefused.raise()
                    }
                    await until { await shard.stepCount != before || isRefused.isRaised }
                }
            }
            try await owner.node.add("ann")
            await until { count.withLock { $0 } >= 12 }
            place.orders.change { $0.placement.pins = [ShardID(0): heir] }
            try await place.pass { await owners(members)[ShardID(0)] == heir }
            // The one on its way, the one behind it, and the release.
            #expect(count.withLock { $0 } == 12)
            #expect(try await nodes[1].node.table() == "ann 11")
        }
    }
}
