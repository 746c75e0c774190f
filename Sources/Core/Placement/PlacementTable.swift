package import Leaderboards

/// Which node should own each shard, and which should follow it: a function of the nodes that are there and of who owns
/// what now. It suggests; the log decides who owns a shard.
///
/// Invariants: no node owns more than a tenth above its share of its pool, rounded so that at least what can't be avoided
/// is allowed, unless pins want it; from one table to the next no more shards move than must (docs/decisions/0013); a pinned
/// shard is where its pin says, if that node takes anything (docs/decisions/0018).
package struct PlacementTable: Hashable, Sendable {
    package let shards: ShardSet
    /// In the order of their ids.
    package let nodes: [NodeProfile]
    /// The place in `nodes` of each shard's owner; -1 if there is no node.
    let owners: [Int]
    let members: PoolMembers
    package let orders: PlacementOrders

    /// - Parameters:
    ///   - nodes: in any order. Of several with one id only one counts
    ///   - current: who owns what now, as far as it is known. What stays within bounds stays where it is
    ///   - orders: what operators want
    ///   - copies: who follows a shard whose owner is gone: they get it before others, in this order
    package init(
        _ shards: ShardSet, on nodes: [NodeProfile], current: [ShardID: NodeID] = [:],
        orders: PlacementOrders = .none, copies: (ShardID) -> [NodeID] = { _ in [] }
    ) {
        self.shards = shards
        self.orders = orders
        self.nodes = Self.canonical(orders.applied(to: nodes))
        members = PoolMembers(of: self.nodes, for: shards)
        var balancing = Balancing(
            shards: shards, nodes: self.nodes, members: members, current: current, pins: orders.pins)
        owners = balancing.owners(copies: copies)
    }

    /// The table for these nodes that differs least from this one. What a node that is gone leaves behind goes to those
    /// that should follow it, as far as they have room.
    package func adapted(to nodes: [NodeProfile]) -> PlacementTable {
        adapted(to: nodes, orders)
    }

    /// The same, with other orders.
    package func adapted(to nodes: [NodeProfile], _ orders: PlacementOrders) -> PlacementTable {
        PlacementTable(shards, on: nodes, current: current, orders: orders) {
            followers(of: $0, count: self.nodes.count)
        }
    }

    /// Who owns what.
    package var current: [ShardID: NodeID] {
        var current: [ShardID: NodeID] = [:]
        for shard in shards.ids { current[shard] = owner(of: shard) }
        return current
    }

    package func owner(of shard: ShardID) -> NodeID? {
        let index = owners[Int(shard.number)]
        return index < 0 ? nil : nodes[index].id
    }

    package func shards(of node: NodeID) -> [ShardID] { shards.ids.filter { owner(of: $0) == node } }

    /// The nodes of the shard's pool in the order in which they should follow it: each time the zone that has the fewest
    /// of owner and followers so far, and there the node that rendezvous hashing prefers. Fewer than `count` if there are
    /// no more; one more if an order says so.
    package func followers(of shard: ShardID, count: Int) -> [NodeID] {
        guard let owner = owner(of: shard) else { return [] }
        let preferred = preference(of: shard)
        var usesOfZone: [Zone: Int] = [:]
        if let profile = nodes.first(where: { $0.id == owner }) { usesOfZone[profile.zone] = 1 }
        var remaining = preferred.filter { nodes[$0].id != owner }
        var followers: [NodeID] = []
        while followers.count < count, !remaining.isEmpty {
            let fewest = remaining.map { usesOfZone[nodes[$0].zone] ?? 0 }.min()!
            let place = remaining.firstIndex { (usesOfZone[nodes[$0].zone] ?? 0) == fewest }!
            let next = remaining.remove(at: place)
            usesOfZone[nodes[next].zone, default: 0] += 1
            followers.append(nodes[next].id)
        }
        if let next = orders.preparing[shard], next != owner, !followers.contains(next),
            preferred.contains(where: { nodes[$0].id == next })
        {
            followers.append(next)
        }
        return followers
    }

    /// All nodes of the shard's pool, as places in `nodes`, the one that rendezvous hashing prefers first.
    func preference(of shard: ShardID) -> [Int] {
        let candidates = members.nodes(for: shards.pool(of: shard))
        return Rendezvous.preference(of: shard, among: candidates.map { (nodes[$0].id, members.weight(of: $0), $0) })
    }

    private static func canonical(_ nodes: [NodeProfile]) -> [NodeProfile] {
        // With one id twice, the choice must not depend on the order of the input.
        let sorted = nodes.sorted { left, right in
            if left.id != right.id { return left.id < right.id }
            if left.weight != right.weight { return left.weight < right.weight }
            if left.zone != right.zone { return left.zone < right.zone }
            return left.pools.sorted().lexicographicallyPrecedes(right.pools.sorted())
        }
        return sorted.enumerated().filter { $0.offset == 0 || sorted[$0.offset - 1].id != $0.element.id }.map(\.element)
    }
}
