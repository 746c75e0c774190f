import Leaderboards
import Placement
import TestSupport

/// Nodes for tests, and what must hold of any table.
enum Cluster {
    static func node(_ random: inout SplitMix64) -> NodeProfile {
        NodeProfile(
            id: NodeID(random.next()), weight: random.pick([50, 100, 100, 100, 200]),
            zone: Zone(random.pick(["a", "b", "c"])))
    }

    static func nodes(_ count: Int, _ random: inout SplitMix64) -> [NodeProfile] {
        (0..<count).map { _ in node(&random) }
    }
}

extension PlacementTable {
    func owners() -> [UInt64] { shards.ids.map { owner(of: $0)?.number ?? 0 } }

    /// Of each node, in the order of their ids.
    func loads() -> [Int] { nodes.map { shards(of: $0.id).count } }

    /// Nodes with more than 1.10 of their share, rounded down, unless that is less than the share rounded up.
    func problems() -> [String] {
        let allWeight = Double(nodes.map(\.weight).reduce(0, +))
        return zip(nodes, loads()).compactMap { node, load in
            let share = Double(shards.count * node.weight) / allWeight
            return Double(load) <= max(share * 1.1, share.rounded(.up)) ? nil : "\(node.id): \(load) of \(share)"
        }
    }

    /// How many moves no table could do without that gives the newcomers among `nodes` their share, rounded down, and
    /// keeps everybody else within a tenth above his.
    func movesNeeded(for nodes: [NodeProfile]) -> Int {
        let allWeight = nodes.map(\.weight).reduce(0, +)
        let known = Set(self.nodes.map(\.id))
        let gone = Set(self.nodes.map(\.id)).subtracting(nodes.map(\.id))
        let abandoned = gone.map { shards(of: $0).count }.reduce(0, +)
        var taken = 0
        var tooMuch = 0
        for node in nodes {
            let (share, rest) = (shards.count * node.weight).quotientAndRemainder(dividingBy: allWeight)
            guard known.contains(node.id) else {
                taken += share
                continue
            }
            let most = max(share + (rest == 0 ? 0 : 1), shards.count * node.weight * 11 / (allWeight * 10))
            tooMuch += max(0, shards(of: node.id).count - most)
        }
        return max(taken, abandoned + tooMuch)
    }
}
