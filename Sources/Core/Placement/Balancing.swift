internal import Leaderboards

/// Makes a table out of who owns what now: decides which shards must move, and where each goes.
struct Balancing {
    private let shards: ShardSet
    private let nodes: [NodeProfile]
    private let members: PoolMembers
    /// The place in `nodes` of each shard's owner; -1 if it needs one.
    private var owners: [Int]
    /// The numbers of shards that stay where they are, whatever balance says.
    private var pinned: Set<UInt16> = []

    init(
        shards: ShardSet, nodes: [NodeProfile], members: PoolMembers, current: [ShardID: NodeID],
        pins: [ShardID: NodeID] = [:]
    ) {
        self.shards = shards
        self.nodes = nodes
        self.members = members
        let places = Dictionary(uniqueKeysWithValues: nodes.indices.map { (nodes[$0].id, $0) })
        owners = shards.ids.map { shard in
            guard let owner = current[shard].flatMap({ places[$0] }) else { return -1 }
            return members.nodes(for: shards.pool(of: shard)).contains(owner) ? owner : -1
        }
        for shard in shards.ids {
            guard let node = pins[shard].flatMap({ places[$0] }),
                members.nodes(for: shards.pool(of: shard)).contains(node)
            else { continue }
            owners[Int(shard.number)] = node
            pinned.insert(shard.number)
        }
    }

    /// - Parameter copies: who has a copy of a shard without an owner, whoever should have it before others
    mutating func owners(copies: (ShardID) -> [NodeID]) -> [Int] {
        // Each pool by itself: what falls back to another pool is balanced together with it.
        var shardsOfPool: [Pool?: [ShardID]] = [:]
        for shard in shards.ids {
            shardsOfPool[members.effectivePool(for: shards.pool(of: shard)), default: []].append(shard)
        }
        for group in shardsOfPool.values.sorted(by: { $0[0] < $1[0] }) {
            let candidates = members.nodes(for: shards.pool(of: group[0]))
            guard !candidates.isEmpty else { continue }
            placeAbandoned(of: group, among: candidates, copies: copies)
            level(group, among: candidates)
        }
        return owners
    }

    /// Gives each shard without an owner to the best node that is not full. So many are kept back that nodes with too
    /// little can have what they lack: then nobody else needs to give them anything. If no copies are known, all get as
    /// much as they should; with copies, those who have them may get up to a tenth more.
    private mutating func placeAbandoned(
        of group: [ShardID], among candidates: [Int], copies: (ShardID) -> [NodeID]
    ) {
        let abandoned = group.filter { owner(of: $0) < 0 }
        guard !abandoned.isEmpty else { return }
        let loads = loads(of: group)
        let bounds = bounds(of: candidates, total: group.count)
        let areCopied = abandoned.contains { !copies($0).isEmpty }
        var room = [Int](repeating: 0, count: nodes.count)
        var lack = [Int](repeating: 0, count: nodes.count)
        for (node, bounds) in zip(candidates, bounds) {
            let most = areCopied ? bounds.range.upperBound : min(bounds.range.upperBound, bounds.share + 1)
            let least = areCopied ? bounds.range.lowerBound : bounds.share
            room[node] = most - loads[node]
            lack[node] = max(least - loads[node], 0)
        }
        var choices: [Choice] = []
        for shard in abandoned {
            let copies = copies(shard)
            let preference = preference(of: shard, among: candidates)
            for (place, taker) in preference.enumerated() where room[taker] > 0 {
                let copy = copies.firstIndex(of: nodes[taker].id)
                choices.append(choice(shard, taker, place: copy ?? copies.count + place))
            }
        }
        var remaining = abandoned.count
        var allLack = lack.reduce(0, +)
        // What is passed over never becomes possible later, so one pass suffices.
        for choice in choices.sorted() where owners[choice.index] < 0 && room[choice.taker] > 0 {
            let lacks = lack[choice.taker] > 0
            guard lacks || remaining > allLack else { continue }
            owners[choice.index] = choice.taker
            room[choice.taker] -= 1
            remaining -= 1
            guard lacks else { continue }
            lack[choice.taker] -= 1
            allLack -= 1
        }
    }

    /// Moves shards from nodes that have too much to those that have too little.
    private mutating func level(_ group: [ShardID], among candidates: [Int]) {
        let loads = loads(of: group)
        let quotas = Quotas.quotas(
            loads: candidates.map { loads[$0] }, weights: candidates.map { members.weight(of: $0) },
            total: group.count)
        /// How many shards a node may still take; negative if it must give.
        var room = [Int](repeating: 0, count: nodes.count)
        for (node, quota) in zip(candidates, quotas) { room[node] = quota - loads[node] }
        var choices: [Choice] = []
        // A node may have more pinned shards than it should have; then it keeps them, and others have less.
        for shard in group where room[owner(of: shard)] < 0 && !pinned.contains(shard.number) {
            for (place, taker) in preference(of: shard, among: candidates).enumerated() where room[taker] > 0 {
                choices.append(choice(shard, taker, place: place))
            }
        }
        // A node that gives ends at 0, and so never takes; what was just taken is thus not moved again.
        for choice in choices.sorted() {
            let giver = owners[choice.index]
            guard room[giver] < 0, room[choice.taker] > 0 else { continue }
            room[giver] += 1
            room[choice.taker] -= 1
            owners[choice.index] = choice.taker
        }
    }

    private func owner(of shard: ShardID) -> Int { owners[Int(shard.number)] }

    private func loads(of group: [ShardID]) -> [Int] {
        var loads = [Int](repeating: 0, count: nodes.count)
        for shard in group where owner(of: shard) >= 0 { loads[owner(of: shard)] += 1 }
        return loads
    }

    private func bounds(of candidates: [Int], total: Int) -> [Quotas.Bounds] {
        let allWeight = candidates.map { members.weight(of: $0) }.reduce(0, +)
        return candidates.map { Quotas.bounds(weight: members.weight(of: $0), of: allWeight, total: total) }
    }

    private func preference(of shard: ShardID, among candidates: [Int]) -> [Int] {
        Rendezvous.preference(of: shard, among: candidates.map { (nodes[$0].id, members.weight(of: $0), $0) })
    }

    private func choice(_ shard: ShardID, _ taker: Int, place: Int) -> Choice {
        Choice(place: place, hash: Rendezvous.hash(shard, nodes[taker].id), index: Int(shard.number), taker: taker)
    }
}

/// One way in which a shard could move. The least is the best.
private struct Choice: Comparable {
    /// Where the taker stands in the order in which the shard prefers nodes.
    var place: Int
    /// Makes the order of equal ones arbitrary, and still the same everywhere.
    var hash: UInt64
    /// The shard's number.
    var index: Int
    /// Its place among the nodes.
    var taker: Int

    static func < (left: Choice, right: Choice) -> Bool {
        if left.place != right.place { return left.place < right.place }
        if left.hash != right.hash { return left.hash < right.hash }
        return (left.index, left.taker) < (right.index, right.taker)
    }
}
