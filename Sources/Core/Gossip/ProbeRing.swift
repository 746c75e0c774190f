internal import Placement

/// The others in the order in which they are asked: shuffled, each once, shuffled again. So nobody waits longer than two
/// rounds, which picking by chance could not promise.
struct ProbeRing: Hashable, Sendable {
    private(set) var ids: [NodeID] = []
    private var next = 0

    var count: Int { ids.count }

    /// A newcomer stands anywhere, or else those who joined together would be asked together.
    mutating func insert(_ id: NodeID, random: inout SeededRandom) {
        let place = random.below(ids.count + 1)
        ids.insert(id, at: place)
        if place < next { next += 1 }
    }

    mutating func remove(_ id: NodeID) {
        guard let place = ids.firstIndex(of: id) else { return }
        ids.remove(at: place)
        if place < next { next -= 1 }
    }

    mutating func advance(random: inout SeededRandom) -> NodeID? {
        guard !ids.isEmpty else { return nil }
        if next >= ids.count {
            ids.shuffle(using: &random)
            next = 0
        }
        defer { next += 1 }
        return ids[next]
    }

    /// Up to `count` different ones, none of them excluded.
    func pick(_ count: Int, excluding excluded: NodeID? = nil, random: inout SeededRandom) -> [NodeID] {
        var picked: [NodeID] = []
        // Among few, drawing without success is likely; so they are shuffled.
        if ids.count <= 4 * count {
            return Array(ids.filter { $0 != excluded }.shuffled(using: &random).prefix(count))
        }
        while picked.count < count {
            let id = ids[random.below(ids.count)]
            if id != excluded, !picked.contains(id) { picked.append(id) }
        }
        return picked
    }
}
