internal import Leaderboards
internal import Sharding

extension ShardActor {
    func submit(
        _ batch: SubmissionBatch, at indices: [Int], project: String, upload: String?
    ) async throws(ServiceError) -> Positioned<[SubmissionOutcome]> {
        try admitWrite()
        while true {
            let missing = shard.missing(for: batch, at: indices, project: project)
            if missing.isEmpty { break }
            try await load(missing)
            try admitWrite()
        }
        return try await write { shard, record in
            shard.submit(batch, at: indices, project: project, upload: upload, into: &record)
        }
    }

    func create(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try admitWrite()
        let seed = environment.clock.randomNumber()
        return try await write { shard, record throws(Refusal) in
            try shard.create(key, definition, seed: seed, into: &record)
        }
    }

    func update(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try await prepareWrite(key)
        return try await write { shard, record throws(Refusal) in
            try shard.update(key, definition, replacing: version, into: &record)
        }
    }

    func delete(_ key: LeaderboardKey) async throws(ServiceError) -> LogPosition {
        try await prepareWrite(key)
        return try await write { shard, record throws(Refusal) in try shard.delete(key, into: &record) }.position
    }

    func removeEntry(_ key: LeaderboardKey, user: [UInt8]) async throws(ServiceError) -> LogPosition {
        try await prepareWrite(key)
        return try await write { shard, record throws(Refusal) in
            try shard.removeEntry(key, user: user, into: &record)
        }.position
    }

    /// Closes the seasons that are due.
    func closeDueSeasons() async throws(ServiceError) {
        let now = environment.clock.now()
        guard state == .serving, let deadline = shard.nextDeadline, deadline <= now else { return }
        try await load(shard.missingForClosing(at: now))
        _ = try await write { shard, record in shard.closeDueSeasons(into: &record) }
    }

    private func prepareWrite(_ key: LeaderboardKey) async throws(ServiceError) {
        try admitWrite()
        while true {
            let missing = shard.missing(for: key)
            if missing.isEmpty { return }
            try await load(missing)
            try admitWrite()
        }
    }
}

extension ShardActor {
    func describe(_ key: LeaderboardKey) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try await prepareRead(key, BoardSelector())
        return try await read(key, relaxed: false) { shard throws(Refusal) in try shard.describe(key) }
    }

    func page(
        _ key: LeaderboardKey, _ board: BoardSelector, _ request: PageRequest, _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<Page> {
        try await prepareRead(key, board)
        let now = environment.clock.now()
        return try await read(key, relaxed: options.relaxed) { shard throws(Refusal) in
            try shard.page(key, board, request, metadata: options.metadata, now: now)
        }
    }

    func entries(
        _ key: LeaderboardKey, _ board: BoardSelector, users: [[UInt8]], _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<UserEntries> {
        try await prepareRead(key, board)
        let now = environment.clock.now()
        return try await read(key, relaxed: options.relaxed) { shard throws(Refusal) in
            let found = try shard.entries(key, board, users: users, metadata: options.metadata, now: now)
            return UserEntries(
                entries: found.entries, total: found.total, season: found.season?.id, nextReset: found.season?.end)
        }
    }

    func keys(of project: String) async throws(ServiceError) -> [LeaderboardKey] {
        try admitRead()
        return shard.keys(of: project)
    }

    private func prepareRead(_ key: LeaderboardKey, _ board: BoardSelector) async throws(ServiceError) {
        try admitRead()
        while true {
            let missing = shard.missing(for: key, board, now: environment.clock.now())
            if missing.isEmpty { return }
            try await load(missing)
            try admitRead()
        }
    }

    /// Answers from memory, and holds the answer back until what it shows can't be lost.
    private func read<Value: Sendable>(
        _ key: LeaderboardKey, relaxed: Bool, _ body: (Shard) throws(Refusal) -> Value
    ) async throws(ServiceError) -> Positioned<Value> {
        let result: Result<Value, Refusal>
        do { result = .success(try body(shard)) } catch { result = .failure(error) }
        var position = tail.position ?? .start
        if !relaxed {
            // That a leaderboard is not there can be news as well.
            let seen = shard.contains(key) ? shard.lastChange(of: key) : batchInTheMaking - (record == nil ? 1 : 0)
            position = try await durable(seen)
        }
        do { return Positioned(try result.get(), at: position) } catch { throw .refused(error) }
    }
}
