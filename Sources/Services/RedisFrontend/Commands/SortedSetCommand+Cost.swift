extension SortedSetCommand {
    /// About how many commands on one member it amounts to: what a project's share of a shard is counted in.
    var cost: Int {
        switch self {
        case .add(let add): add.entries.count
        case .remove(_, let members), .scores(_, let members): members.count
        case .increment, .score, .count, .countByScore, .countByLex, .rank, .randomMember: 1
        case .keyspace(let command): command.cost
        case .pop(_, _, let count): Self.some(count ?? 1)
        case .popFirst(_, _, let count), .blockingPopFirst(_, _, let count, _): Self.some(count)
        case .blockingPop: 1
        case .randomMembers(_, let count, _): Self.some(count)
        // How much they find is not known before.
        case .range, .storeRange, .removeRange, .scan: 8
        case .combine, .storeCombination, .countIntersection: 64
        }
    }

    private static func some(_ count: Int) -> Int { count == .min ? 1024 : min(max(abs(count), 1), 1024) }
}

extension KeyspaceCommand {
    fileprivate var cost: Int {
        switch self {
        case .delete(let keys, _), .exists(let keys), .touch(let keys): keys.count
        case .rename, .copy: 64
        default: 1
        }
    }
}
