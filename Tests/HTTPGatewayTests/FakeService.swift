import Leaderboards
import NodeRuntime
import Sharding
import Synchronization

/// A node made of sorted arrays: slow, obvious, and with a clock that stands still. Counts what it is asked, and fails
/// on demand.
final class FakeService: LeaderboardService {
    struct Row {
        var user: [UInt8]
        var score: Score
        var updatedAt: Timestamp?
        var metadata: [UInt8]?
        /// When the score was reached, as a number that only grows.
        var sequence: Int
    }

    struct State {
        var boards: [LeaderboardKey: LeaderboardDescription] = [:]
        var rows: [LeaderboardKey: [Row]] = [:]
        var answers: [String: SubmissionOutcome] = [:]
        /// The last line of each named upload that was entered.
        var uploads: [String: UInt64] = [:]
        var position: UInt64 = 0
        var callCount = 0
        var submissions: [Submission] = []
        /// What the next calls of `submit` throw; nil lets one pass.
        var failures: [ServiceError?] = []
        var largestBatch = 0
        var readiness = Readiness.ready
        var onSubmit: (@Sendable () -> Void)?
        /// Plain sorted sets have none.
        var keepsTimes = true
        /// How old answers are to who said that they may be.
        var age: Duration?
        var lastOptions = ReadOptions()
    }

    static let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    let state = Mutex(State())

    /// How often a call would have changed or read anything.
    var callCount: Int { state.withLock { $0.callCount } }
    /// How many submissions came together at most.
    var largestBatch: Int { state.withLock { $0.largestBatch } }
    /// All submissions that were looked at.
    var submissions: [Submission] { state.withLock { $0.submissions } }

    /// What the next calls of `submit` throw; nil lets one pass.
    func fail(_ failures: ServiceError?...) { state.withLock { $0.failures = failures } }

    /// Called for each batch, before it is entered.
    func onSubmit(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onSubmit = body } }

    /// Entries from now on are such as plain sorted sets have.
    func keepNoTimes() { state.withLock { $0.keepsTimes = false } }

    /// Answers to who allows it are so old.
    func answersAreOld(_ age: Duration) { state.withLock { $0.age = age } }
    var lastOptions: ReadOptions { state.withLock { $0.lastOptions } }

    func becomeUnready(_ reason: String) { state.withLock { $0.readiness = .starting(reason) } }

    func submit(
        _ batch: SubmissionBatch, project: String, upload: String?
    ) async throws(ServiceError) -> [SubmissionAnswer] {
        state.withLock { $0.onSubmit }?()
        let result = state.withLock { state -> Result<[SubmissionAnswer], ServiceError> in
            state.callCount += 1
            state.largestBatch = max(state.largestBatch, batch.count)
            if !state.failures.isEmpty, let failure = state.failures.removeFirst() { return .failure(failure) }
            return .success(
                batch.submissions.map { submission in
                    state.submissions.append(submission)
                    return state.submit(submission, of: batch, project, upload)
                })
        }
        return try result.get()
    }

    func create(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try change { state throws(ServiceError) in
            guard state.boards[key] == nil else { throw .refused(.leaderboardExists) }
            let description = LeaderboardDescription(
                key: key, definition: definition, createdAt: Self.now, updatedAt: Self.now, entryCount: 0)
            state.boards[key] = description
            state.rows[key] = []
            return description
        }
    }

    func update(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try change { state throws(ServiceError) in
            guard var description = state.boards[key] else { throw .refused(.unknownLeaderboard) }
            let current = description.definition
            guard current.version == version else { throw .refused(.versionConflict(current: current.version)) }
            guard definition.columns == current.columns else { throw .refused(.immutable(field: "columns")) }
            description.definition = definition
            description.definition.version = version + 1
            state.boards[key] = description
            return description
        }
    }

    func delete(_ key: LeaderboardKey) async throws(ServiceError) -> LogPosition {
        try change { state throws(ServiceError) in
            guard state.boards.removeValue(forKey: key) != nil else { throw .refused(.unknownLeaderboard) }
            state.rows[key] = nil
        }.position
    }

    func describe(_ key: LeaderboardKey) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try read { state throws(ServiceError) in
            guard var description = state.boards[key] else { throw .refused(.unknownLeaderboard) }
            description.entryCount = state.rows[key]!.count
            return description
        }
    }

    func list(
        project: String, after id: String?, limit: Int
    ) async throws(ServiceError) -> [LeaderboardDescription] {
        try read { state throws(ServiceError) in
            Array(
                state.boards.values.filter { $0.key.project == project && $0.key.id > (id ?? "") }
                    .sorted { $0.key < $1.key }.prefix(limit))
        }.value
    }

    func removeEntry(_ key: LeaderboardKey, user: [UInt8]) async throws(ServiceError) -> LogPosition {
        try change { state throws(ServiceError) in
            let rows = try state.ranked(key, BoardSelector())
            guard rows.contains(where: { $0.user == user }) else { throw .refused(.unknownUser) }
            state.rows[key]!.removeAll { $0.user == user }
        }.position
    }

    func page(
        _ key: LeaderboardKey, _ board: BoardSelector, _ request: PageRequest, _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<Page> {
        try read(options) { state throws(ServiceError) in
            let rows = try state.ranked(key, board)
            let range: Range<Int>
            switch request {
            case .from(let offset, let limit):
                let start = min(offset, rows.count)
                range = start..<start + min(limit, rows.count - start)
            case .around(let user, let radius):
                guard let place = rows.firstIndex(where: { $0.user == user }) else { throw .refused(.unknownUser) }
                range = max(0, place - radius)..<min(rows.count, place + radius + 1)
            }
            return Page(
                entries: range.map { rows[$0].entry(at: $0, options) }, offset: range.lowerBound, total: rows.count,
                season: board.window.map { _ in "2026-W47" }, nextReset: board.window.map { _ in Self.now },
                columns: state.boards[key]!.definition.columns.map(\.name))
        }
    }

    func entries(
        _ key: LeaderboardKey, _ board: BoardSelector, users: [[UInt8]], _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<UserEntries> {
        try read(options) { state throws(ServiceError) in
            let rows = try state.ranked(key, board)
            let entries = users.map { user in
                rows.firstIndex { $0.user == user }.map { rows[$0].entry(at: $0, options) }
            }
            return UserEntries(entries: entries, total: rows.count, season: nil, nextReset: nil)
        }
    }

    func readiness() async -> Readiness { state.withLock { $0.readiness } }

    private func read<Value: Sendable>(
        _ options: ReadOptions = ReadOptions(), _ body: (inout State) throws(ServiceError) -> Value
    ) throws(ServiceError) -> Positioned<Value> {
        let result = state.withLock { state -> Result<Positioned<Value>, ServiceError> in
            state.callCount += 1
            state.lastOptions = options
            do throws(ServiceError) {
                var answer = Positioned(try body(&state), at: LogPosition(state.position))
                if options.ageMax != nil { answer.age = state.age }
                return .success(answer)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func change<Value: Sendable>(
        _ body: (inout State) throws(ServiceError) -> Value
    ) throws(ServiceError) -> Positioned<Value> {
        try read { state throws(ServiceError) in
            state.position += 1
            return try body(&state)
        }
    }
}

extension FakeService.Row {
    func entry(at place: Int, _ options: ReadOptions) -> Entry {
        Entry(
            rank: Rank(index: place), user: user, score: score, updatedAt: updatedAt,
            metadata: options.metadata ? metadata : nil)
    }
}

extension FakeService.State {
    mutating func submit(
        _ submission: Submission, of batch: SubmissionBatch, _ project: String, _ upload: String?
    ) -> SubmissionAnswer {
        if let upload, submission.line <= uploads[upload] ?? 0 { return answer(.refused(.alreadyUploaded)) }
        if let upload { uploads[upload] = submission.line }
        let key = LeaderboardKey(project: project, id: batch.string(submission.leaderboard))
        guard let definition = boards[key]?.definition else { return answer(.refused(.unknownLeaderboard)) }
        if !submission.requestKey.isEmpty {
            let name = batch.string(submission.requestKey)
            if var outcome = answers[name] {
                outcome.isReplay = true
                return SubmissionAnswer(.success(outcome), at: LogPosition(position))
            }
            let result = enter(submission, of: batch, key, definition)
            if case .success(let outcome) = result.outcome { answers[name] = outcome }
            return result
        }
        return enter(submission, of: batch, key, definition)
    }

    private mutating func enter(
        _ submission: Submission, of batch: SubmissionBatch, _ key: LeaderboardKey, _ definition: LeaderboardDefinition
    ) -> SubmissionAnswer {
        let user = Array(batch.text(submission.user))
        let before = ranked(key).firstIndex { $0.user == user }
        let current = rows[key]!.first { $0.user == user }
        let score: Score
        do throws(ScoreError) {
            score = try definition.combine(definition.score(of: submission.score), with: current?.score)
        } catch {
            return answer(.refused(.score(error)))
        }
        position += 1
        let isAccepted = score != current?.score
        if isAccepted {
            rows[key]!.removeAll { $0.user == user }
            rows[key]!.append(
                FakeService.Row(
                    user: user, score: score, updatedAt: keepsTimes ? submission.at ?? FakeService.now : nil,
                    metadata: submission.metadata.isEmpty ? nil : Array(batch.text(submission.metadata)),
                    sequence: Int(position)))
        }
        var outcome = SubmissionOutcome(status: isAccepted ? .accepted : .unchanged)
        outcome.score = score
        outcome.previousScore = current?.score
        outcome.rank = ranked(key).firstIndex { $0.user == user }.map(Rank.init(index:))
        outcome.previousRank = before.map(Rank.init(index:))
        outcome.windows = definition.windows.map {
            WindowOutcome(
                window: $0.name, season: $0.season(at: submission.at ?? FakeService.now)?.id ?? "",
                accepted: isAccepted, score: score, rank: outcome.rank, previousRank: outcome.previousRank)
        }
        return SubmissionAnswer(.success(outcome), at: LogPosition(position))
    }

    private func answer(_ status: SubmissionOutcome.Status) -> SubmissionAnswer {
        SubmissionAnswer(.success(SubmissionOutcome(status: status)), at: LogPosition(position))
    }

    func ranked(_ key: LeaderboardKey) -> [FakeService.Row] {
        let columns = boards[key]!.definition.columns
        return rows[key]!.sorted { left, right in
            for (index, column) in columns.enumerated() where left.score[index] != right.score[index] {
                return column.isBetter(left.score[index], than: right.score[index])
            }
            return left.sequence < right.sequence
        }
    }

    func ranked(_ key: LeaderboardKey, _ board: BoardSelector) throws(ServiceError) -> [FakeService.Row] {
        guard let definition = boards[key]?.definition else { throw .refused(.unknownLeaderboard) }
        if let window = board.window, !definition.windows.contains(where: { $0.name == window }) {
            throw .refused(.unknownWindow)
        }
        if let dimension = board.dimension, !definition.dimensions.contains(dimension) {
            throw .refused(.unknownDimension)
        }
        return ranked(key)
    }
}
