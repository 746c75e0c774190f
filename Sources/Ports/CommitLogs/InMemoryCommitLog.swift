package import Leaderboards
package import Sharding
internal import Synchronization

/// A log that lasts as long as the process, for tests and for trying things out.
///
/// Behaves like the durable ones, and can be made to fail and to keep its callers waiting.
package final class InMemoryCommitLog: CommitLog {
    struct State {
        var records: [(position: LogPosition, record: EncodedRecord)] = []
        var last: [ShardID: (position: LogPosition, record: LogRecord, hash: ChainHash)] = [:]
        var nextPosition: UInt64 = 1
        var firstPosition = LogPosition.start
        var failure: String?
        var isClosed = false

        var inFlight: Set<ShardID> = []
        /// Appends of a shard that has one in flight.
        var waitingForShard: [ShardID: [CheckedContinuation<Void, Never>]] = [:]
        var isHolding = false
        var held: [CheckedContinuation<Void, Never>] = []
        var waitingForHeld: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var waitingForIdle: [CheckedContinuation<Void, Never>] = []
        var failures: [(error: AppendError, keepsRecord: Bool)] = []
        /// Who watches, and has seen everything.
        var watchers: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastWatcher = 0
        var byteCountMax: Int?
        var foundations: [ShardID: LogTail] = [:]
        var consumers: [String: LogConsumer] = [:]
        /// Why they can't be listed.
        var consumersProblem: String?

        var byteCount: Int { records.reduce(0) { $0 + $1.record.bytes.count } }
    }

    let state: Mutex<State>

    package init() { state = Mutex(State()) }

    /// A log with the records of another, as it would be after a restart.
    package init(reopening other: InMemoryCommitLog) {
        var reopened = State()
        other.state.withLock { old in
            reopened.records = old.records
            reopened.last = old.last
            reopened.nextPosition = old.nextPosition
            reopened.firstPosition = old.firstPosition
        }
        state = Mutex(reopened)
    }

    // MARK: CommitLog

    package func append(
        _ record: EncodedRecord, after expected: LogPosition?
    ) async throws(AppendError) -> LogPosition {
        while try !state.withLock({ state throws(AppendError) in try state.begin(record, after: expected) }) {
            await waitForShard(record.shard)
        }
        await holdIfAsked()
        let (result, waiting) = state.withLock { $0.finish(record) }
        for continuation in waiting { continuation.resume() }
        return try result.get()
    }

    package func lastPositions() async -> [ShardID: LogPosition] {
        state.withLock { $0.last.mapValues(\.position) }
    }

    package func firstPosition() async -> LogPosition { state.withLock { $0.firstPosition } }

    package func entries(from position: LogPosition) async throws(ReadError) -> any LogEntries {
        let records = try state.withLock { state throws(ReadError) in
            guard position >= state.firstPosition else { throw .truncated(first: state.firstPosition) }
            return state.records.filter { $0.position >= position }
        }
        return InMemoryEntries(records: records)
    }

    package func truncate(below position: LogPosition) async throws(AppendError) {
        try state.withLock { state throws(AppendError) in
            if state.isClosed { throw .closed }
            if let failure = state.failure { throw .failed(failure) }
            let bound = min(position, state.last.values.map(\.position).min() ?? .start)
            guard bound > state.firstPosition else { return }
            state.records.removeAll { $0.position < bound }
            state.firstPosition = bound
        }
    }

    package func close() async {
        releaseAppends()
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                for watcher in state.watchers.values { watcher.resume() }
                state.watchers = [:]
                if !state.inFlight.isEmpty { state.waitingForIdle.append(continuation) }
                return state.inFlight.isEmpty
            }
            if isIdle { continuation.resume() }
        }
    }

    // MARK: Faults

    /// Makes an append to come fail. After `.outcomeUnknown` and `.failed` the log stays failed. With `keepingRecord`
    /// the record is in the log all the same, as a reopened log will show.
    package func failNextAppend(with error: AppendError, keepingRecord: Bool = false) {
        state.withLock { $0.failures.append((error, keepingRecord)) }
    }

    /// Lets no append finish until `releaseAppends`.
    package func holdAppends() { state.withLock { $0.isHolding = true } }

    package func releaseAppends() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    /// Returns once `count` appends are held.
    package func waitUntilHeld(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.held.count < count { state.waitingForHeld.append((count, continuation)) }
                return state.held.count >= count
            }
            if isReached { continuation.resume() }
        }
    }

    // MARK: Waiting

    private func waitForShard(_ shard: ShardID) async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard state.inFlight.contains(shard) else { return false }
                state.waitingForShard[shard, default: []].append(continuation)
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    private func holdIfAsked() async {
        await withCheckedContinuation { continuation in
            let (isHeld, reached) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                guard state.isHolding else { return (false, []) }
                state.held.append(continuation)
                let count = state.held.count
                defer { state.waitingForHeld.removeAll { $0.count <= count } }
                return (true, state.waitingForHeld.filter { $0.count <= count }.map(\.continuation))
            }
            if !isHeld { continuation.resume() }
            for continuation in reached { continuation.resume() }
        }
    }
}

extension InMemoryCommitLog.State {
    /// Checks an append and marks its shard as busy. False if the shard is busy with another.
    fileprivate mutating func begin(
        _ record: EncodedRecord, after expected: LogPosition?
    ) throws(AppendError) -> Bool {
        if isClosed { throw .closed }
        if let failure { throw .failed(failure) }
        if inFlight.contains(record.shard) { return false }
        let last = last[record.shard]
        let foundation = last == nil ? foundations[record.shard] : nil
        guard expected == last?.position ?? foundation?.position else { throw .conflict(last: last?.position) }
        guard let (decoded, count, hash) = try? record.bytes.withUnsafeBytes({ try LogRecord.decode($0) }),
            count == record.bytes.count, hash == record.hash, decoded.shard == record.shard,
            decoded.number == record.number
        else { throw .invalid("the bytes are not the record they are said to be") }
        let before =
            last.map { LogTail(LogEntry(position: $0.position, record: $0.record, hash: $0.hash)) } ?? foundation
        guard LogTail.problem(of: decoded, following: before) == nil else {
            throw .invalid("the record does not continue its shard's chain")
        }
        if let byteCountMax, byteCount + record.bytes.count > byteCountMax { throw .noSpace }
        inFlight.insert(record.shard)
        return true
    }

    /// Keeps the record, or fails as was asked. Answers who may go on.
    fileprivate mutating func finish(
        _ record: EncodedRecord
    ) -> (Result<LogPosition, AppendError>, [CheckedContinuation<Void, Never>]) {
        inFlight.remove(record.shard)
        var waiting = waitingForShard.removeValue(forKey: record.shard) ?? []
        if inFlight.isEmpty {
            waiting += waitingForIdle
            waitingForIdle = []
        }
        if let failure { return (.failure(.failed(failure)), waiting) }
        let fault = failures.isEmpty ? nil : failures.removeFirst()
        switch fault?.error {
        case .outcomeUnknown(let reason)?, .failed(let reason)?: failure = reason
        default: break
        }
        if let fault, !fault.keepsRecord { return (.failure(fault.error), waiting) }
        let position = LogPosition(nextPosition)
        nextPosition += 1
        records.append((position, record))
        let decoded = try! record.bytes.withUnsafeBytes { try LogRecord.decode($0) }
        last[record.shard] = (position, decoded.record, record.hash)
        waiting += watchers.values
        watchers = [:]
        return (fault.map { .failure($0.error) } ?? .success(position), waiting)
    }
}

private struct InMemoryEntries: LogEntries {
    let records: [(position: LogPosition, record: EncodedRecord)]

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: ArraySlice<(position: LogPosition, record: EncodedRecord)>

        mutating func next() async throws(ReadError) -> [LogEntry]? { try await next(isolation: nil) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(ReadError) -> [LogEntry]? {
            guard !rest.isEmpty else { return nil }
            let batch = rest.prefix(256)
            rest = rest.dropFirst(256)
            var entries: [LogEntry] = []
            for (position, record) in batch {
                guard let decoded = try? record.bytes.withUnsafeBytes({ try LogRecord.decode($0) }) else {
                    throw .corrupted(at: position, "no valid record")
                }
                entries.append(LogEntry(position: position, record: decoded.record, hash: decoded.hash))
            }
            return entries
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: records[...]) }
}
