import Leaderboards
import Sharding

/// Leaderboards that tests begin with.
enum Examples {
    static let start = RandomDefinitions.start
    static let key = LeaderboardKey(project: "p", id: "a")

    static func column(
        _ name: String = "points", _ type: Column.ValueType = .integer, _ order: Column.Order = .descending,
        _ operation: Column.Operator = .best
    ) -> Column {
        Column(name: name, type: type, order: order, operator: operation)
    }

    /// A shard with one leaderboard, committed.
    static func harness(
        _ definition: LeaderboardDefinition = LeaderboardDefinition(columns: [column()]),
        settings: ShardSettings = ShardSettings()
    ) -> ShardHarness {
        let harness = ShardHarness(settings: settings, at: start)
        _ = harness.create(key, definition)
        harness.commit()
        return harness
    }
}

extension ShardHarness {
    /// Enters one score and ends the record.
    @discardableResult
    func enter(
        _ user: String, _ score: Int64, leaderboard: String = "a", attributes: [(name: String, value: String)] = [],
        requestKey: String = "", at: Timestamp? = nil
    ) throws -> SubmissionOutcome {
        let entrant = Entrant(
            leaderboard: leaderboard, user: user, score: [.integer(score)], at: at, attributes: attributes,
            requestKey: requestKey)
        defer { commit() }
        return try submit(SubmissionBatch([entrant]))[0]
    }

    /// Adds what a gateway did, and ends the record.
    func report(_ usage: ReportedUsage...) {
        _ = command { shard, record in shard.report(usage, into: &record) }
        commit()
    }

    func delete(_ key: LeaderboardKey) -> Refusal? {
        command { shard, record throws(Refusal) in try shard.delete(key, into: &record) }.refusal
    }

    /// Takes a member's entry away and ends the record.
    func removeEntry(of user: String, _ key: LeaderboardKey = Examples.key) -> Refusal? {
        defer { commit() }
        return command { shard, record throws(Refusal) in
            try shard.removeEntry(key, user: Array(user.utf8), into: &record)
        }.refusal
    }

    /// Names in rank order.
    func top(_ selector: BoardSelector = BoardSelector(), _ key: LeaderboardKey = Examples.key) throws -> [String] {
        while true {
            let missing = shard.missing(for: key, selector, now: now)
            if missing.isEmpty { break }
            try load(missing)
        }
        return try shard.page(key, selector, .from(offset: 0, limit: 10_000), metadata: false, now: now).entries.map {
            "\($0.rank) \(String(decoding: $0.user, as: UTF8.self))"
        }
    }

    /// What two more checkpoints leave in the store must be what the kept ones need.
    func garbage() throws -> Set<StoredPiece> {
        for _ in 0..<3 { checkpoint() }
        let needed = try store.generations.reduce(into: Set()) { $0.formUnion(try store.pieces(of: $1)) }
        return store.pieces.subtracting(needed)
    }
}
