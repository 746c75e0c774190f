import CommitLogs
import Leaderboards
import Sharding
import Synchronization

/// A log whose appends a test decides one by one, and whose contents it can falsify.
///
/// By default everything goes straight to the in-memory log below.
final class SteppedLog: CommitLog {
    let base: InMemoryCommitLog

    private struct State {
        var isStepping = false
        var arrived: [(record: EncodedRecord, continuation: CheckedContinuation<AppendError?, Never>)] = []
        var waitingForArrival: [CheckedContinuation<Void, Never>] = []
        var holdsReads = false
        var heldReads: [CheckedContinuation<Void, Never>] = []
        var waitingForRead: [CheckedContinuation<Void, Never>] = []
        var falsify: (@Sendable (inout [LogEntry]) -> Void)?
        var last: [ShardID: LogPosition]?
    }

    private let state = Mutex(State())

    init(_ base: InMemoryCommitLog = InMemoryCommitLog()) { self.base = base }

    // MARK: What a test does

    /// From now on appends wait for `decide`.
    func step() { state.withLock { $0.isStepping = true } }

    /// Lets waiting and later appends through.
    func run() {
        let waiting = state.withLock { state in
            state.isStepping = false
            defer { state.arrived = [] }
            return state.arrived
        }
        for append in waiting { append.continuation.resume(returning: nil) }
    }

    /// Returns once an append waits.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if !state.arrived.isEmpty { return true }
                state.waitingForArrival.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Decides the append that has waited longest: it goes on, or fails.
    func decide(_ error: AppendError? = nil) {
        state.withLock { $0.arrived.removeFirst() }.continuation.resume(returning: error)
    }

    /// From now on readers wait for `releaseReads`.
    func holdReads() { state.withLock { $0.holdsReads = true } }

    func heldRead() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if !state.heldReads.isEmpty { return true }
                state.waitingForRead.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func releaseReads() {
        let held = state.withLock { state in
            state.holdsReads = false
            defer { state.heldReads = [] }
            return state.heldReads
        }
        for reader in held { reader.resume() }
    }

    /// Changes what readers are told.
    func falsify(_ change: @escaping @Sendable (inout [LogEntry]) -> Void) { state.withLock { $0.falsify = change } }
    func falsifyEnds(_ last: [ShardID: LogPosition]) { state.withLock { $0.last = last } }

    // MARK: CommitLog

    func append(_ record: EncodedRecord, after expected: LogPosition?) async throws(AppendError) -> LogPosition {
        let error: AppendError? = await withCheckedContinuation { continuation in
            let (isStepping, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                guard state.isStepping else { return (false, []) }
                state.arrived.append((record, continuation))
                defer { state.waitingForArrival = [] }
                return (true, state.waitingForArrival)
            }
            if !isStepping { continuation.resume(returning: nil) }
            for watcher in watchers { watcher.resume() }
        }
        if let error { throw error }
        return try await base.append(record, after: expected)
    }

    func lastPositions() async -> [ShardID: LogPosition] {
        if let last = state.withLock({ $0.last }) { return last }
        return await base.lastPositions()
    }

    func firstPosition() async -> LogPosition { await base.firstPosition() }

    func entries(from position: LogPosition) async throws(ReadError) -> any LogEntries {
        await withCheckedContinuation { continuation in
            let (isHeld, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                guard state.holdsReads else { return (false, []) }
                state.heldReads.append(continuation)
                defer { state.waitingForRead = [] }
                return (true, state.waitingForRead)
            }
            if !isHeld { continuation.resume() }
            for watcher in watchers { watcher.resume() }
        }
        var all: [LogEntry] = []
        var iterator = try await base.entries(from: position).makeAnyIterator()
        while let batch = try await iterator.next() { all += batch }
        state.withLock { $0.falsify }?(&all)
        return FixedEntries(all: all)
    }

    func truncate(below position: LogPosition) async throws(AppendError) { try await base.truncate(below: position) }
    func close() async {
        run()
        releaseReads()
        await base.close()
    }
}

private struct FixedEntries: LogEntries {
    let all: [LogEntry]

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: [LogEntry]?
        mutating func next() async throws(ReadError) -> [LogEntry]? { try await next(isolation: nil) }
        mutating func next(isolation actor: isolated (any Actor)?) async throws(ReadError) -> [LogEntry]? {
            defer { rest = nil }
            return rest
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: all.isEmpty ? nil : all) }
}

extension LogEntries {
    fileprivate func makeAnyIterator() -> AnyIterator { AnyIterator(self) }
}

private struct AnyIterator {
    private var advance: () async throws(ReadError) -> [LogEntry]?

    init<Entries: LogEntries>(_ entries: Entries) {
        var iterator = entries.makeAsyncIterator()
        advance = { () async throws(ReadError) in try await iterator.next(isolation: nil) }
    }

    mutating func next() async throws(ReadError) -> [LogEntry]? { try await advance() }
}
