import Leaderboards
import Placement
import TestSupport
import Testing

/// What operators order, and what becomes of the rest.
@Suite("Orders of operators")
struct PlacementOrdersTests {
    private static func cluster(_ seed: UInt64) -> (PlacementTable, [NodeProfile], SplitMix64) {
        var random = SplitMix64(seed: seed)
        let nodes = Cluster.nodes(2 + random.below(8), &random)
        return (PlacementTable(ShardSet(count: 64), on: nodes), nodes, random)
    }

    private static func orders(_ nodes: [NodeProfile], _ random: inout SplitMix64) -> PlacementOrders {
        var orders = PlacementOrders()
        for _ in 0..<random.below(40) {
            orders.pins[ShardID(UInt16(random.below(64)))] = nodes[random.below(nodes.count)].id
        }
        // One is always left.
        for node in nodes.dropFirst() where random.below(4) == 0 { orders.drained.insert(node.id) }
        for node in nodes.dropFirst() where random.below(6) == 0 { orders.removed.insert(node.id) }
        return orders
    }

    @Test("A pinned shard is where its pin says, unless that node takes nothing", arguments: 0..<60)
    func pins(seed: UInt64) {
        var (table, nodes, random) = Self.cluster(seed)
        for _ in 0..<5 {
            let orders = Self.orders(nodes, &random)
            table = table.adapted(to: nodes, orders)
            let out = orders.drained.union(orders.removed)
            for shard in table.shards.ids {
                let owner = table.owner(of: shard)
                #expect(owner != nil)
                if let pin = orders.pins[shard], !out.contains(pin) { #expect(owner == pin) }
                #expect(!out.contains(owner!), "shard \(shard)")
                #expect(out.isDisjoint(with: table.followers(of: shard, count: 3)))
            }
        }
    }

    @Test("With the same orders nothing moves again", arguments: 0..<60)
    func settled(seed: UInt64) {
        var (table, nodes, random) = Self.cluster(seed)
        let orders = Self.orders(nodes, &random)
        table = table.adapted(to: nodes, orders)
        #expect(PlacementPlan(from: table, to: table.adapted(to: nodes, orders)).moves == [])
    }

    @Test("A pin moves its shard, and beyond it only what a node has too much of then", arguments: 0..<60)
    func leastMoves(seed: UInt64) {
        var (table, nodes, random) = Self.cluster(seed)
        let shard = ShardID(UInt16(random.below(64)))
        let target = nodes[random.below(nodes.count)].id
        let wasThere = table.owner(of: shard) == target
        let after = table.adapted(to: nodes, PlacementOrders(pins: [shard: target]))
        let moves = PlacementPlan(from: table, to: after).moves
        if wasThere { #expect(moves == []) } else { #expect(moves.contains { $0.shard == shard && $0.to == target }) }
        // The target may have to give one away for it, and the node that lost it may need one.
        #expect(moves.count <= 3)
        #expect(after.problems() == [])
    }

    @Test("Draining a node moves what it had, and nothing else", arguments: 0..<60)
    func draining(seed: UInt64) {
        let (table, nodes, random) = Self.cluster(seed)
        var draws = random
        let node = nodes[draws.below(nodes.count)].id
        let moves = PlacementPlan(from: table, to: table.adapted(to: nodes, PlacementOrders(drained: [node]))).moves
        #expect(Set(moves.map(\.shard)) == Set(table.shards(of: node)))
        #expect(moves.allSatisfy { $0.from == node && $0.to != node })
    }

    @Test("A pinned shard whose node is gone falls back, and returns with it", arguments: 0..<20)
    func fallBack(seed: UInt64) {
        let (table, nodes, random) = Self.cluster(seed)
        var draws = random
        let orders = PlacementOrders(pins: [ShardID(7): nodes[draws.below(nodes.count)].id])
        let pin = orders.pins[ShardID(7)]!
        let pinned = table.adapted(to: nodes, orders)
        let without = pinned.adapted(to: nodes.filter { $0.id != pin }, orders)
        #expect(without.owner(of: ShardID(7)) != pin)
        #expect(without.owner(of: ShardID(7)) != nil)
        #expect(without.adapted(to: nodes, orders).owner(of: ShardID(7)) == pin)
    }

    @Test("More pins on a node than its share: it keeps them, and the rest is spread over the others")
    func crowded() {
        let nodes = (1...4).map { NodeProfile(id: NodeID(UInt64($0))) }
        var orders = PlacementOrders()
        for number in 0..<40 { orders.pins[ShardID(UInt16(number))] = NodeID(1) }
        let table = PlacementTable(ShardSet(count: 64), on: nodes).adapted(to: nodes, orders)
        #expect(table.loads()[0] == 40)
        #expect(table.loads().dropFirst().allSatisfy { 7...9 ~= $0 })
    }

    @Test("A node that is to get a shard follows it first, beyond the others")
    func preparing() {
        let nodes = (1...6).map { NodeProfile(id: NodeID(UInt64($0))) }
        let table = PlacementTable(ShardSet(count: 8), on: nodes)
        let shard = ShardID(3)
        let usual = table.followers(of: shard, count: 2)
        let next = nodes.map(\.id).first { $0 != table.owner(of: shard) && !usual.contains($0) }!
        let prepared = table.adapted(to: nodes, PlacementOrders(preparing: [shard: next]))
        #expect(prepared.followers(of: shard, count: 2) == usual + [next])
        #expect(prepared.owner(of: shard) == table.owner(of: shard))
    }

    @Test("If all are drained, or removed, shards stay owned")
    func nobodyLeft() {
        let nodes = (1...3).map { NodeProfile(id: NodeID(UInt64($0))) }
        let all = Set(nodes.map(\.id))
        for orders in [PlacementOrders(drained: all), PlacementOrders(removed: all)] {
            let table = PlacementTable(ShardSet(count: 8), on: nodes, orders: orders)
            #expect(table.shards.ids.allSatisfy { table.owner(of: $0) != nil })
        }
    }
}
