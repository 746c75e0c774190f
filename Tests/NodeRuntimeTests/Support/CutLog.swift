import CommitLogs
import Leaderboards
import Sharding
import Synchronization

/// One node's way to a log that others reach, too. It can be cut: appends then wait as those do whose outcome is not known, and
/// nothing can be read.
final class CutLog: SharedLog {
    private struct State {
        var isCut = false
        var isGone = false
        var losesReplies = false
        /// What can be watched ends here…
        var horizon: LogPosition?
        /// …and what is said of the log's end, too.
        var hidesTail = false
        /// From where on this node does not understand a shard's records.
        var newer: [ShardID: LogPosition] = [:]
        var watching: [CheckedContinuation<Void, Never>] = []

        mutating func takeAll() -> [CheckedContinuation<Void, Never>] {
            defer { (waiting, watching) = ([], []) }
            return waiting + watching
        }
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let base: InMemoryCommitLog
    /// Called before each append.
    let beforeAppend = Mutex<(@Sendable () async -> Void)?>(nil)
    /// Told of each cut.
    let observeTruncation = Mutex<(@Sendable (ShardID, LogPosition) -> Void)?>(nil)
    private let state = Mutex(State())

    init(_ base: InMemoryCommitLog) { self.base = base }

    /// Whatever waits fails, and never was sent: the process has ended.
    func staysCut() {
        let waiting = state.withLock { state in
            state.isGone = true
            return state.takeAll()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// What is appended from now on is stored, and nobody is told so before the log is mended.
    func loseReplies() { state.withLock { $0.losesReplies = true } }

    /// Who watches is shown what is there now, and nothing that comes, until the log is mended.
    ///
    /// - Parameter hidesTail: not even who asks where the log ends learns more
    func fallBehind(hidesTail: Bool) async {
        let last = await base.lastPositions().values.max()
        state.withLock { state in
            state.horizon = last
            state.hidesTail = hidesTail
        }
    }

    /// What comes to the shard's log from now on is of a newer version than this node.
    func becomeTooOld(for shard: ShardID) async {
        let last = await base.lastPositions().values.max() ?? .start
        state.withLock { $0.newer[shard] = LogPosition(last.value + 1) }
    }

    fileprivate func isNewer(_ shard: ShardID, at position: LogPosition) -> Bool {
        state.withLock { $0.newer[shard].map { position >= $0 } ?? false }
    }

    private func expectKnown(_ shard: ShardID, upTo position: LogPosition?) throws(ReadError) {
        guard let position, isNewer(shard, at: position) else { return }
        throw .newer(shard, at: position, "version 2")
    }

    func cut() { state.withLock { $0.isCut = true } }

    func mend() {
        let waiting = state.withLock { state in
            state.isCut = false
            state.losesReplies = false
            state.horizon = nil
            return state.takeAll()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Appends that wait for the log.
    var waitingCount: Int { state.withLock { $0.waiting.count } }
    var isCut: Bool { state.withLock { $0.isCut } }

    private func waitUntilMended(hasAppended: Bool = false) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                let waits = (state.isCut || hasAppended && state.losesReplies) && !state.isGone
                if waits { state.waiting.append(continuation) }
                return waits
            }
            if !waits { continuation.resume() }
        }
    }

    private func expectReach() throws(ReadError) { if isCut { throw .failed("cut") } }

    func append(_ record: EncodedRecord, after expected: LogPosition?) async throws(AppendError) -> LogPosition {
        await beforeAppend.withLock { $0 }?()
        await waitUntilMended()
        if state.withLock({ $0.isGone }) { throw .closed }
        let position = try await base.append(record, after: expected)
        await waitUntilMended(hasAppended: true)
        if state.withLock({ $0.isGone }) { throw .closed }
        return position
    }

    func tail(of shard: ShardID) async throws(ReadError) -> LogTail? {
        try expectReach()
        if let horizon = state.withLock({ $0.hidesTail ? $0.horizon : nil }) {
            return try await tail(of: shard, upTo: horizon)
        }
        let tail = try await base.tail(of: shard)
        try expectKnown(shard, upTo: tail?.position)
        return tail
    }

    func found(_ shard: ShardID, on foundation: LogFoundation) { base.found(shard, on: foundation) }

    func end() async throws(ReadError) -> LogEnd {
        try expectReach()
        return try await base.end()
    }

    private func tail(of shard: ShardID, upTo horizon: LogPosition) async throws(ReadError) -> LogTail? {
        func last<Entries: LogEntries>(_ entries: Entries) async throws(ReadError) -> LogTail? {
            var iterator = entries.makeAsyncIterator()
            var tail: LogTail?
            while let batch = try await iterator.next(isolation: nil) {
                tail = batch.last { $0.record.shard == shard && $0.position <= horizon }.map { LogTail($0) } ?? tail
            }
            return tail
        }
        return try await last(base.entries(from: .start))
    }

    /// As if the replica that is asked had not got it yet.
    fileprivate func waitUntilShown(_ entries: [LogEntry]) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                let waits =
                    !state.isGone && entries.contains { entry in state.horizon.map { entry.position > $0 } ?? false }
                if waits { state.watching.append(continuation) }
                return waits
            }
            if !waits { continuation.resume() }
        }
    }

    func entries(
        of shard: ShardID, from position: LogPosition, through barrier: LogPosition, following predecessor: LogTail?
    ) async throws(ReadError) -> any LogEntries {
        try expectReach()
        try expectKnown(shard, upTo: barrier)
        return try await base.entries(of: shard, from: position, through: barrier, following: predecessor)
    }

    func watch(_ scope: WatchScope, from position: LogPosition) async throws(ReadError) -> any LogEntries {
        try expectReach()
        return CutEntries(log: self, position: position, scope: scope)
    }

    func lastPositions() async -> [ShardID: LogPosition] { await base.lastPositions() }
    func firstPosition() async -> LogPosition { await base.firstPosition() }
    func entries(from position: LogPosition) async throws(ReadError) -> any LogEntries {
        try expectReach()
        return try await base.entries(from: position)
    }
    func fill() async throws(ReadError) -> LogFill {
        try expectReach()
        return try await base.fill()
    }
    func consumers() async throws(ReadError) -> [LogConsumer] {
        try expectReach()
        return try await base.consumers()
    }
    func truncate(_ shard: ShardID, below position: LogPosition) async throws(AppendError) {
        if isCut { throw .failed("cut") }
        try await base.truncate(shard, below: position)
        observeTruncation.withLock { $0 }?(shard, position)
    }
    func truncate(below position: LogPosition) async throws(AppendError) {}
    /// The others go on with it.
    func close() async { mend() }
}

private struct CutEntries: LogEntries {
    let log: CutLog
    let position: LogPosition
    let scope: WatchScope

    struct AsyncIterator: AsyncIteratorProtocol {
        let log: CutLog
        let scope: WatchScope
        var next: LogPosition

        mutating func next() async throws(ReadError) -> [LogEntry]? { try await next(isolation: nil) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(ReadError) -> [LogEntry]? {
            let found = try await first(log.base.watch(scope, from: next))
            await log.waitUntilShown(found ?? [])
            if log.isCut { throw .failed("cut") }
            guard let found else { return nil }
            let known = Array(found.prefix(while: { !log.isNewer($0.record.shard, at: $0.position) }))
            guard let last = known.last else {
                throw .newer(found[0].record.shard, at: found[0].position, "version 2")
            }
            next = LogPosition(last.position.value + 1)
            return known
        }

        private func first<Entries: LogEntries>(_ entries: Entries) async throws(ReadError) -> [LogEntry]? {
            var iterator = entries.makeAsyncIterator()
            return try await iterator.next(isolation: nil)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(log: log, scope: scope, next: position) }
}
