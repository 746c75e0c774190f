import Leaderboards
import Placement
import TestSupport
import Testing

/// Who may own what, and what must not fail together.
@Suite("Pools and zones")
struct PoolAndZoneTests {
    private let whale = Pool("whale")

    @Test("Shards of a pool are on nodes of that pool, and others are not")
    func pools() {
        let nodes = (1...6).map { NodeProfile(id: NodeID(UInt64($0)), pools: $0 <= 2 ? [whale] : [.common]) }
        let shards = ShardSet(count: 64, pools: Dictionary(uniqueKeysWithValues: (0..<16).map { (ShardID($0), whale) }))
        let table = PlacementTable(shards, on: nodes)
        #expect(table.loads() == [8, 8, 12, 12, 12, 12])
        for shard in shards.ids {
            #expect((table.owner(of: shard)! < NodeID(3)) == (shard.number < 16))
            #expect(table.followers(of: shard, count: 9).count == (shard.number < 16 ? 1 : 3))
        }
    }

    @Test("A node of two pools takes its share in each")
    func severalPools() {
        let nodes = (1...2).map { NodeProfile(id: NodeID(UInt64($0)), pools: $0 == 1 ? [whale, .common] : [.common]) }
        let shards = ShardSet(count: 6, pools: [ShardID(0): whale, ShardID(1): whale])
        #expect(PlacementTable(shards, on: nodes).loads() == [4, 2])
    }

    @Test("A pool without nodes is served by the common one, and that by all, balanced together with its own")
    func emptyPools() {
        let shards = ShardSet(count: 12, pools: Dictionary(uniqueKeysWithValues: (0..<6).map { (ShardID($0), whale) }))
        let common = (1...3).map { NodeProfile(id: NodeID(UInt64($0))) }
        #expect(PlacementTable(shards, on: common).loads() == [4, 4, 4])
        let others = (1...3).map { NodeProfile(id: NodeID(UInt64($0)), pools: [Pool("other")]) }
        #expect(PlacementTable(shards, on: others).loads() == [4, 4, 4])
        var emptied = common
        emptied.append(NodeProfile(id: NodeID(9), weight: 0, pools: [whale]))
        #expect(PlacementTable(shards, on: emptied).loads() == [4, 4, 4, 0], "its only node is being emptied")
    }

    @Test("A shard that is put into another pool moves there, and only it does")
    func poolChange() {
        let nodes = (1...6).map { NodeProfile(id: NodeID(UInt64($0)), pools: $0 <= 2 ? [whale] : [.common]) }
        let table = PlacementTable(ShardSet(count: 64), on: nodes)
        let shards = ShardSet(count: 64, pools: [ShardID(5): whale])
        let moved = PlacementTable(shards, on: nodes, current: table.current)
        #expect(PlacementPlan(from: table, to: moved).moves.map(\.shard) == [ShardID(5)])
        #expect(moved.owner(of: ShardID(5))! < NodeID(3))
    }

    @Test("Followers are in other zones than the owner and each other, as long as there are zones", arguments: 0..<10)
    func zones(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let nodes = (0..<9).map { NodeProfile(id: NodeID(random.next()), zone: Zone("z\($0 % 3)")) }
        let zoneOfNode = Dictionary(uniqueKeysWithValues: nodes.map { ($0.id, $0.zone) })
        let table = PlacementTable(ShardSet(count: 64), on: nodes)
        for shard in table.shards.ids {
            let set = [table.owner(of: shard)!] + table.followers(of: shard, count: 5)
            #expect(Set(set).count == 6)
            #expect(Set(set.prefix(3).map { zoneOfNode[$0]! }).count == 3)
            #expect(Dictionary(grouping: set) { zoneOfNode[$0]! }.values.allSatisfy { $0.count == 2 })
        }
    }

    @Test("Of few nodes all follow, and in one zone the order is that of the hash")
    func fewNodes() {
        let nodes = (1...3).map { NodeProfile(id: NodeID(UInt64($0))) }
        let table = PlacementTable(ShardSet(count: 8), on: nodes)
        for shard in table.shards.ids {
            let followers = table.followers(of: shard, count: 5)
            #expect(Set(followers + [table.owner(of: shard)!]) == Set(nodes.map(\.id)))
            #expect(table.followers(of: shard, count: 1) == [followers[0]])
            #expect(table.followers(of: shard, count: 0) == [])
        }
    }
}
