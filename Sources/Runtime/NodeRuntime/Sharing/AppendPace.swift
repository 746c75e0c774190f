internal import Synchronization

/// Lets a few records at a time on their way to a log group. What arrives at the other shards meanwhile goes into the records that
/// these have open, so under load records are fewer and larger; a log that has little to do takes each at once.
///
/// A record that is on its way for long, such as one of a shard whose log is in doubt, holds nobody up: its place is given to others.
final class AppendPace: Sendable {
    fileprivate struct State {
        /// By ticket: until when the place is kept.
        var places: [UInt64: Duration] = [:]
        var waiting: [CheckedContinuation<UInt64, Never>] = []
        var lastTicket: UInt64 = 0
    }

    private let state = Mutex(State())
    private let atOnce: Int

    static let keptFor: Duration = .milliseconds(100)

    init(atOnce: Int = 2) { self.atOnce = atOnce }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Waits for a place, in the order of coming. Who has one gives it back.
    func enter(at now: Duration) async -> UInt64 {
        await withCheckedContinuation { continuation in
            let ticket: UInt64? = state.withLock { state in
                guard state.places.count < atOnce else {
                    state.waiting.append(continuation)
                    return nil
                }
                return state.take(at: now)
            }
            if let ticket { continuation.resume(returning: ticket) }
        }
    }

    func leave(_ ticket: UInt64, at now: Duration) { refill(at: now) { $0.places[ticket] = nil } }

    /// To be called from time to time: takes places back that were kept for too long.
    func expire(at now: Duration) { refill(at: now) { $0.places = $0.places.filter { now < $0.value } } }

    private func refill(at now: Duration, after change: (inout State) -> Void) {
        let next = state.withLock { state in
            change(&state)
            var next: [(CheckedContinuation<UInt64, Never>, UInt64)] = []
            let count = min(atOnce - state.places.count, state.waiting.count)
            guard count > 0 else { return next }
            for continuation in state.waiting.prefix(count) { next.append((continuation, state.take(at: now))) }
            state.waiting.removeFirst(count)
            return next
        }
        for (continuation, ticket) in next { continuation.resume(returning: ticket) }
    }
}

extension AppendPace.State {
    fileprivate mutating func take(at now: Duration) -> UInt64 {
        lastTicket += 1
        places[lastTicket] = now + AppendPace.keptFor
        return lastTicket
    }
}
