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
    ///   - copies: who follows a shard whose owner is gone: they get it before others, in this order. Of one whose owner is there, and
    ///     takes nothing, that is known
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
        let choice = FollowerChoice(shards: shards, nodes: self.nodes, members: members)
        let present = Set(nodes.map(\.id))
        owners = balancing.owners { shard in
            // While an owner that takes nothing is there, all nodes know who follows it, and know the same however often they ask.
            guard let owner = current[shard], present.contains(owner) else { return copies(shard) }
            return choice.followers(of: shard, owner: owner, count: present.count)
        }
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

    /// The nodes of the shard's pool in the order in which they should follow it, if it is owned by who should own it
    /// (`FollowerChoice`). Fewer than `count` if there are no more; one more if an order says so.
    package func followers(of shard: ShardID, count: Int) -> [NodeID] {
        owner(of: shard).map { followers(of: shard, owner: $0, count: count) } ?? []
    }

    /// The same, if another node owns it, as long as that has not handed it over.
    package func followers(of shard: ShardID, owner: NodeID, count: Int) -> [NodeID] {
        var followers = choice.followers(of: shard, owner: owner, count: count)
        if let next = orders.preparing[shard], next != owner, !followers.contains(next),
            preference(of: shard).contains(where: { nodes[$0].id == next })
        {
            followers.append(next)
        }
        return followers
    }

    /// All nodes of the shard's pool, as places in `nodes`, the one that rendezvous hashing prefers first.
    func preference(of shard: ShardID) -> [Int] { choice.preference(of: shard) }

    private var choice: FollowerChoice { FollowerChoice(shards: shards, nodes: nodes, members: members) }

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
