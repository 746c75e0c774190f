internal import NIOCore

extension ClientCore {
    mutating func receive(
        _ bytes: ByteBuffer, from id: ConnectionID, at now: ContinuousClock.Instant, _ effects: inout [Effect]
    ) {
        update(id) { $0.parser.append(bytes) }
        do throws(OperationParser.Problem) {
            while let operation = try nextOperation(of: id) {
                handle(operation, from: id, at: now, &effects)
            }
        } catch {
            if isCurrent(id) { lose("what it sent can't be understood: \(error)", at: now, &effects) }
        }
    }

    /// Nil also when the connection has ended meanwhile.
    private mutating func nextOperation(of id: ConnectionID) throws(OperationParser.Problem) -> ServerOperation? {
        guard case .connected(var connection) = phase, connection.id == id else { return nil }
        // One owner of the buffer at a time, or each operation would copy it.
        phase = .idle
        defer { phase = .connected(connection) }
        return try connection.parser.next()
    }

    private mutating func handle(
        _ operation: ServerOperation, from id: ConnectionID, at now: ContinuousClock.Instant,
        _ effects: inout [Effect]
    ) {
        guard case .connected(let connection) = phase else { return }
        switch operation {
        case .info(let json): greet(json, connection, at: now, &effects)
        case .ping:
            var bytes = ByteBuffer()
            bytes.writePong()
            write(id, bytes, &effects)
        case .pong: pong(connection, at: now, &effects)
        case .ok: break
        case .error(let text): complain(text, connection, &effects)
        case .message(let message): deliver(message, at: now, &effects)
        }
    }

    // MARK: Getting ready

    private mutating func greet(
        _ json: ByteBuffer, _ connection: Connection, at now: ContinuousClock.Instant, _ effects: inout [Effect]
    ) {
        guard let info = ServerInfo(json: json) else { return lose("its greeting can't be read", at: now, &effects) }
        update(connection.id) { $0.info = info }
        if options.discoversServers { pool.discovered(info.connectAddresses.compactMap { ServerAddress($0) }) }
        switch connection.step {
        case .opening, .greeting:
            guard info.hasHeaders else { return lose("it knows no headers", at: now, &effects) }
            if options.tls != nil {
                // Not encrypting after all, since somebody in between says so, would be the end of encryption.
                guard info.offersTLS else { return lose("it offers no TLS", at: now, &effects) }
                update(connection.id) { $0.step = .securing }
                effects.append(.secure(connection.id, host: connection.server.host))
            } else if info.requiresTLS {
                lose("it requires TLS", at: now, &effects)
            } else {
                introduce(connection.id, at: now, &effects)
            }
        case .securing: lose("it greets twice", at: now, &effects)
        case .introducing: break
        case .ready: if info.isLeaving { effects.append(.notice(.leaving(connection.server))) }
        }
    }

    /// Says who we are, and what we listen to, before the first request.
    mutating func introduce(
        _ id: ConnectionID, at now: ContinuousClock.Instant, _ effects: inout [Effect]
    ) {
        guard case .connected(let connection) = phase, connection.id == id else { return }
        var connect = ConnectOptions(name: options.name, tls_required: options.tls != nil)
        do throws(CredentialsError) {
            try options.authentication.answer(connection.info, &connect)
        } catch {
            return lose(error.description, at: now, &effects)
        }
        var bytes = ByteBuffer()
        bytes.writeConnect(connect.json)
        bytes.writeSubscribe(inbox + ".*", queue: nil, subscription: 1)
        for (id, subscription) in subscriptions.sorted(by: { $0.key.number < $1.key.number }) {
            bytes.writeSubscribe(subscription.subject, queue: subscription.queue, subscription: id.number)
        }
        bytes.writePing()
        update(id) { $0.step = .introducing }
        write(id, bytes, &effects)
    }

    private mutating func pong(
        _ connection: Connection, at now: ContinuousClock.Instant, _ effects: inout [Effect]
    ) {
        update(connection.id) { $0.unansweredPingCount = 0 }
        guard connection.step == .introducing else { return }
        let deadline = now + options.pingInterval
        update(connection.id) {
            $0.step = .ready
            $0.deadline = deadline
        }
        pool.succeeded(connection.server)
        effects.append(.notice(.connected(connection.server, connection.info)))
    }

    // MARK: Staying ready

    mutating func ping(at now: ContinuousClock.Instant, _ effects: inout [Effect]) {
        guard case .connected(let connection) = phase else { return }
        guard connection.unansweredPingCount < options.unansweredPingCountMax else {
            return lose("it answers no ping", at: now, &effects)
        }
        let deadline = now + options.pingInterval
        update(connection.id) {
            $0.unansweredPingCount += 1
            $0.deadline = deadline
        }
        var bytes = ByteBuffer()
        bytes.writePing()
        write(connection.id, bytes, &effects)
    }

    /// Most errors are followed by the connection's end, and then are its reason.
    private mutating func complain(_ text: String, _ connection: Connection, _ effects: inout [Effect]) {
        let lower = text.lowercased()
        guard lower.hasPrefix("permissions violation") else {
            return update(connection.id) { $0.lastError = text }
        }
        effects.append(.notice(.complaint(text)))
        guard lower.hasPrefix("permissions violation for publish to "),
            let subject = text.split(separator: "\"").dropFirst().first
        else { return }
        for id in requests.waiting(on: String(subject)) { end(id, .refused(.notPermitted), &effects) }
    }
}
