internal import Leaderboards
internal import Sharding

extension ShardActor {
    func submit(
        _ batch: SubmissionBatch, at indices: [Int], project: String, upload: String?
    ) async throws(ServiceError) -> Positioned<[SubmissionOutcome]> {
        try await turn(of: project, cost: indices.count)
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
        try await turn(of: key.project)
        try admitWrite()
        while true {
            let missing = shard.missingForCreating(key, at: environment.clock.now())
            if missing.isEmpty { break }
            try await load(missing)
            try admitWrite()
        }
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
        resumeWrites()
        while role == .owner, state == .serving, reloading == nil, let deadline = shard.nextDeadline,
            deadline <= environment.clock.now()
        {
            for piece in shard.missingForClosing(at: environment.clock.now()).prefix(Self.closingLoadMax) {
                // One that can't be read must not keep the others open.
                do throws(ServiceError) { try await load([piece]) } catch { continue }
            }
            guard state == .serving, reloading == nil else { return }
            let closed = try await write { shard, record in shard.closeDueSeasons(into: &record) }
            if closed.value == 0 { return }
        }
    }

    /// How many leaderboards are brought into memory at once to close their seasons.
    private static var closingLoadMax: Int { 256 }

    private func prepareWrite(_ key: LeaderboardKey) async throws(ServiceError) {
        try await turn(of: key.project)
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
        try await turn(of: key.project)
        while true {
            let now = try await prepareRead(key, BoardSelector())
            let answer = try await read(key, relaxed: false) { shard throws(Refusal) in
                try shard.describe(key, now: now)
            }
            if let answer { return answer }
        }
    }

    func page(
        _ key: LeaderboardKey, _ board: BoardSelector, _ request: PageRequest, _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<Page> {
        try await turn(of: key.project, cost: request.cost)
        return try await answer(key, board, options) { (shard, now) throws(Refusal) in
            try shard.page(key, board, request, metadata: options.metadata, now: now)
        }
    }

    func entries(
        _ key: LeaderboardKey, _ board: BoardSelector, users: [[UInt8]], _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<UserEntries> {
        try await turn(of: key.project, cost: users.count)
        return try await answer(key, board, options) { (shard, now) throws(Refusal) in
            let found = try shard.entries(key, board, users: users, metadata: options.metadata, now: now)
            return UserEntries(
                entries: found.entries, total: found.total, season: found.season?.id, nextReset: found.season?.end)
        }
    }

    func keys(of project: String) async throws(ServiceError) -> [LeaderboardKey] {
        let now = environment.clock.now()
        return try await show { shard in shard.keys(of: project, at: now) }.value
    }

    /// Something about the shard as a whole, once all that it reflects is durable.
    func show<Value: Sendable>(_ body: (Shard) -> Value) async throws(ServiceError) -> Positioned<Value> {
        while true {
            try await admitRead()
            let value = body(shard)
            if let position = try await shown(fresh(batchInTheMaking - (record == nil ? 1 : 0))) {
                return Positioned(value, at: position)
            }
        }
    }

    /// Loads what a question needs. Answers the time that it is asked at.
    func prepareRead(_ key: LeaderboardKey, _ board: BoardSelector) async throws(ServiceError) -> Timestamp {
        while true {
            try await admitRead()
            let now = environment.clock.now()
            let missing = shard.missing(for: key, board, now: now)
            if missing.isEmpty { return now }
            try await load(missing)
        }
    }

    /// Waits until what was seen is durable. Nil if it was dropped from memory instead: look again.
    private func shown(_ batch: UInt64, _ patience: Duration? = nil) async throws(ServiceError) -> LogPosition? {
        if batch > durableBatch, waiters.count >= environment.configuration.waitersMax {
            throw .overloaded(retryAfter: 1)
        }
        if batch > durableBatch, isLogSilent { throw silence }
        do {
            return try await durable(batch, patience)
        } catch {
            // A question has no outcome.
            if isLogSilent { throw silence }
            if reloading == error || error == .noSpace { return nil }
            throw error
        }
    }

    /// Answers from memory, and holds the answer back until what it shows can't be lost. Nil if it was lost.
    func read<Value: Sendable>(
        _ key: LeaderboardKey, relaxed: Bool, _ patience: Duration? = nil, _ body: (Shard) throws(Refusal) -> Value
    ) async throws(ServiceError) -> Positioned<Value>? {
        let result: Result<Value, Refusal>
        do { result = .success(try body(shard)) } catch { result = .failure(error) }
        var position = tail.position ?? .start
        if !relaxed {
            // That a leaderboard is not there can be news as well.
            let seen = shard.contains(key) ? shard.lastChange(of: key) : batchInTheMaking - (record == nil ? 1 : 0)
            guard let durable = try await shown(fresh(seen), patience) else { return nil }
            position = durable
        }
        do { return Positioned(try result.get(), at: position) } catch { throw .refused(error) }
    }
}

extension PageRequest {
    /// Rows that are written side by side take much less than as many commands.
    fileprivate var cost: Int {
        switch self {
        case .from(_, let limit): 1 + limit / 32
        case .around(_, let radius): 1 + radius / 16
        }
    }
}
