import CommitLogs
import Leaderboards
import Synchronization

/// Collects what completions answer.
final class Results: Sendable {
    private struct State {
        var all: [Result<LogPosition, AppendError>] = []
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var all: [Result<LogPosition, AppendError>] { state.withLock { $0.all } }

    func add(_ result: Result<LogPosition, AppendError>) {
        let ready = state.withLock { state in
            state.all.append(result)
            let count = state.all.count
            defer { state.waiting.removeAll { $0.count <= count } }
            return state.waiting.filter { $0.count <= count }
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func waitFor(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.all.count < count { state.waiting.append((count, continuation)) }
                return state.all.count >= count
            }
            if isReached { continuation.resume() }
        }
    }
}
