package import Leaderboards

/// What operators want of placement, beside what the nodes say of themselves.
package struct PlacementOrders: Hashable, Sendable {
    /// Each of these shards is kept on a node, as long as that one takes anything.
    package var pins: [ShardID: NodeID]
    /// Followed by a node beyond those that follow it anyhow: what comes before a pin, so that the node has the shard when
    /// it gets it.
    package var preparing: [ShardID: NodeID]
    /// These own and follow nothing, as long as anybody else can.
    package var drained: Set<NodeID>
    /// These are as good as not there.
    package var removed: Set<NodeID>

    package static let none = PlacementOrders()

    package init(
        pins: [ShardID: NodeID] = [:], preparing: [ShardID: NodeID] = [:], drained: Set<NodeID> = [],
        removed: Set<NodeID> = []
    ) {
        self.pins = pins
        self.preparing = preparing
        self.drained = drained
        self.removed = removed
    }

    /// The nodes that placement is about, as the orders have them.
    package func applied(to nodes: [NodeProfile]) -> [NodeProfile] {
        let there = nodes.filter { !removed.contains($0.id) }
        // The last one that is there has nobody to leave its shards to.
        return (there.isEmpty ? nodes : there).map { node in
            guard drained.contains(node.id) else { return node }
            var emptied = node
            emptied.weight = 0
            return emptied
        }
    }
}
