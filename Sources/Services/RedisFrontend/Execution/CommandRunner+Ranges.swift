internal import Leaderboards
internal import RESP
internal import Sharding

// Ranges by rank, score and member: ZRANGE and its kin, ZRANGESTORE, ZREMRANGEBY….
extension CommandRunner {
    mutating func range(_ query: RangeQuery) throws(CommandError) {
        guard let set = set(query.key) else { return reply.arrayHeader(0) }
        try write(set.places(query), of: set, descending: query.isReversed, withScores: query.withScores)
    }

    mutating func write(
        _ places: Range<Int>, of set: SortedSet, descending: Bool, withScores: Bool
    ) throws(CommandError) {
        try requireReplyRoom(entries: places.count)
        let isNested = withScores && reply.version == .v3
        reply.arrayHeader(withScores && !isNested ? places.count * 2 : places.count)
        set.forEach(places, descending: descending) { member, score in
            reply.entry(member, score: withScores ? score : nil, isNested: isNested)
        }
    }

    mutating func storeRange(
        _ query: RangeQuery, in destination: Argument, _ record: inout RecordBuilder
    ) throws(CommandError) {
        let found: [ScoredMember]
        if let gathered = gathered[key(query.key)] {
            found = gathered
        } else {
            found = set(query.key).map { $0.members($0.places(query)) } ?? []
        }
        try replace(destination, with: found, &record)
        reply.integer(found.count)
    }

    mutating func removeRange(
        _ name: Argument, _ selection: RangeSelection, _ record: inout RecordBuilder
    ) throws(CommandError) {
        guard let set = set(name) else { return reply.integer(0) }
        let found = set.members(set.places(selection, isReversed: false))
        try remove(found, from: set, &record)
        reply.integer(found.count)
    }

    /// Precondition: the set has them all.
    func remove(
        _ entries: [ScoredMember], from set: SortedSet, _ record: inout RecordBuilder
    ) throws(CommandError) {
        try requireRoom(for: entries)
        for entry in entries { _ = entry.member.withUnsafeBytes { shard.remove($0, from: set, into: &record) } }
    }

    /// Makes a key a plain set of these entries and nothing else; without entries the key is gone. What is moved from
    /// another key is nothing more to the project's plan.
    func replace(
        _ name: Argument, with entries: [ScoredMember], isMoved: Bool = false, _ record: inout RecordBuilder
    ) throws(CommandError) {
        let key = key(name)
        for entry in entries where !entry.member[...].isMemberName { throw .memberLength }
        try requireRoom(for: entries)
        if let old = shard.sortedSet(key, at: now) {
            guard old.isPlain else { throw .isLeaderboard }
        }
        if !isMoved { try requireBudget(toReplace: key, with: entries) }
        if let old = shard.sortedSet(key, at: now) { shard.delete(old, into: &record) }
        var set: SortedSet?
        do throws(Refusal) {
            for entry in entries {
                _ = try entry.member[...].withBytes { bytes throws(Refusal) in
                    try shard.set(
                        bytes, to: entry.score, in: &set, of: key, seed: seed, isExempt: true, into: &record)
                }
            }
        } catch {
            throw CommandError(error)
        }
    }

    private func requireBudget(toReplace key: LeaderboardKey, with entries: [ScoredMember]) throws(CommandError) {
        if entries.isEmpty { return }
        do throws(Refusal) {
            try shard.requireBudget(
                toReplace: shard.sortedSet(key, at: now), withMembers: entries.count,
                nameByteCount: entries.reduce(0) { $0 + $1.member.count }, of: key)
        } catch {
            throw CommandError(error)
        }
    }
}

extension SortedSet {
    /// The places, in ascending order, that a query means.
    func places(_ query: RangeQuery) -> Range<Int> {
        let places = places(query.selection, isReversed: query.isReversed)
        guard let limit = query.limit else { return places }
        guard limit.offset >= 0, limit.offset < places.count else { return 0..<0 }
        let rest = places.count - limit.offset
        let count = limit.count < 0 ? rest : min(limit.count, rest)
        let start = query.isReversed ? places.upperBound - limit.offset - count : places.lowerBound + limit.offset
        return start..<(start + count)
    }

    func places(_ selection: RangeSelection, isReversed: Bool) -> Range<Int> {
        switch selection {
        case .scores(let range): return places(range)
        case .lex(let range): return places(range)
        case .ranks(let start, let stop):
            let first = start < 0 ? max(0, start + count) : start
            let last = min(stop < 0 ? stop + count : stop, count - 1)
            guard first <= last, first < count else { return 0..<0 }
            return isReversed ? (count - 1 - last)..<(count - first) : first..<(last + 1)
        }
    }

    func places(_ range: ScoreRange) -> Range<Int> {
        let start = count(below: range.min.score, inclusive: range.min.isExclusive)
        let end = count(below: range.max.score, inclusive: !range.max.isExclusive)
        return start..<max(start, end)
    }

    func places(_ range: LexRange) -> Range<Int> {
        let start = places(before: range.min, isUpper: false)
        return start..<max(start, places(before: range.max, isUpper: true))
    }

    private func places(before bound: LexBound, isUpper: Bool) -> Int {
        switch bound {
        case .lowest: 0
        case .highest: count
        case .inclusive(let name): name.withUnsafeBytes { count(before: $0, inclusive: isUpper) }
        case .exclusive(let name): name.withUnsafeBytes { count(before: $0, inclusive: !isUpper) }
        }
    }
}
