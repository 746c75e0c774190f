import Leaderboards
import Sharding
import Synchronization

@testable import NodeRuntime

/// Work on plain sets that remembers what became of it.
final class TestWork: ShardWork {
    enum Kind {
        case enter(String, score: Double = 1)
        case enterMany(Int)
        case count
    }

    private struct State {
        var runCount = 0
        var ends: [Result<Void, ServiceError>] = []
        var count: Int?
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    let key: LeaderboardKey
    let cost: Int
    let ageMax: Duration?
    private let kind: Kind
    private let whenRun: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter whenRun: called where it is carried out
    init(
        _ kind: Kind, _ key: LeaderboardKey = .a, cost: Int = 1, ageMax: Duration? = nil,
        whenRun: @escaping @Sendable () -> Void = {}
    ) {
        self.kind = kind
        self.key = key
        self.cost = cost
        self.ageMax = ageMax
        self.whenRun = whenRun
    }

    // MARK: What became of it

    /// How often it was carried out, and finished.
    var runCount: Int { state.withLock { $0.runCount } }
    var endCount: Int { state.withLock { $0.ends.count } }
    /// What it counted.
    var count: Int? { state.withLock { $0.count } }

    /// Waits for its end. Nil if all went well.
    func end() async -> ServiceError? {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.ends.isEmpty { return true }
                state.watchers.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        return state.withLock { state in
            if case .failure(let error) = state.ends[0] { error } else { nil }
        }
    }

    // MARK: ShardWork

    var project: String { key.project }
    var isChanging: Bool { if case .count = kind { false } else { true } }

    func missing(in shard: Shard) -> [MissingPiece] { shard.missing(for: key) }

    func run(_ step: ShardStep, into record: inout RecordBuilder) {
        state.withLock { $0.runCount += 1 }
        whenRun()
        var set = step.shard.sortedSet(key, at: record.time)
        switch kind {
        case .enter(let member, let score): enter(member, score, &set, step, &record)
        case .enterMany(let count):
            for number in 0..<count { enter("member-\(number)", Double(number), &set, step, &record) }
        case .count:
            let count = set?.count
            state.withLock { $0.count = count }
        }
    }

    private func enter(
        _ member: String, _ score: Double, _ set: inout SortedSet?, _ step: ShardStep, _ record: inout RecordBuilder
    ) {
        Array(member.utf8).withUnsafeBytes { bytes in
            _ = try? step.shard.set(bytes, to: score, in: &set, of: key, seed: step.seed, into: &record)
        }
    }

    func finish(_ result: Result<Void, ServiceError>) {
        let watchers = state.withLock { state in
            state.ends.append(result)
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.resume() }
    }
}

extension Node {
    /// Hands work over.
    func start(_ work: TestWork) -> TestWork {
        enqueue(work, at: place(of: work.key))
        return work
    }

    func start(_ kind: TestWork.Kind, _ key: LeaderboardKey = .a) -> TestWork { start(TestWork(kind, key)) }

    /// Waits until the shard has looked at everything that was handed over before.
    func catchUp(_ key: LeaderboardKey = .a) async throws { _ = try await table(key, relaxed: true, orNone: true) }

    /// As `table`, of a leaderboard that need not be there.
    private func table(_ key: LeaderboardKey, relaxed: Bool, orNone: Bool) async throws -> String? {
        do {
            return try await table(key, relaxed: relaxed)
        } catch ServiceError.refused(.unknownLeaderboard) {
            return nil
        }
    }
}
