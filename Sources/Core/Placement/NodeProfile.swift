package import Leaderboards

/// What placement needs to know of a node.
package struct NodeProfile: Hashable, Sendable {
    package var id: NodeID
    /// How much the node takes in proportion to others. 0: nothing, as long as anybody else is there (it is being emptied).
    package var weight: Int
    package var zone: Zone
    package var pools: Set<Pool>

    package static let weightUsual = 100
    /// Bounded so that comparing two shares needs no more than 64 bits.
    package static let weightMax = 1_000_000

    /// - Parameter weight: brought into 0 to `weightMax`
    package init(id: NodeID, weight: Int = weightUsual, zone: Zone = Zone(""), pools: Set<Pool> = [.common]) {
        self.id = id
        self.weight = min(max(weight, 0), Self.weightMax)
        self.zone = zone
        self.pools = pools
    }
}

/// How many shards there are, and on which nodes they may be.
package struct ShardSet: Hashable, Sendable {
    package var count: Int
    /// Those that are not in the common pool.
    package var pools: [ShardID: Pool]

    package init(count: Int, pools: [ShardID: Pool] = [:]) {
        precondition(0...65_536 ~= count, "a shard has a 16-bit number")
        self.count = count
        self.pools = pools
    }

    package var ids: [ShardID] { (0..<count).map { ShardID(UInt16($0)) } }
    package func pool(of shard: ShardID) -> Pool { pools[shard] ?? .common }
}
