internal import Leaderboards

/// Which nodes shards of a pool may be on.
///
/// A pool without a node that takes anything falls back to the common pool, and that to all nodes: better a neighbour
/// than nobody. A node of several pools takes its share in each.
struct PoolMembers: Hashable, Sendable {
    /// By pool, in the order of the nodes' ids.
    private let nodesOfPool: [Pool: [Int]]
    /// Which pool's nodes, and with them its balance, a pool uses.
    private let effective: [Pool: Pool?]
    private let weights: [Int]

    init(of nodes: [NodeProfile], for shards: ShardSet) {
        let takesAnything = nodes.contains { $0.weight > 0 }
        // If all are being emptied, all are the same.
        weights = nodes.map { takesAnything ? $0.weight : 1 }
        var nodesOfPool: [Pool: [Int]] = [:]
        for (index, node) in nodes.enumerated() where weights[index] > 0 {
            for pool in node.pools { nodesOfPool[pool, default: []].append(index) }
        }
        var effective: [Pool: Pool?] = [:]
        for pool in Set(shards.pools.values).union([.common]) {
            effective[pool] =
                nodesOfPool[pool] != nil ? .some(pool) : nodesOfPool[.common] != nil ? .some(.common) : .some(nil)
        }
        self.nodesOfPool = nodesOfPool
        self.effective = effective
    }

    /// The pool that balances shards of `pool`; nil for all nodes.
    func effectivePool(for pool: Pool) -> Pool? { effective[pool] ?? nil }

    /// Those that take anything, in order.
    func nodes(for pool: Pool) -> [Int] {
        guard let effective = effectivePool(for: pool) else { return weights.indices.filter { weights[$0] > 0 } }
        return nodesOfPool[effective] ?? []
    }

    func weight(of node: Int) -> Int { weights[node] }
}
