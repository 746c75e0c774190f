package import Gossip
package import Logging
package import NIOCore
internal import NIOPosix
package import Placement
internal import ServiceLifecycle

/// A membership with a socket and a clock: it carries out what that decides, and decides nothing.
///
/// Lives on an event loop of its own choosing; a datagram is opened, handled and answered there in one step. What is wrong with
/// one datagram ends with it; if the socket is lost, a new one is opened.
package actor GossipService: Service {
    package nonisolated let eventLoop: any EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }
    /// What is new, in order. For one reader. If he is slow, the oldest are dropped and counted.
    package nonisolated let events: AsyncStream<GossipEvent>

    private let configuration: UDPGossipConfiguration
    private let cluster: [UInt8]
    private let logger: Logger
    private let onRunning: @Sendable (SocketAddress) -> Void
    private let eventSink: AsyncStream<GossipEvent>.Continuation
    private var keys: GossipKeyRing
    /// Nil before the first socket is open.
    private var membership: Membership?
    private var counters = UDPGossipCounters()
    private var effects: [Membership.Effect] = []
    private var channel: (any Channel)?
    /// That the first socket got.
    private var port: Int?
    /// When the earliest timer that is set goes off.
    private var timer = Instant.never
    private var isStopping = false

    package static let eventsMax = 4096
    /// Bytes that may wait for the socket.
    static let outboundBytesMax = 1 << 20
    static let reopenDelay = Duration.milliseconds(200)

    /// - Parameter onRunning: called with the address of each socket that was opened
    package init(
        _ configuration: UDPGossipConfiguration, on eventLoop: any EventLoop, logger: Logger,
        onRunning: @escaping @Sendable (SocketAddress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        self.onRunning = onRunning
        cluster = Array(configuration.cluster.utf8)
        keys = configuration.keys
        (events, eventSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.eventsMax))
    }

    /// Takes part until it is told to stop; says good-bye then.
    ///
    /// - Throws: if the first socket can't be opened
    package func run() async throws {
        defer { eventSink.finish() }
        while !isStopping {
            let channel: any Channel
            do {
                channel = try await open()
            } catch {
                guard membership != nil else { throw error }
                logger.error("the gossip socket can't be opened again", metadata: ["error": "\(error)"])
                await rest()
                if Task.isCancelled || Task.isShuttingDownGracefully { break }
                continue
            }
            await withTaskCancellationOrGracefulShutdownHandler {
                try? await channel.closeFuture.get()
            } onCancelOrGracefulShutdown: {
                self.eventLoop.execute { self.assumeIsolated { $0.stop() } }
            }
            self.channel = nil
            guard !isStopping else { break }
            counters.reopened += 1
            logger.warning("the gossip socket was lost and is opened again")
            await rest()
        }
    }

    private func rest() async {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.reopenDelay) }
    }

    // MARK: What others in this process want of it

    /// Something about this node has changed. Its endpoint stays what it is.
    package func describe(_ description: NodeDescription) {
        guard let endpoint = membership?.description.endpoint else { return }
        var description = description
        description.endpoint = endpoint
        handle(.describe(description))
    }

    package func report(reachesLog: Bool) {
        guard let description = membership?.description, description.reachesLog != reachesLog else { return }
        handle(.describe(description.with(reachesLog: reachesLog)))
    }

    package func report(load: Int) {
        guard let description = membership?.description else { return }
        handle(.describe(description.with(load: load)))
    }

    package func publish(_ piece: Piece) { handle(.publish(piece)) }

    package func use(seeds: [Endpoint]) { handle(.seeds(seeds)) }

    /// From now on, datagrams are sent and accepted by these keys.
    package func use(keys: GossipKeyRing) { self.keys = keys }

    /// The others, dead ones included.
    package var members: [Member] { membership?.members ?? [] }
    /// This node and all present ones.
    package var profiles: [NodeProfile] { membership?.profiles ?? [] }
    package var pieces: [Piece] { membership?.knownPieces ?? [] }
    package var healthScore: Int { membership?.healthScore ?? 0 }

    package var currentCounters: UDPGossipCounters {
        var counters = counters
        counters.membership = membership?.counters ?? GossipCounters()
        return counters
    }

    // MARK: The socket

    private func open() async throws -> any Channel {
        let bootstrap = DatagramBootstrap(group: eventLoop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
            .channelOption(.maxMessagesPerRead, value: 64)
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: Self.outboundBytesMax))
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(self))
                }
            }
        // A socket that is opened again must be where the others know it.
        let channel = try await bootstrap.bind(host: configuration.host, port: port ?? configuration.port).get()
        port = channel.localAddress?.port
        self.channel = channel
        begin(at: channel.localAddress)
        return channel
    }

    private func begin(at address: SocketAddress?) {
        if membership == nil {
            var description = configuration.description
            if description.endpoint.port == 0 { description.endpoint.port = UInt16(address?.port ?? 0) }
            membership = Membership(
                id: configuration.id, incarnation: configuration.incarnation, description: description,
                seeds: configuration.seeds, settings: configuration.settings, seed: .random(in: .min ... .max))
            handle(.start)
        }
        if let address { onRunning(address) }
    }

    private func stop() {
        guard !isStopping else { return }
        isStopping = true
        handle(.leave)
        // Behind what was just written.
        channel?.close(promise: nil)
    }

    /// Ends without a good-bye, as a crash would.
    func vanish() {
        isStopping = true
        membership = nil
        channel?.close(promise: nil)
    }

    /// Closes the socket, as the kernel might.
    func loseSocket() { channel?.close(promise: nil) }

    /// A datagram has come.
    func receive(_ datagram: [UInt8], from address: SocketAddress) {
        counters.datagramsReceived += 1
        counters.bytesReceived += datagram.count
        guard let endpoint = Endpoint(address) else { return }
        do throws(SealedDatagram.Problem) {
            handle(.received(try SealedDatagram.open(datagram, with: keys, cluster: cluster), from: endpoint))
        } catch {
            switch error {
            case .tooLong, .truncated, .unknownVersion: counters.malformed += 1
            case .unknownKey: counters.unknownKey += 1
            case .notAuthentic: counters.notAuthentic += 1
            }
        }
    }

    // MARK: One step

    private func handle(_ input: Membership.Input) {
        guard membership != nil else { return }
        membership!.handle(input, at: Self.now, effects: &effects)
        for effect in effects { carryOut(effect) }
        if !effects.isEmpty { channel?.flush() }
        effects.removeAll(keepingCapacity: true)
        setTimer()
    }

    private func carryOut(_ effect: Membership.Effect) {
        switch effect {
        case .send(let packet, let endpoint): send(packet, to: endpoint)
        case .changed(let member): tell(.changed(member))
        case .learned(let piece): tell(.learned(piece))
        case .duplicate(let node, let endpoint):
            logger.error(
                "another node has this node's name: was a data directory copied?",
                metadata: ["node": "\(node)", "address": "\(endpoint.socketAddress)"])
        case .refused(let problem, let endpoint):
            // It was sent by somebody with a key, so it is worth a line; of those there can't be many.
            logger.debug(
                "a gossip packet was not understood",
                metadata: ["problem": "\(problem)", "from": "\(endpoint.socketAddress)"])
        }
    }

    private func send(_ packet: [UInt8], to endpoint: Endpoint) {
        guard let channel, channel.isWritable else {
            counters.sendsDropped += 1
            return
        }
        let datagram = SealedDatagram.seal(packet, with: keys.sending, cluster: cluster)
        counters.datagramsSent += 1
        counters.bytesSent += datagram.count
        channel.write(
            AddressedEnvelope(remoteAddress: endpoint.socketAddress, data: ByteBuffer(bytes: datagram)), promise: nil)
    }

    private func tell(_ event: GossipEvent) {
        if case .dropped = eventSink.yield(event) { counters.eventsDropped += 1 }
    }

    /// Timers that are set for later than needed are not taken back; a tick too many does nothing.
    private func setTimer() {
        let deadline = membership?.nextDeadline ?? .never
        guard deadline < timer else { return }
        timer = deadline
        eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(deadline.nanoseconds, 0)))) {
            self.assumeIsolated { $0.tick(deadline) }
        }
    }

    private func tick(_ deadline: Instant) {
        if timer == deadline { timer = .never }
        handle(.tick)
    }

    private static var now: Instant { Instant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) }
}

/// What a membership found out.
package enum GossipEvent: Hashable, Sendable {
    case changed(Member)
    case learned(Piece)
}
