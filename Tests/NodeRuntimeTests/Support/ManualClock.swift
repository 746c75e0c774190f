import Leaderboards
import NodeRuntime
import Synchronization

/// A clock that stands still until the test moves it.
final class ManualClock: NodeClock {
    private struct Sleeper {
        let id: Int
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var random: UInt64 = 0
        var nextID = 0
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isAbandoned = false
    }

    private let state: Mutex<State>

    init(at now: Timestamp = Timestamp(seconds: 1_800_000_000)) { state = Mutex(State(now: now)) }

    func now() -> Timestamp { state.withLock { $0.now } }

    func uptime() -> Duration { .milliseconds(now().milliseconds) }

    func randomNumber() -> UInt64 {
        state.withLock { state in
            state.random += 1
            return state.random &* 0x9E37_79B9_7F4A_7C15
        }
    }

    func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isCancelled, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                    if state.cancelled.remove(id) != nil { return (true, []) }
                    state.sleepers.append(
                        Sleeper(id: id, deadline: state.now.advanced(by: duration), continuation: continuation))
                    let count = state.sleepers.count
                    defer { state.watchers.removeAll { $0.count <= count } }
                    return (false, state.watchers.filter { $0.count <= count }.map(\.continuation))
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let place = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: place)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves time on, and wakes whose time has come.
    func advance(by duration: Duration) {
        let due = state.withLock { state -> [Sleeper] in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.deadline <= state.now }
            state.sleepers.removeAll { $0.deadline <= state.now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Nobody will sleep any more: whoever waits for sleepers need not.
    func abandon(_ isAbandoned: Bool = true) {
        let watchers = state.withLock { state in
            state.isAbandoned = isAbandoned
            defer { if isAbandoned { state.watchers = [] } }
            return isAbandoned ? state.watchers : []
        }
        for watcher in watchers { watcher.continuation.resume() }
    }

    /// Returns once so many tasks wait for time to pass.
    func waitForSleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.sleepers.count >= count || state.isAbandoned { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}
