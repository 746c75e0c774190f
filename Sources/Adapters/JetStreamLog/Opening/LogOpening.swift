package import Logging
internal import NATSClient
internal import NIOCore

extension StreamLog {
    /// Opens the log of a group, or says why it must not be.
    package static func open(
        _ options: StreamLogOptions, logger: Logger,
        notice: @escaping @Sendable (StreamLogNotice) -> Void = { _ in }
    ) async throws(StreamLogOpenError) -> StreamLog {
        let main = NATSConnection(options.client, logger: logger)
        let replicas = ReplicaSet(main: main, options: options.client, logger: logger)
        let log = StreamLog(options: options, replicas: replicas, notice: notice)
        do throws(StreamLogOpenError) {
            try await LogOpening(log: log, logger: logger).run()
            return log
        } catch {
            await log.close()
            throw error
        }
    }
}

/// The way from a connection to a log that may be used.
struct LogOpening {
    let log: StreamLog
    let logger: Logger

    private var options: StreamLogOptions { log.options }
    private var main: NATSConnection { log.replicas.main }

    func run() async throws(StreamLogOpenError) {
        let deadline = ContinuousClock.now + options.openPatience
        let server = try await connect(until: deadline)
        // Before anything is made on a server that is too old for it.
        if ServerVersion(server.version).map({ $0 < .least }) ?? true {
            throw .oldServer(server.serverName, version: server.version)
        }
        guard server.hasJetStream else { throw .noJetStream(server: server.serverName) }
        // A stream is not made on servers that would lose it.
        var gate = StartUpGate(wantedReplicaCount: options.replicas.rawValue, replicas: [], answers: [:])
        gate.answers = try await ask(expecting: [server.serverName], gate.answers, until: deadline)
        for answer in gate.answers.values {
            if let problem = StartUpGate.problem(of: answer, isReplica: false) { throw problem }
        }
        let info = try await findStream(until: deadline)
        gate.replicas = peers(info, of: server)
        gate.answers = try await ask(expecting: gate.replicas, gate.answers, until: deadline)
        if let problem = gate.verdict { throw problem }
        for server in gate.unproven { log.notice(.unproven(server: server)) }
        _ = log.raiseFirst(to: info.state?.first_seq ?? 0)
    }

    private func connect(until deadline: ContinuousClock.Instant) async throws(StreamLogOpenError) -> ServerInfo {
        let connection = main
        let server = await within(deadline) { await connection.ready() }
        guard let server else {
            throw .unreachable(options.client.servers.map(\.description).joined(separator: ", "))
        }
        return server.info
    }

    // MARK: The stream

    /// The stream's state, once it is there and set up as it must be.
    private func findStream(until deadline: ContinuousClock.Instant) async throws(StreamLogOpenError)
        -> JetStreamAPI.StreamInfo
    {
        let configuration = StreamConfiguration(options)
        var reason = "no answer"
        while ContinuousClock.now < deadline {
            let outcome = await main.request(
                Request(subject: JetStreamAPI.info + log.group.stream, timeout: .seconds(2)))
            if case .reply(let message) = outcome,
                let info = JetStreamAPI.decode(JetStreamAPI.StreamInfo.self, message.payload)
            {
                switch info.error?.err_code {
                case nil where info.error == nil:
                    try compare(message.payload, with: configuration)
                    // Right after it was made it has no leader yet.
                    if options.replicas == .oneForTests || info.cluster?.leader?.isEmpty == false { return info }
                    reason = "the stream has no leader"
                case JetStreamAPI.Problem.streamNotFound:
                    guard options.createsStream else { throw .noStream(log.group.stream) }
                    reason = try await create(configuration) ?? reason
                default: reason = info.error?.text ?? reason
                }
            } else {
                reason = "\(outcome)"
            }
            await log.reader.pause()
        }
        throw .failed(reason)
    }

    private func compare(
        _ payload: ByteBuffer, with configuration: StreamConfiguration
    ) throws(StreamLogOpenError) {
        struct Reply: Decodable { var config: [String: JSONValue] }
        guard let found = JetStreamAPI.decode(Reply.self, payload)?.config else {
            throw .failed("the stream's configuration can't be read")
        }
        if let count = found["num_replicas"], case .number(let count) = count, count != configuration.replicaCount {
            throw .replicas(found: count, wanted: configuration.replicaCount)
        }
        let drift = configuration.drift(of: found)
        if !drift.isEmpty { throw .drift(drift) }
    }

    /// Answers why it could not be made yet. Another node may make it at the same time; both say the same.
    private func create(_ configuration: StreamConfiguration) async throws(StreamLogOpenError) -> String? {
        struct Reply: Decodable { var error: JetStreamAPI.Problem? }
        let outcome = await main.request(
            Request(
                subject: JetStreamAPI.create + log.group.stream, payload: configuration.request, timeout: .seconds(5)))
        guard case .reply(let message) = outcome,
            let reply = JetStreamAPI.decode(Reply.self, message.payload)
        else { return "\(outcome)" }
        return reply.error?.text
    }

    private func peers(_ info: JetStreamAPI.StreamInfo, of server: ServerInfo) -> [String] {
        // A single server names no cluster.
        guard let leader = info.cluster?.leader else { return [server.serverName] }
        return [leader] + (info.cluster?.replicas ?? []).map(\.name)
    }

    // MARK: The servers

    /// Asks all servers how they are configured, until those expected have answered or the time is up.
    private func ask(
        expecting names: [String], _ known: [String: StartUpGate.Server], until deadline: ContinuousClock.Instant
    ) async throws(StreamLogOpenError) -> [String: StartUpGate.Server] {
        if names.allSatisfy({ known[$0] != nil }) { return known }
        let (connection, isOwn) = inspector()
        var answers = known
        // Servers that are down don't answer: a few seconds for those that are not.
        let end = min(deadline, ContinuousClock.now + .seconds(3))
        if await within(end, { await connection.ready() }) != nil {
            while ContinuousClock.now < end {
                let parts = await replies(on: connection, names.count)
                for part in parts {
                    guard let variables = JetStreamAPI.decode(JetStreamAPI.ServerVariables.self, part.payload) else {
                        continue
                    }
                    let configuration = variables.data?.jetstream?.config
                    answers[variables.server.name] = StartUpGate.Server(
                        name: variables.server.name, version: variables.server.ver,
                        syncsAlways: configuration.map { $0.sync_always ?? false })
                }
                if names.allSatisfy({ answers[$0] != nil }) { break }
                await log.reader.pause()
            }
        }
        if !isOwn { await connection.close() }
        return answers
    }

    private func inspector() -> (connection: NATSConnection, isOwn: Bool) {
        switch options.inspection {
        case .ownAccount: return (main, true)
        case .systemAccount(let authentication):
            var client = options.client
            client.authentication = authentication
            client.name += "-inspector"
            return (NATSConnection(client, on: main.eventLoop, logger: logger), false)
        }
    }

    /// What servers say within a moment after the first.
    private func replies(on connection: NATSConnection, _ count: Int) async -> [Message] {
        await connection.requestMany(
            Request(subject: JetStreamAPI.serverVariables, timeout: .milliseconds(300)), upTo: max(count, 3)
        ).parts
    }

    /// What `body` answers, unless the time is up before.
    private func within<Value: Sendable>(
        _ deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () async -> Value?
    ) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await body() }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
