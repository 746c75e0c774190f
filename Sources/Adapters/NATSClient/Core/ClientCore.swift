package import NIOCore

/// Names one attempt to connect and what came of it.
package struct ConnectionID: Hashable, Sendable {
    let number: UInt64
}

package struct SubscriptionID: Hashable, Sendable {
    let number: UInt64
}

/// A client's decisions: which server to use, what to say to it, and what becomes of each request.
///
/// Time and bytes come in, effects come out; sockets are the shell's. Two rules carry everything else:
///
/// - A request has exactly one outcome, and the outcome says what is known. Nothing is kept for later while there is no
///   connection: a message sent long after its time is worse than one that was not sent.
/// - All replies come to one subscription (`_INBOX.<random>.*`); the last part of the subject names the request. So a
///   reply finds its request after the connection was replaced, too.
package struct ClientCore {
    package enum Input: Sendable {
        case start
        /// The connection stands.
        case opened(ConnectionID)
        /// It is encrypted now.
        case secured(ConnectionID)
        case received(ConnectionID, ByteBuffer)
        /// The socket took so many of the bytes written.
        case flushed(ConnectionID, byteCount: Int)
        /// It could not be made, or ended.
        case lost(ConnectionID, String)
        case send(RequestID, Request)
        /// Nobody waits for late replies any more. A request without outcome ends without one.
        case forget(RequestID)
        case subscribe(SubscriptionID, subject: String, queue: String?)
        case unsubscribe(SubscriptionID)
        /// The reader of a subscription took so much.
        case consumed(SubscriptionID, count: Int, byteCount: Int)
        /// `nextDeadline` has come.
        case deadline
        case close
    }

    package enum Effect: Hashable, Sendable {
        case open(ConnectionID, ServerAddress)
        /// Encrypt the connection.
        case secure(ConnectionID, host: String)
        case write(ConnectionID, ByteBuffer)
        case close(ConnectionID)
        /// What is last is the last that the request will ever hear.
        case tell(RequestID, RequestEvent, isLast: Bool)
        case deliver(SubscriptionID, Message)
        case notice(ClientNotice)
    }

    let options: ClientOptions
    let inbox: String
    var generator: SeededGenerator
    var pool: ServerPool
    var phase = Phase.idle
    var requests = RequestTable()
    var subscriptions: [SubscriptionID: Subscription] = [:]
    private var lastConnection: UInt64 = 0

    enum Phase {
        case idle
        case waiting(until: ContinuousClock.Instant)
        case connected(Connection)
        case closed
    }

    /// A connection from its first attempt on.
    struct Connection {
        enum Step: Hashable { case opening, greeting, securing, introducing, ready }

        let id: ConnectionID
        let server: ServerAddress
        var step = Step.opening
        /// For becoming ready; then for the next ping.
        var deadline: ContinuousClock.Instant
        var parser: OperationParser
        var info = ServerInfo()
        var unansweredPingCount = 0
        var unsentByteCount = 0
        var lastError: String?
    }

    struct Subscription {
        var subject: String
        var queue: String?
        var unreadCount = 0
        var unreadByteCount = 0
        var isSlow = false
    }

    /// - Parameters:
    ///   - seed: clients with different ones try servers in different orders and at different times.
    ///   - inbox: where replies go; no other client in the world may have it, or each gets the other's.
    package init(options: ClientOptions, seed: UInt64, inbox: String) {
        precondition(!options.servers.isEmpty, "a client has a server to go to")
        self.options = options
        self.inbox = inbox
        generator = SeededGenerator(seed: seed)
        pool = ServerPool(options, &generator)
    }

    // MARK: State

    /// The server that takes requests now.
    package var server: (address: ServerAddress, info: ServerInfo)? {
        guard case .connected(let connection) = phase, connection.step == .ready else { return nil }
        return (connection.server, connection.info)
    }

    /// Requests without an outcome, and those that listen for late replies.
    package var requestCount: Int { requests.count }

    package var nextDeadline: ContinuousClock.Instant? {
        let own: ContinuousClock.Instant? =
            switch phase {
            case .idle, .closed: nil
            case .waiting(let until): until
            case .connected(let connection): connection.deadline
            }
        guard let own, let due = requests.nextDeadline else { return own ?? requests.nextDeadline }
        return min(own, due)
    }

    // MARK: Deciding

    package mutating func handle(
        _ input: Input, at now: ContinuousClock.Instant, effects: inout [Effect]
    ) {
        switch input {
        case .start: if case .idle = phase { connect(at: now, &effects) }
        case .opened(let id): update(id) { $0.step = .greeting }
        case .secured(let id): introduce(id, at: now, &effects)
        case .received(let id, let bytes): receive(bytes, from: id, at: now, &effects)
        case .flushed(let id, let count): update(id) { $0.unsentByteCount -= count }
        case .lost(let id, let reason): if isCurrent(id) { lose(reason, at: now, &effects) }
        case .send(let id, let request): send(id, request, at: now, &effects)
        case .forget(let id): requests.remove(id)
        case .subscribe(let id, let subject, let queue): subscribe(id, subject, queue, &effects)
        case .unsubscribe(let id): unsubscribe(id, &effects)
        case .consumed(let id, let count, let byteCount): consume(id, count, byteCount)
        case .deadline: checkDeadlines(at: now, &effects)
        case .close: close(&effects)
        }
    }

    private mutating func checkDeadlines(at now: ContinuousClock.Instant, _ effects: inout [Effect]) {
        while let id = requests.popDue(at: now) { end(id, .timedOut, &effects) }
        switch phase {
        case .idle, .closed: break
        case .waiting(let until): if until <= now { connect(at: now, &effects) }
        case .connected(let connection):
            guard connection.deadline <= now else { return }
            if connection.step == .ready { ping(at: now, &effects) } else { lose("timed out", at: now, &effects) }
        }
    }

    mutating func connect(at now: ContinuousClock.Instant, _ effects: inout [Effect]) {
        switch pool.next(at: now) {
        case .wait(let until): phase = .waiting(until: until)
        case .server(let address):
            lastConnection += 1
            let id = ConnectionID(number: lastConnection)
            let limits = OperationParser.Limits(messageByteCountMax: options.messageByteCountMax)
            phase = .connected(
                Connection(
                    id: id, server: address, deadline: now + options.connectTimeout,
                    parser: OperationParser(limits: limits)))
            effects.append(.open(id, address))
        }
    }

    /// Ends the connection and whatever was on its way, and looks for another.
    mutating func lose(_ reason: String, at now: ContinuousClock.Instant, _ effects: inout [Effect]) {
        guard case .connected(let connection) = phase else { return }
        let reason = connection.lastError ?? reason
        effects.append(.close(connection.id))
        pool.failed(connection.server, at: now, &generator)
        for id in requests.waiting { end(id, .lost(reason), &effects) }
        let wasReady = connection.step == .ready
        effects.append(
            .notice(
                wasReady ? .disconnected(connection.server, reason) : .connectFailed(connection.server, reason)))
        connect(at: now, &effects)
    }

    private mutating func close(_ effects: inout [Effect]) {
        if case .closed = phase { return }
        if case .connected(let connection) = phase { effects.append(.close(connection.id)) }
        phase = .closed
        for id in requests.waiting { end(id, .closed, &effects) }
        requests.removeAll()
        subscriptions = [:]
    }

    // MARK: Helpers

    func isCurrent(_ id: ConnectionID) -> Bool {
        guard case .connected(let connection) = phase else { return false }
        return connection.id == id
    }

    mutating func update(_ id: ConnectionID, _ body: (inout Connection) -> Void) {
        guard case .connected(var connection) = phase, connection.id == id else { return }
        body(&connection)
        phase = .connected(connection)
    }

    mutating func write(_ id: ConnectionID, _ bytes: ByteBuffer, _ effects: inout [Effect]) {
        update(id) { $0.unsentByteCount += bytes.readableBytes }
        effects.append(.write(id, bytes))
    }

    mutating func end(_ id: RequestID, _ outcome: RequestOutcome, _ effects: inout [Effect]) {
        requests.end(id)
        effects.append(.tell(id, .end(outcome), isLast: requests[id] == nil))
    }
}

/// What an operator may want to know of.
package enum ClientNotice: Hashable, Sendable, CustomStringConvertible {
    case connected(ServerAddress, ServerInfo)
    case connectFailed(ServerAddress, String)
    case disconnected(ServerAddress, String)
    /// The server will close the connection soon; another one is found then.
    case leaving(ServerAddress)
    /// A subscription's reader is behind: messages are being dropped.
    case slowConsumer(subject: String)
    /// The server complained, and goes on.
    case complaint(String)

    package var description: String {
        switch self {
        case .connected(let server, let info): "connected to \(info.serverName) at \(server)"
        case .connectFailed(let server, let reason): "could not connect to \(server): \(reason)"
        case .disconnected(let server, let reason): "lost \(server): \(reason)"
        case .leaving(let server): "\(server) is about to leave"
        case .slowConsumer(let subject): "messages of \(subject) come faster than they are read, and are dropped"
        case .complaint(let text): "the server says: \(text)"
        }
    }
}
