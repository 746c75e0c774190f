internal import Leaderboards

/// Weighted rendezvous hashing: for a shard, each node draws a number that depends on nothing but the two of them, and
/// the lowest wins. So a node that comes takes from all others evenly, and one that goes leaves to all others evenly.
///
/// The number is −log₂(u) / weight, with u a hash of node and shard in (0, 1]: exponentially distributed with the weight
/// as its rate, and the smallest of such is each node's in proportion to its weight (the *logarithmic method*). All of it
/// is in integers: no two machines may differ in who is ahead, and `log` of two C libraries does in its last bit.
enum Rendezvous {
    /// The cost of a shard at a node before its weight is applied: −log₂(u) in units of 2⁻³², 0 to 64 · 2³².
    static func cost(of shard: ShardID, at node: NodeID) -> UInt64 {
        (64 << 32) - logarithm(of: hash(shard, node) | 1)
    }

    /// Whether a node with `cost` and `weight` comes before another. Equal ones are told apart by their ids.
    static func precedes(
        _ left: (cost: UInt64, weight: Int, id: NodeID), _ right: (cost: UInt64, weight: Int, id: NodeID)
    ) -> Bool {
        // left.cost / left.weight < right.cost / right.weight. Costs have 39 bits at most and weights 20.
        let leftShare = left.cost * UInt64(right.weight)
        let rightShare = right.cost * UInt64(left.weight)
        return leftShare == rightShare ? left.id < right.id : leftShare < rightShare
    }

    /// Nodes, given with their weights and places, as the shard prefers them: their places, the best first.
    static func preference(of shard: ShardID, among nodes: [(id: NodeID, weight: Int, place: Int)]) -> [Int] {
        nodes.map { (cost: cost(of: shard, at: $0.id), node: $0) }.sorted { left, right in
            precedes((left.cost, left.node.weight, left.node.id), (right.cost, right.node.weight, right.node.id))
        }.map(\.node.place)
    }

    /// Nodes of different versions must agree, so this is never changed.
    static func hash(_ shard: ShardID, _ node: NodeID) -> UInt64 {
        mixed(mixed(node.number &+ 0x9E37_79B9_7F4A_7C15) ^ mixed(UInt64(shard.number) &+ 0xD1B5_4A32_D192_ED03))
    }

    /// The finalizer of SplitMix64: each bit of the input changes about half of those that come out.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// log₂ in units of 2⁻³², rounded down: squaring the mantissa brings out one bit of the logarithm after the other.
    static func logarithm(of value: UInt64) -> UInt64 {
        precondition(value > 0, "0 has no logarithm")
        let whole = UInt64(63 - value.leadingZeroBitCount)
        // In [1, 2), with 63 bits behind the point.
        var mantissa = value << UInt64(value.leadingZeroBitCount)
        var fraction: UInt64 = 0
        for _ in 0..<32 {
            let square = mantissa.multipliedFullWidth(by: mantissa)
            // In [1, 4), with 62 bits behind the point in the high word.
            let isTwoOrMore = square.high >> 63 == 1
            mantissa = isTwoOrMore ? square.high : square.high << 1 | square.low >> 63
            fraction = fraction << 1 | (isTwoOrMore ? 1 : 0)
        }
        return whole << 32 | fraction
    }
}
