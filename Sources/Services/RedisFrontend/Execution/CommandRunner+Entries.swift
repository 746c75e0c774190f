internal import Leaderboards
internal import RESP
internal import Sharding

// Entries one by one: ZADD, ZINCRBY, ZREM, ZSCORE, ZMSCORE, ZRANK, ZREVRANK.
extension CommandRunner {
    mutating func add(_ add: ZAdd, _ record: inout RecordBuilder) throws(CommandError) {
        let key = key(add.key)
        var set = shard.sortedSet(key, at: now)
        // All or nothing, as far as the command itself can be wrong.
        for entry in add.entries where !entry.member.isMemberName { throw .memberLength }
        try requireRoom(
            forMembersOf: add.entries.reduce(0) { $0 + $1.member.count }, count: add.entries.count,
            isPlain: set?.isPlain ?? true)
        if add.reply == .newScore { return try addIncrement(add, key, set, &record) }
        if add.entries.count > 1, add.mayTouch(existing: false) { try requireBudget(for: add, set, key) }
        var (added, changed) = (0, 0)
        for entry in add.entries {
            let old = set?.score(of: entry.member)
            guard add.admits(entry.score, old: old) else { continue }
            switch try enter(entry.member, entry.score, &set, key, &record) {
            case .added: added += 1
            case .changed: changed += 1
            case .unchanged: break
            }
        }
        reply.integer(add.reply == .changedCount ? added + changed : added)
    }

    private func requireBudget(for add: ZAdd, _ set: SortedSet?, _ key: LeaderboardKey) throws(CommandError) {
        do throws(Refusal) {
            try shard.requireBudget(
                toEnter: add.entries.lazy.map(\.member), count: add.entries.count, into: set, of: key)
        } catch {
            throw CommandError(error)
        }
    }

    private mutating func addIncrement(
        _ add: ZAdd, _ key: LeaderboardKey, _ set: SortedSet?, _ record: inout RecordBuilder
    ) throws(CommandError) {
        let (amount, member) = (add.entries[0].score, add.entries[0].member)
        let old = set?.score(of: member)
        let score = (old ?? 0) + amount
        // In this order: what may not be touched is not added up.
        guard add.mayTouch(existing: old != nil) else { return reply.null() }
        if score.isNaN { throw .notNumber }
        guard add.admits(score, old: old) else { return reply.null() }
        var set = set
        reply.double(try enterSum(score, of: amount, member, &set, key, &record))
    }

    mutating func increment(
        _ name: Argument, _ member: Argument, by amount: Double, _ record: inout RecordBuilder
    ) throws(CommandError) {
        guard member.isMemberName else { throw .memberLength }
        var set = set(name)
        let score = (set?.score(of: member) ?? 0) + amount
        if score.isNaN { throw .notNumber }
        reply.double(try enterSum(score, of: amount, member, &set, key(name), &record))
    }

    private func enterSum(
        _ sum: Double, of amount: Double, _ member: Argument, _ set: inout SortedSet?, _ key: LeaderboardKey,
        _ record: inout RecordBuilder
    ) throws(CommandError) -> Double {
        try member.withBytes { bytes throws(CommandError) in
            try enterSum(sum, of: amount, bytes, &set, key, known: nil, &record)
        }
    }

    /// Answers the score that stands then.
    func enterSum(
        _ sum: Double, of amount: Double, _ member: UnsafeRawBufferPointer, _ set: inout SortedSet?,
        _ key: LeaderboardKey, known: UInt32?, _ record: inout RecordBuilder
    ) throws(CommandError) -> Double {
        if let set, !set.isPlain, set.leadingOperator != .sum { throw .needsSum }
        let isLeaderboard = set.map { !$0.isPlain } ?? false
        _ = try enter(member, isLeaderboard ? amount : sum, &set, key, known: known, &record)
        return isLeaderboard ? set?.score(of: member) ?? sum : sum
    }

    func enter(
        _ member: Argument, _ score: Double, _ set: inout SortedSet?, _ key: LeaderboardKey,
        _ record: inout RecordBuilder
    ) throws(CommandError) -> Shard.SetChange {
        try member.withBytes { bytes throws(CommandError) in
            try enter(bytes, score, &set, key, known: nil, &record)
        }
    }

    func enter(
        _ member: UnsafeRawBufferPointer, _ score: Double, _ set: inout SortedSet?, _ key: LeaderboardKey,
        known: UInt32?, _ record: inout RecordBuilder
    ) throws(CommandError) -> Shard.SetChange {
        do throws(Refusal) {
            return try shard.set(member, known: known, to: score, in: &set, of: key, seed: seed, into: &record)
        } catch {
            throw CommandError(error)
        }
    }

    mutating func remove(
        _ name: Argument, _ members: ArgumentList, _ record: inout RecordBuilder
    ) throws(CommandError) {
        try requireRoom(forMembersOf: members.reduce(0) { $0 + $1.count }, count: members.count)
        var count = 0
        // Gone with its last entry.
        for member in members {
            guard let set = set(name) else { break }
            if (member.withUnsafeBytes { shard.remove($0, from: set, into: &record) }) { count += 1 }
        }
        reply.integer(count)
    }

    mutating func score(_ name: Argument, _ member: Argument) { writeScore(set(name)?.score(of: member)) }

    mutating func scores(_ name: Argument, _ members: ArgumentList) {
        let set = set(name)
        reply.arrayHeader(members.count)
        for member in members { writeScore(set?.score(of: member)) }
    }

    mutating func writeScore(_ score: Double?) {
        if let score { reply.double(score) } else { reply.null() }
    }

    mutating func rank(_ name: Argument, _ member: Argument, isReversed: Bool, withScore: Bool) {
        guard let set = set(name), let index = set.index(of: member), let score = set.score(of: member) else {
            return withScore ? reply.nullArray() : reply.null()
        }
        let rank = isReversed ? set.count - 1 - index : index
        guard withScore else { return reply.integer(rank) }
        reply.arrayHeader(2)
        reply.integer(rank)
        reply.double(score)
    }
}

extension ZAdd {
    fileprivate func mayTouch(existing: Bool) -> Bool { condition != (existing ? .onlyNew : .onlyExisting) }

    /// Whether the options let a member with the score `old`, or none, get this one.
    fileprivate func admits(_ score: Double, old: Double?) -> Bool {
        guard mayTouch(existing: old != nil) else { return false }
        guard let old else { return true }
        return switch comparison {
        case .any: true
        case .greater: score > old
        case .less: score < old
        }
    }
}

extension Argument {
    func withBytes<Value, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try withUnsafeBufferPointer { bytes throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
    }

    var isMemberName: Bool { 1...LeaderboardDefinition.userByteCountMax ~= count }
}

extension SortedSet {
    func score(of member: Argument) -> Double? { member.withUnsafeBytes { score(of: $0) } }
    func index(of member: Argument) -> Int? { member.withUnsafeBytes { index(of: $0) } }
}
