internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NodeRuntime
internal import RESP

/// The connection to one node, made when it is needed and made again when it is lost.
///
/// Used on its event loop only, and `@unchecked Sendable` for that reason.
final class PeerLink: @unchecked Sendable {
    private struct Request {
        var operation: PeerOperation
        var bytes: [UInt8]
    }

    private enum State {
        case idle
        /// The number tells one attempt from another.
        case connecting(Int)
        case open(any Channel)
        /// The node is about to stop: what is under way is answered still.
        case leaving(any Channel)
        case paused(until: NIODeadline, reason: String)
        case stopped
    }

    private let node: UInt64
    private let configuration: NodeLinkConfiguration
    private let directory: any PeerDirectory
    private let eventLoop: any EventLoop
    private let logger: Logger
    private var state = State.idle
    private var calls: CallTable<PeerAnswered, Request>
    private let begun: Gathering<(Request, TimeAmount, PeerAnswered)>
    private var attempt = 0
    private var isOutageKnown = false
    private var pause: TimeAmount
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
    /// Of the attempt under way or the open connection.
    private var channel: (any Channel)?

    init(
        to node: UInt64, _ configuration: NodeLinkConfiguration, _ directory: any PeerDirectory,
        on eventLoop: any EventLoop, logger: Logger
    ) {
        self.node = node
        self.configuration = configuration
        self.directory = directory
        self.eventLoop = eventLoop
        self.logger = logger
        begun = Gathering(on: eventLoop)
        calls = CallTable(countMax: configuration.callCountMax, byteCountMax: configuration.callByteCountMax)
        pause = .milliseconds(configuration.firstPauseMilliseconds)
    }

    // MARK: Calls

    func begin(
        _ operation: PeerOperation, _ request: [UInt8], within time: Duration, _ answered: @escaping PeerAnswered
    ) {
        begun.add((Request(operation: operation, bytes: request), TimeAmount(time), answered)) { begun in
            for (request, time, answered) in begun { self.begin(request, time, answered) }
            self.send()
        }
    }

    private func begin(_ request: Request, _ time: TimeAmount, _ answered: @escaping PeerAnswered) {
        let now = eventLoop.now
        switch state {
        case .stopped: return answered(.failure(.unavailable("the node is stopping", retryAfter: 2)))
        case .paused(let end, let reason) where now < end: return answered(.failure(unreachable(reason)))
        case .leaving: return answered(.failure(unreachable("it is stopping")))
        default: break
        }
        let byteCount = request.bytes.count
        guard byteCount <= configuration.messageByteCountMax else {
            return answered(.failure(.unavailable("the request is too large for another node", retryAfter: 60)))
        }
        let deadline = now + time
        guard calls.add(answered, request, byteCount: byteCount, until: deadline) else {
            return answered(.failure(.overloaded(retryAfter: 1)))
        }
        setTimer(to: deadline)
        switch state {
        case .idle, .paused: connect()
        case .open, .connecting, .leaving, .stopped: break
        }
    }

    private func send() {
        guard case .open(let channel) = state else { return }
        var output = ByteBuffer()
        calls.takeUnsent { number, request in
            PeerProtocol.write(number, request.operation.rawValue, request.bytes, to: &output)
            guard output.readableBytes >= Self.writtenByteCount else { return }
            channel.write(output, promise: nil)
            output = ByteBuffer()
        }
        if output.readableBytes > 0 { channel.write(output, promise: nil) }
        channel.flush()
    }

    /// What is put together for one write.
    private static let writtenByteCount = 1 << 16

    private func end(_ ended: [CallTable<PeerAnswered, Request>.Ended], _ reason: String) {
        for call in ended {
            let sent = ServiceError.outcomeUnknown("node \(node) did not answer: \(reason)")
            call.token(.failure(call.wasSent ? sent : unreachable(reason)))
        }
    }

    private func unreachable(_ reason: String) -> ServiceError {
        .unavailable("node \(node) can't be reached: \(reason)", retryAfter: 1)
    }

    private func setTimer() {
        if let deadline = calls.nextDeadline { return setTimer(to: deadline) }
        timer?.task.cancel()
        timer = nil
    }

    private func setTimer(to deadline: NIODeadline) {
        // One that fires too early finds nothing and is set anew.
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        timer = (
            deadline,
            eventLoop.scheduleTask(deadline: deadline) {
                self.timer = nil
                self.end(self.calls.expire(at: self.eventLoop.now), "its time was up")
                self.setTimer()
                self.closeIfLeft()
            }
        )
    }

    // MARK: The connection

    private func connect() {
        attempt += 1
        let attempt = attempt
        state = .connecting(attempt)
        guard let address = directory.address(of: node) else { return fail(attempt, "its address is not known") }
        guard configuration.security.admits(host: address.host) else {
            return fail(attempt, "\(address.host) is not on this machine, and there are no certificates")
        }
        eventLoop.scheduleTask(in: .seconds(configuration.greetingSeconds)) {
            if case .connecting(attempt) = self.state { self.fail(attempt, "it did not greet in time") }
        }
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.seconds(configuration.greetingSeconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // What is sent and not taken for so long, in milliseconds, ends the connection: a machine without power says nothing.
            .channelOption(.tcpOption(.init(rawValue: 18)), value: 4000)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .mutualTLS(_, let client) = self.configuration.security {
                        // The authority vouches for nodes, whatever their addresses.
                        let handler = try NIOSSLClientHandler(context: client(), serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    let handler = LinkHandler(
                        self, attempt: attempt, messageByteCountMax: self.configuration.messageByteCountMax)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                switch result {
                case .failure(let error): self.fail(attempt, "\(error)")
                case .success(let channel):
                    switch self.state {
                    case .connecting(attempt): self.channel = channel
                    case .open where self.attempt == attempt: break
                    default: channel.close(promise: nil)
                    }
                }
            }
    }

    func greeting() -> ByteBuffer { PeerProtocol.greeting(configuration, to: configuration.meantNode ?? node) }

    func greeted(_ attempt: Int, _ channel: any Channel) {
        guard case .connecting(attempt) = state else { return channel.close(promise: nil) }
        self.channel = channel
        state = .open(channel)
        pause = .milliseconds(configuration.firstPauseMilliseconds)
        isOutageKnown = false
        logger.info("node \(node) is connected")
        send()
    }

    func answered(_ number: Int64, _ result: Result<[UInt8], ServiceError>) {
        // The timer goes on, and finds nothing: to set it anew for each burst of calls costs more.
        calls.end(number)?(result)
        closeIfLeft()
    }

    /// The node takes no more calls.
    func leave(_ attempt: Int) {
        guard attempt == self.attempt, case .open(let channel) = state else { return }
        state = .leaving(channel)
        closeIfLeft()
    }

    private func closeIfLeft() {
        if case .leaving(let channel) = state, calls.count == 0 { channel.close(promise: nil) }
    }

    /// Ends an attempt, or the connection that came of it.
    func fail(_ attempt: Int, _ reason: String) {
        guard attempt == self.attempt else { return }
        switch state {
        case .connecting, .open, .leaving: break
        case .idle, .paused, .stopped: return
        }
        // Once for each outage, however often it is tried.
        logger.log(level: isOutageKnown ? .debug : .warning, "node \(node) can't be reached: \(reason)")
        isOutageKnown = true
        state = .paused(until: eventLoop.now + pause * Double.random(in: 0.5...1), reason: reason)
        pause = min(pause * 2.0, .milliseconds(configuration.longestPauseMilliseconds))
        channel?.close(promise: nil)
        channel = nil
        end(calls.endAll(), reason)
        setTimer()
    }

    func stop() {
        eventLoop.execute {
            self.state = .stopped
            self.channel?.close(promise: nil)
            self.channel = nil
            self.end(self.calls.endAll(), "the node is stopping")
            self.setTimer()
        }
    }
}

extension TimeAmount {
    fileprivate static func * (amount: TimeAmount, factor: Double) -> TimeAmount {
        .nanoseconds(Int64(Double(amount.nanoseconds) * factor))
    }
}

/// What arrives at a link's connection.
private final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let link: PeerLink
    private let attempt: Int
    private var parser: ReplyParser
    private var isGreeted = false
    private var reason = "the connection was closed"

    init(_ link: PeerLink, attempt: Int, messageByteCountMax: Int) {
        self.link = link
        self.attempt = attempt
        var limits = ReplyParser.Limits()
        limits.bulkBytesMax = messageByteCountMax
        limits.depthMax = 2
        limits.elementCountMax = 4
        parser = ReplyParser(limits: limits)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(link.greeting()), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        parser.append(unwrapInboundIn(data))
        do {
            while let reply = try parser.next() { take(reply, context) }
        } catch {
            reason = "it sends something else than replies: \(error)"
            context.close(promise: nil)
        }
    }

    private func take(_ reply: Reply, _ context: ChannelHandlerContext) {
        switch reply {
        case .array(let parts):
            guard parts.count == 2, case .integer(let number) = parts[0] else {
                return refuse("something else", context)
            }
            switch parts[1] {
            case .integer where !isGreeted:
                guard PeerProtocol.versions.contains(number) else { return refuse("an unknown version", context) }
                isGreeted = true
                link.greeted(attempt, context.channel)
            case .bulk(let answer) where isGreeted: link.answered(number, .success(Array(answer.readableBytesView)))
            case .error(let text) where isGreeted: link.answered(number, .failure(PeerProtocol.error(text)))
            default: refuse("something else", context)
            }
        case .simpleString(PeerProtocol.farewell): link.leave(attempt)
        case .error(let text):
            reason = text
            context.close(promise: nil)
        default: refuse("something else", context)
        }
    }

    private func refuse(_ what: String, _ context: ChannelHandlerContext) {
        reason = "it answers \(what)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.fail(attempt, reason)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }
}
