private import Synchronization

/// One connection's place: its thread, and the connection, if there is one now.
///
/// Safe to share: `connection` is touched on the thread only.
final class PostgresSession: @unchecked Sendable {
    private let thread: PostgresThread
    private let server: PostgresServer
    private var connection: PostgresConnection?
    private var generation = 0

    init(number: Int, server: PostgresServer) {
        thread = PostgresThread(name: "postgres \(number)")
        self.server = server
    }

    func transaction<Value: Sendable>(
        _ begin: String, patience: Duration,
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLError) -> Value
    ) async throws(SQLError) -> Value {
        try await thread.run { () throws(SQLError) -> Value in
            let connection = try self.connected()
            do throws(SQLError) {
                return try connection.transaction(begin, patience: patience, body)
            } catch {
                if connection.isLost {
                    self.connection = nil
                    self.server.wasLost(generation: self.generation)
                }
                throw error
            }
        }
    }

    func disconnect() async { await thread.run { self.connection = nil } }

    private func connected() throws(SQLError) -> PostgresConnection {
        let newest = server.generation
        // Whatever ended another connection has most likely ended this one.
        if let connection, generation == newest { return connection }
        connection = nil
        generation = newest
        let made = try server.connect()
        connection = made
        return made
    }
}

/// What the sessions know together of the server.
final class PostgresServer: Sendable {
    private let configuration: PostgresConfiguration
    private let state: Mutex<State>

    private struct State {
        var backoff: Backoff
        /// Raised with each loss.
        var generation = 0
        var lastProblem = ""
    }

    init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        state = Mutex(State(backoff: Backoff(bounds: configuration.backoff)))
    }

    var generation: Int { state.withLock { $0.generation } }

    func wasLost(generation: Int) {
        state.withLock { if $0.generation == generation { $0.generation += 1 } }
    }

    func connect() throws(SQLError) -> PostgresConnection {
        let refusal = state.withLock { $0.backoff.mayTry(at: .now) ? nil : $0.lastProblem }
        if let refusal { throw .unavailable(refusal) }
        do throws(SQLError) {
            let connection = try PostgresConnection(configuration)
            state.withLock { $0.backoff.succeeded() }
            return connection
        } catch {
            state.withLock { state in
                state.backoff.failed(at: .now, chance: .random(in: 0..<1))
                state.lastProblem = error.words
            }
            throw error
        }
    }
}
