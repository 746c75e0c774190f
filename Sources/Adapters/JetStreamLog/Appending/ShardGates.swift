internal import CommitLogs
internal import Leaderboards
internal import Synchronization

/// Lets one append of a shard in at a time, in the order of their coming, and none once the log is closed.
final class ShardGates: Sendable {
    private struct State {
        var isClosed = false
        /// Shards with an append, and who waits behind it.
        var waiting: [ShardID: [CheckedContinuation<Bool, Never>]] = [:]
        var mailboxes: [ShardID: AppendMailbox] = [:]
        var quarantined: [ShardID: String] = [:]
        var waitingForIdle: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Returns when it is the caller's turn. What enters leaves again.
    func enter(_ shard: ShardID) async throws(AppendError) {
        let isOpen = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let answer: Bool? = state.withLock { state in
                if state.isClosed { return false }
                guard state.waiting[shard] != nil else {
                    state.waiting[shard] = []
                    return true
                }
                state.waiting[shard]!.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard isOpen else { throw .closed }
    }

    func leave(_ shard: ShardID) {
        let (next, refused, idle) = state.withLock { state in
            state.mailboxes[shard] = nil
            var waiting = state.waiting[shard] ?? []
            // Who is refused does not leave again, so nobody may be left holding the shard.
            let next = waiting.isEmpty || state.isClosed ? nil : waiting.removeFirst()
            let refused = state.isClosed ? waiting : []
            state.waiting[shard] = next == nil ? nil : waiting
            var idle: [CheckedContinuation<Void, Never>] = []
            if state.waiting.isEmpty { swap(&idle, &state.waitingForIdle) }
            return (next, refused, idle)
        }
        next?.resume(returning: true)
        for continuation in refused { continuation.resume(returning: false) }
        for continuation in idle { continuation.resume() }
    }

    func waitingCount(_ shard: ShardID) -> Int { state.withLock { $0.waiting[shard]?.count ?? 0 } }

    // MARK: Quarantine

    func quarantine(_ shard: ShardID, _ reason: String) { state.withLock { $0.quarantined[shard] = reason } }

    func endQuarantine(_ shard: ShardID) { state.withLock { $0.quarantined[shard] = nil } }

    func checkQuarantine(_ shard: ShardID) throws(AppendError) {
        if let reason = state.withLock({ $0.quarantined[shard] }) { throw .quarantined(reason) }
    }

    // MARK: Closing

    /// Registers an append that waits for answers, to be abandoned if closing takes too long.
    func register(_ mailbox: AppendMailbox, for shard: ShardID) { state.withLock { $0.mailboxes[shard] = mailbox } }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Lets nobody in any more.
    func close() { state.withLock { $0.isClosed = true } }

    /// Tells the appends that still wait to give up.
    func abandon() {
        for mailbox in state.withLock({ Array($0.mailboxes.values) }) { mailbox.post(.abandon) }
    }

    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if !state.waiting.isEmpty { state.waitingForIdle.append(continuation) }
                return state.waiting.isEmpty
            }
            if isIdle { continuation.resume() }
        }
    }
}
