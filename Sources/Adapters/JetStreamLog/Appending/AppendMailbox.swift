internal import NIOCore
internal import Synchronization

/// What an append waits for, in the order in which it came.
///
/// No stream, since those end when a task is cancelled: an append that was sent has an outcome, and whoever asked for it
/// gets it.
final class AppendMailbox: Sendable {
    private struct State {
        var inputs: [AppendResolution.Input] = []
        var waiting: CheckedContinuation<AppendResolution.Input, Never>?
    }

    private let state = Mutex(State())

    func post(_ input: AppendResolution.Input) {
        let waiting = state.withLock { state in
            if state.waiting == nil { state.inputs.append(input) }
            return state.waiting.take()
        }
        waiting?.resume(returning: input)
    }

    /// One caller at a time.
    func next() async -> AppendResolution.Input {
        await withCheckedContinuation { continuation in
            let input = state.withLock { state in
                if state.inputs.isEmpty {
                    state.waiting = continuation
                    return nil as AppendResolution.Input?
                }
                return state.inputs.removeFirst()
            }
            if let input { continuation.resume(returning: input) }
        }
    }

    func wake(after duration: Duration, on eventLoop: any EventLoop) {
        _ = eventLoop.scheduleTask(in: TimeAmount(duration)) { self.post(.pauseEnded) }
    }
}
