internal import Leaderboards

/// Who follows a shard, given who owns it: the nodes of its pool, each time from the zone that has the fewest of owner and followers so
/// far, and there the one that rendezvous hashing prefers.
///
/// Depends on nothing else, so that all nodes that know of the same nodes and the same owner agree.
struct FollowerChoice {
    let shards: ShardSet
    /// In the order of their ids.
    let nodes: [NodeProfile]
    let members: PoolMembers

    /// Fewer than `count` if there are no more.
    func followers(of shard: ShardID, owner: NodeID, count: Int) -> [NodeID] {
        var usesOfZone: [Zone: Int] = [:]
        if let profile = nodes.first(where: { $0.id == owner }) { usesOfZone[profile.zone] = 1 }
        var remaining = preference(of: shard).filter { nodes[$0].id != owner }
        var followers: [NodeID] = []
        while followers.count < count, !remaining.isEmpty {
            let fewest = remaining.map { usesOfZone[nodes[$0].zone] ?? 0 }.min()!
            let place = remaining.firstIndex { (usesOfZone[nodes[$0].zone] ?? 0) == fewest }!
            let next = remaining.remove(at: place)
            usesOfZone[nodes[next].zone, default: 0] += 1
            followers.append(nodes[next].id)
        }
        return followers
    }

    /// All nodes of the shard's pool, as places in `nodes`, the one that rendezvous hashing prefers first.
    func preference(of shard: ShardID) -> [Int] {
        let candidates = members.nodes(for: shards.pool(of: shard))
        return Rendezvous.preference(of: shard, among: candidates.map { (nodes[$0].id, members.weight(of: $0), $0) })
    }
}
