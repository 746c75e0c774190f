private import Synchronization

/// Lends sessions, each to one call at a time. Calls that find none wait in line, so many and so long as was agreed.
final class SessionPool: Sendable {
    private let state: Mutex<State>
    private let count: Int
    private let waiterCountMax: Int
    private let waitMax: Duration

    private struct State {
        /// The one used last at the end: what is seldom needed stays unconnected.
        var idle: [PostgresSession]
        var waiters: [Waiter] = []
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    init(sessions: [PostgresSession], waiterCountMax: Int, waitMax: Duration) {
        state = Mutex(State(idle: sessions.reversed()))
        count = sessions.count
        self.waiterCountMax = waiterCountMax
        self.waitMax = waitMax
    }

    var waiterCount: Int { state.withLock { $0.waiters.count } }

    func with<Value>(
        _ body: (PostgresSession) async throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        let session = try await take()
        do throws(SQLError) {
            let value = try await body(session)
            giveBack(session)
            return value
        } catch {
            giveBack(session)
            throw error
        }
    }

    /// Refuses what waits, and waits for what is lent. Answers all sessions to the first who closes.
    func close() async -> [PostgresSession] {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.settle(.failure(Self.closed)) }
        await withCheckedContinuation { done in
            let isDone = state.withLock { state in
                if state.idle.count < count { state.closing.append(done) }
                return state.idle.count == count
            }
            if isDone { done.resume() }
        }
        return state.withLock { $0.idle }
    }

    private static let closed = SQLError.unavailable("the store was closed")

    private func take() async throws(SQLError) -> PostgresSession {
        let waiter = Waiter()
        let problem = state.withLock { state -> SQLError? in
            if state.isClosed { return Self.closed }
            if let session = state.idle.popLast() {
                waiter.settle(.success(session))
            } else {
                if state.waiters.count >= waiterCountMax {
                    return .unavailable("too many calls wait for the database")
                }
                state.waiters.append(waiter)
            }
            return nil
        }
        if let problem { throw problem }
        if let outcome = waiter.outcome { return try outcome.get() }
        let outcome = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Ends early if the caller is cancelled, and when there is a session.
                try? await Task.sleep(for: self.waitMax)
                self.giveUp(waiter)
            }
            let outcome = await waiter.wait()
            group.cancelAll()
            return outcome
        }
        return try outcome.get()
    }

    private func giveUp(_ waiter: Waiter) {
        waiter.settle(.failure(.unavailable("no connection to the database came free in time")))
        state.withLock { $0.waiters.removeAll { $0 === waiter } }
    }

    private func giveBack(_ session: PostgresSession) {
        let closing = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            while !state.waiters.isEmpty {
                if state.waiters.removeFirst().settle(.success(session)) { return [] }
            }
            state.idle.append(session)
            guard state.isClosed, state.idle.count == count else { return [] }
            defer { state.closing = [] }
            return state.closing
        }
        for done in closing { done.resume() }
    }
}

/// One call in line. Whoever settles it first decides.
private final class Waiter: Sendable {
    typealias Outcome = Result<PostgresSession, SQLError>

    private enum State {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        case settled(Outcome)
    }

    private let state = Mutex(State.new)

    var outcome: Outcome? {
        state.withLock { state in
            guard case .settled(let outcome) = state else { return nil }
            return outcome
        }
    }

    /// Whether it was the first.
    @discardableResult
    func settle(_ outcome: Outcome) -> Bool {
        state.withLock { state in
            if case .settled = state { return false }
            if case .waiting(let continuation) = state { continuation.resume(returning: outcome) }
            state = .settled(outcome)
            return true
        }
    }

    func wait() async -> Outcome {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if case .settled(let outcome) = state { return continuation.resume(returning: outcome) }
                state = .waiting(continuation)
            }
        }
    }
}
