internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// The sockets, timers and listeners of a client. Everything here happens on its event loop.
final class ClientShell {
    private(set) var core: ClientCore
    var listeners: [RequestID: @Sendable (RequestEvent) -> Void] = [:]
    var readers: [SubscriptionID: AsyncStream<Message>.Continuation] = [:]

    private let eventLoop: any EventLoop
    private let logger: Logger
    private let notice: @Sendable (ClientNotice) -> Void
    private let tls: Result<NIOSSLContext, TLSProblem>?
    private let clock = ContinuousClock()
    private var channels: [ConnectionID: any Channel] = [:]
    private var waiters: [WaiterBox] = []
    private var timer: (at: ContinuousClock.Instant, scheduled: Scheduled<Void>)?
    /// What to do, while something is being done: a channel may call us from inside of our call of it.
    private var inputs: [ClientCore.Input] = []
    private var isHandling = false
    private var unflushed: Set<ConnectionID> = []
    private var isClosed = false

    private init(
        _ options: ClientOptions, _ eventLoop: any EventLoop, _ logger: Logger,
        _ notice: @escaping @Sendable (ClientNotice) -> Void
    ) {
        var random = SystemRandomNumberGenerator()
        let inbox = "_INBOX." + String(random.next(), radix: 36) + String(random.next(), radix: 36)
        core = ClientCore(options: options, seed: random.next(), inbox: inbox)
        self.eventLoop = eventLoop
        self.logger = logger
        self.notice = notice
        tls = options.tls.map { settings in Result { () throws(TLSProblem) in try settings.context() } }
    }

    static func bound(
        _ options: ClientOptions, _ eventLoop: any EventLoop, _ logger: Logger,
        _ notice: @escaping @Sendable (ClientNotice) -> Void
    ) -> NIOLoopBoundBox<ClientShell> {
        .makeBoxSendingValue(ClientShell(options, eventLoop, logger, notice), eventLoop: eventLoop)
    }

    func handle(_ input: ClientCore.Input) {
        inputs.append(input)
        guard !isHandling else { return }
        isHandling = true
        var next = 0
        while next < inputs.count {
            var effects: [ClientCore.Effect] = []
            core.handle(inputs[next], at: clock.now, effects: &effects)
            next += 1
            for effect in effects { carryOut(effect) }
        }
        inputs.removeAll(keepingCapacity: true)
        isHandling = false
        if isClosed { letGo() } else { schedule() }
    }

    private func carryOut(_ effect: ClientCore.Effect) {
        switch effect {
        case .open(let id, let address): open(id, address)
        case .secure(let id, let host): secure(id, host)
        case .write(let id, let bytes): write(id, bytes)
        case .close(let id): channels.removeValue(forKey: id)?.close(promise: nil)
        case .tell(let id, let event, let isLast): tell(id, event, isLast)
        case .deliver(let id, let message): readers[id]?.yield(message)
        case .notice(let notice): note(notice)
        }
    }

    private func tell(_ id: RequestID, _ event: RequestEvent, _ isLast: Bool) {
        guard let listener = listeners[id] else { return }
        if isLast { listeners[id] = nil }
        listener(event)
    }

    private func note(_ note: ClientNotice) {
        switch note {
        case .connected: logger.info("NATS: \(note)")
        case .disconnected, .slowConsumer, .complaint, .leaving: logger.warning("NATS: \(note)")
        case .connectFailed: logger.debug("NATS: \(note)")
        }
        if case .connected = note, let server = core.server {
            for waiter in waiters { waiter.answer(server) }
            waiters = []
        }
        notice(note)
    }

    func whenReady(_ waiter: WaiterBox) {
        if core.server != nil || isClosed { return waiter.answer(core.server) }
        waiters.removeAll { $0.isAnswered }
        waiters.append(waiter)
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        handle(.close)
    }

    private func letGo() {
        timer?.scheduled.cancel()
        timer = nil
        for reader in readers.values { reader.finish() }
        readers = [:]
        listeners = [:]
        for waiter in waiters { waiter.answer(nil) }
        waiters = []
    }

    // MARK: Sockets

    private func open(_ id: ConnectionID, _ address: ServerAddress) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(core.options.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientHandler(id: id, shell: bound.value))
                }
            }
            .connect(host: address.host, port: address.port)
            .hop(to: eventLoop)
            .assumeIsolated()
            .whenComplete { result in
                if case .failure(let error) = result { bound.value.handle(.lost(id, "\(error)")) }
            }
    }

    func opened(_ id: ConnectionID, _ channel: any Channel) {
        guard core.isCurrent(id) else { return channel.close(promise: nil) }
        channels[id] = channel
        handle(.opened(id))
    }

    private func secure(_ id: ConnectionID, _ host: String) {
        guard let channel = channels[id], let tls else { return }
        do {
            let name = core.options.tls?.serverName ?? host
            let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
            let handler = try NIOSSLClientHandler(context: try tls.get(), serverHostname: isAddress ? nil : name)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            handle(.lost(id, "TLS can't be used: \(error)"))
        }
    }

    private func write(_ id: ConnectionID, _ bytes: ByteBuffer) {
        guard let channel = channels[id] else { return }
        let count = bytes.readableBytes
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let written = eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in bound.value.handle(.flushed(id, byteCount: count)) }
        channel.write(bytes, promise: written)
        // Requests that are made in one turn of the loop go out together.
        guard unflushed.insert(id).inserted else { return }
        eventLoop.assumeIsolated().execute {
            let shell = bound.value
            shell.unflushed.remove(id)
            shell.channels[id]?.flush()
        }
    }

    // MARK: Time

    private func schedule() {
        guard let deadline = core.nextDeadline else {
            timer?.scheduled.cancel()
            timer = nil
            return
        }
        // One that comes early finds nothing to do and looks again: cheaper than a new timer for each request.
        if let timer, timer.at <= deadline { return }
        timer?.scheduled.cancel()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let wait = max(.zero, clock.now.duration(to: deadline))
        let scheduled = eventLoop.scheduleTask(in: TimeAmount(wait) + .microseconds(100)) {
            bound.value.timer = nil
            bound.value.handle(.deadline)
        }
        timer = (deadline, scheduled)
    }
}

/// One who waits for a connection. Used on the event loop only.
///
/// Unchecked: `wait` and `answer` are called on one event loop.
final class WaiterBox: @unchecked Sendable {
    typealias Server = (address: ServerAddress, info: ServerInfo)

    private var continuation: CheckedContinuation<Server?, Never>?
    private(set) var isAnswered = false

    func wait(_ continuation: CheckedContinuation<Server?, Never>) {
        if isAnswered { continuation.resume(returning: nil) } else { self.continuation = continuation }
    }

    func answer(_ server: Server?) {
        isAnswered = true
        continuation?.resume(returning: server)
        continuation = nil
    }
}

extension TLSSettings {
    fileprivate func context() throws(TLSProblem) -> NIOSSLContext {
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let authorities { configuration.trustRoots = .file(authorities) }
            if let certificate {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map {
                    .certificate($0)
                }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key ?? certificate, format: .pem))
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSProblem(description: "\(error)")
        }
    }
}

private struct TLSProblem: Error, CustomStringConvertible {
    let description: String
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
