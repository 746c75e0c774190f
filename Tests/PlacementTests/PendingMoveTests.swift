import Leaderboards
import Placement
import TestSupport
import Testing

/// Moves take their time, and each makes the table anew. What is still to come must not change with it: nodes prepare for it.
@Suite("Moves that are still to come")
struct PendingMoveTests {
    private let shards = ShardSet(count: 64)

    private func targets(_ owners: [ShardID: NodeID], _ table: PlacementTable) -> [ShardID: NodeID] {
        var targets: [ShardID: NodeID] = [:]
        for move in PlacementPlan(from: owners, to: table).moves { targets[move.shard] = move.to }
        return targets
    }

    @Test("What a drained node has goes where it should go from the beginning, in whatever order", arguments: 0..<60)
    func draining(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let nodes = Cluster.nodes(3 + random.below(8), &random)
        var owners = PlacementTable(shards, on: nodes).current
        let orders = PlacementOrders(drained: [nodes[random.below(nodes.count)].id])
        var pending = targets(owners, PlacementTable(shards, on: nodes, current: owners, orders: orders))
        #expect(!pending.isEmpty)
        while let shard = pending.isEmpty ? nil : pending.keys.sorted()[random.below(pending.count)] {
            owners[shard] = pending.removeValue(forKey: shard)
            // What a node was told before, and in which order, is no matter.
            let table = PlacementTable(shards, on: nodes, current: owners, orders: orders) { _ in
                nodes.map(\.id).shuffled(using: &random)
            }
            #expect(targets(owners, table) == pending)
        }
    }

    @Test("A newcomer is given what it was to be given from the beginning, in whatever order", arguments: 0..<60)
    func joining(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let nodes = Cluster.nodes(2 + random.below(8), &random)
        var owners = PlacementTable(shards, on: nodes).current
        let all = nodes + [Cluster.node(&random)]
        var pending = targets(owners, PlacementTable(shards, on: all, current: owners))
        while let shard = pending.isEmpty ? nil : pending.keys.sorted()[random.below(pending.count)] {
            owners[shard] = pending.removeValue(forKey: shard)
            let next = targets(owners, PlacementTable(shards, on: all, current: owners))
            // The last ones need not move when the newcomer has nearly all of its share.
            for (shard, node) in next { #expect(pending[shard] == node) }
            pending = next
        }
    }

    @Test("While an owner is there its followers are known, whoever should own the shard next")
    func followers() {
        var random = SplitMix64(seed: 1)
        let nodes = Cluster.nodes(6, &random)
        let table = PlacementTable(shards, on: nodes)
        let owner = table.owner(of: ShardID(3))!
        let drained = PlacementTable(
            shards, on: nodes, current: table.current, orders: PlacementOrders(drained: [owner]))
        #expect(drained.owner(of: ShardID(3)) != owner)
        #expect(
            drained.followers(of: ShardID(3), owner: owner, count: 3) == table.followers(of: ShardID(3), count: 3))
    }
}
