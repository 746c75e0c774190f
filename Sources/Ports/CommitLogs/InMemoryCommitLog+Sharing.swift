package import Leaderboards
internal import Sharding
internal import Synchronization

/// Shared by all "nodes" that have a reference to it.
extension InMemoryCommitLog: SharedLog {
    package func tail(of shard: ShardID) async throws(ReadError) -> LogTail? {
        state.withLock { state in
            state.last[shard].map { LogTail(LogEntry(position: $0.position, record: $0.record, hash: $0.hash)) }
        }
    }

    package func end() async throws(ReadError) -> LogEnd {
        state.withLock { state in
            let last = state.nextPosition - 1
            return LogEnd(last: last == 0 ? nil : LogPosition(last), age: .zero)
        }
    }

    package func entries(
        of shard: ShardID, from position: LogPosition, through barrier: LogPosition, following predecessor: LogTail?
    ) async throws(ReadError) -> any LogEntries {
        let from = max(position, predecessor.map { LogPosition($0.position.value + 1) } ?? .start)
        try state.withLock { state throws(ReadError) in try state.expectWhole(shard, from: from) }
        return WatchedEntries(log: self, shard: shard, next: from, barrier: barrier)
    }

    package func watch(_ scope: WatchScope, from position: LogPosition) async throws(ReadError) -> any LogEntries {
        let shard: ShardID? = if case .shard(let shard) = scope { shard } else { nil }
        try state.withLock { state throws(ReadError) in try state.expectWhole(shard, from: position) }
        return WatchedEntries(log: self, shard: shard, next: position, barrier: nil)
    }

    package func found(_ shard: ShardID, on foundation: LogFoundation) {
        state.withLock { $0.foundations[shard] = LogTail(foundation) }
    }

    package func fill() async throws(ReadError) -> LogFill {
        state.withLock { state in
            LogFill(
                byteCount: state.byteCount, byteCountMax: state.byteCountMax, end: LogPosition(state.nextPosition))
        }
    }

    /// From now on no more is taken than that.
    package func limit(byteCount: Int?) { state.withLock { $0.byteCountMax = byteCount } }

    /// The first record of a shard that is left.
    package func firstPosition(of shard: ShardID) -> LogPosition? {
        state.withLock { state in state.records.first { $0.record.shard == shard }?.position }
    }

    package func truncate(_ shard: ShardID, below position: LogPosition) async throws(AppendError) {
        try state.withLock { state throws(AppendError) in
            if state.isClosed { throw .closed }
            if let failure = state.failure { throw .failed(failure) }
            guard let last = state.last[shard]?.position else { return }
            let bound = min(position, last)
            state.records.removeAll { $0.record.shard == shard && $0.position < bound }
        }
    }

    /// Takes over what another log has behind what this one has, as its mirror would: where it is there, and without what was given back.
    package func takeOver(from origin: InMemoryCommitLog) {
        let (records, end) = origin.state.withLock { ($0.records, $0.nextPosition) }
        let waiting = state.withLock { state in
            for (position, record) in records where position.value >= state.nextPosition {
                let decoded = try! record.bytes.withUnsafeBytes { try LogRecord.decode($0) }
                state.records.append((position, record))
                state.last[record.shard] = (position, decoded.record, record.hash)
            }
            state.nextPosition = end
            defer { state.watchers = [:] }
            return state.watchers.values.map(\.self)
        }
        for continuation in waiting { continuation.resume() }
    }

    package func consumers() async throws(ReadError) -> [LogConsumer] {
        try state.withLock { state throws(ReadError) in
            if let problem = state.consumersProblem { throw .failed(problem) }
            return state.consumers.values.sorted { $0.name < $1.name }.map { consumer in
                guard let floor = consumer.floor else { return consumer }
                var counted = consumer
                counted.unacknowledgedCount = UInt64(
                    state.records.count { $0.position >= floor && consumer.reads($0.record.shard) })
                return counted
            }
        }
    }

    package func removeConsumer(_ name: String) async throws(AppendError) -> Bool {
        state.withLock { $0.consumers.removeValue(forKey: name) != nil }
    }

    /// As if it had been made, or had acknowledged what lies below its floor.
    package func note(_ consumer: LogConsumer) { state.withLock { $0.consumers[consumer.name] = consumer } }

    /// From now on nobody can list the consumers; nil: everybody can.
    package func hideConsumers(_ problem: String?) { state.withLock { $0.consumersProblem = problem } }

    /// Waits until something is appended behind `count` records. Returns at once if the task is cancelled or the log closed.
    fileprivate func waitForRecord(at position: LogPosition) async {
        let id = state.withLock { state in
            state.lastWatcher += 1
            return state.lastWatcher
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.isClosed || state.nextPosition > position.value { return true }
                    state.watchers[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.watchers.removeValue(forKey: id) }?.resume()
        }
    }
}

extension InMemoryCommitLog.State {
    /// Throws if records of the shard, or of any, from `position` on were given back.
    fileprivate func expectWhole(_ shard: ShardID?, from position: LogPosition) throws(ReadError) {
        guard let shard else {
            if position < firstPosition { throw .truncated(first: firstPosition) }
            return
        }
        guard let first = records.first(where: { $0.record.shard == shard }) else { return }
        if first.record.number > 1, position < first.position { throw .truncated(first: first.position) }
    }
}

private struct WatchedEntries: LogEntries {
    let log: InMemoryCommitLog
    let shard: ShardID?
    let next: LogPosition
    let barrier: LogPosition?

    struct AsyncIterator: AsyncIteratorProtocol {
        let log: InMemoryCommitLog
        let shard: ShardID?
        var next: LogPosition
        let barrier: LogPosition?
        var previous: UInt64?

        mutating func next() async throws(ReadError) -> [LogEntry]? { try await next(isolation: nil) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(ReadError) -> [LogEntry]? {
            while true {
                if let barrier, next > barrier { return nil }
                let (found, end, isClosed) = log.state.withLock { state in
                    let found = state.records.filter { record in
                        record.position >= next && shard.map { $0 == record.record.shard } ?? true
                            && barrier.map { record.position <= $0 } ?? true
                    }
                    return (found.prefix(256), LogPosition(state.nextPosition), state.isClosed)
                }
                if let last = found.last {
                    // Records were given back in the midst of the run.
                    if shard != nil, let previous, found[found.startIndex].record.number > previous + 1 {
                        throw .truncated(first: found[found.startIndex].position)
                    }
                    previous = last.record.number
                    next = LogPosition(last.position.value + 1)
                    return try entries(found)
                }
                if isClosed { throw .failed("the log is closed") }
                if Task.isCancelled { throw .failed("the task was cancelled") }
                next = Swift.max(next, end)
                await log.waitForRecord(at: next)
            }
        }

        private func entries(
            _ found: ArraySlice<(position: LogPosition, record: EncodedRecord)>
        ) throws(ReadError) -> [LogEntry] {
            var entries: [LogEntry] = []
            for (position, record) in found {
                guard let decoded = try? record.bytes.withUnsafeBytes({ try LogRecord.decode($0) }) else {
                    throw .corrupted(at: position, "no valid record")
                }
                entries.append(LogEntry(position: position, record: decoded.record, hash: decoded.hash))
            }
            return entries
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(log: log, shard: shard, next: next, barrier: barrier) }
}
