import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends what a client holds without using it: a body that trickles in, an answer that is not read, a body that goes on
/// behind its answer. Silence between requests, and within a header, is ended by the idle timeout.
///
/// One of it stands in each connection of HTTP/1.1 and in each stream of HTTP/2.
final class SlowClientGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        /// What a body must bring, measured over the time in which the gateway was ready to take more. 0 for no limit.
        var bodyBytesPerSecondMin = 500
        /// Over how long it is measured.
        var window = TimeAmount.seconds(10)
        /// How long an answer may wait for the client to read some of it.
        var stall = TimeAmount.seconds(60)
        /// What of a body may still come when its request is answered. The client may be sending still: closing at once
        /// would take the answer away from it.
        var leftoverByteCountMax = 1 << 20
        /// How long the client has to read the answer to a request that ended the connection.
        var farewell = TimeAmount.seconds(2)
    }

    private let limits: Limits
    private var isReadingBody = false
    private var hasFailed = false
    /// Requests that have begun and are not answered.
    private var openRequestCount = 0
    private var leftoverByteCount = 0
    private var pace = BodyPace()
    private var paceTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?

    init(limits: Limits) { self.limits = limits }

    func handlerRemoved(context: ChannelHandlerContext) { endTimers() }

    func channelInactive(context: ChannelHandlerContext) {
        endTimers()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        hasFailed = true
        context.fireErrorCaught(error)
    }

    // MARK: Bodies that come

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReadingBody = true
            openRequestCount += 1
            leftoverByteCount = 0
        case .body(let bytes):
            pace.count(bytes.readableBytes)
            if openRequestCount == 0 {
                leftoverByteCount += bytes.readableBytes
                if leftoverByteCount > limits.leftoverByteCountMax { return context.close(promise: nil) }
            }
        case .end:
            isReadingBody = false
            paceTimer?.cancel()
            paceTimer = nil
            pace = BodyPace()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Most bodies come with their heads: no timer is set, and no clock read.
        if isReadingBody, limits.bodyBytesPerSecondMin > 0 {
            pace.pause(at: context.eventLoop.now)
            if paceTimer == nil { watchPace(context) }
        }
        context.fireChannelReadComplete()
    }

    /// Passed on only when whoever reads the body has room: until then it is not the client that is slow.
    func read(context: ChannelHandlerContext) {
        if paceTimer != nil { pace.goOn(at: context.eventLoop.now) }
        context.read()
    }

    private func watchPace(_ context: ChannelHandlerContext) {
        pace.begin(at: context.eventLoop.now)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        paceTimer = context.eventLoop.scheduleTask(in: limits.window) {
            let (handler, context) = bound.value
            handler.paceTimer = nil
            handler.checkPace(context)
        }
    }

    private func checkPace(_ context: ChannelHandlerContext) {
        guard isReadingBody, !hasFailed else { return }
        if pace.isTooSlow(at: context.eventLoop.now, bytesPerSecond: limits.bodyBytesPerSecondMin, over: limits.window)
        {
            let rate = limits.bodyBytesPerSecondMin
            return errorCaught(
                context: context, error: Problem(.slowBody, "A body must bring \(rate) bytes a second, or more."))
        }
        watchPace(context)
    }

    // MARK: Answers that go

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let isEnd = if case .end = unwrapOutboundIn(data) { true } else { false }
        // The rest of a body failed whose request is answered: a second answer would be taken for that of the next request.
        if hasFailed, isReadingBody, openRequestCount == 0 {
            promise?.succeed()
            if isEnd { endSoon(context) }
            return
        }
        if isEnd {
            openRequestCount -= 1
            if hasFailed { endSoon(context) }
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        stallTimer = nil
        if !context.channel.isWritable {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            stallTimer = context.eventLoop.scheduleTask(in: limits.stall) { bound.value.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    /// Not at once: with bytes of the client unread, that would be a reset, which takes the answer with it.
    private func endSoon(_ context: ChannelHandlerContext) {
        stallTimer?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        stallTimer = context.eventLoop.scheduleTask(in: limits.farewell) { bound.value.close(promise: nil) }
    }

    private func endTimers() {
        paceTimer?.cancel()
        stallTimer?.cancel()
        paceTimer = nil
        stallTimer = nil
    }
}

/// How fast a body comes, counting only the time in which it could.
struct BodyPace {
    private var byteCount = 0
    private var start = NIODeadline.uptimeNanoseconds(0)
    private var paused = TimeAmount.zero
    private var pausedSince: NIODeadline?

    mutating func begin(at now: NIODeadline) {
        byteCount = 0
        start = now
        paused = .zero
        if pausedSince != nil { pausedSince = now }
    }

    mutating func count(_ bytes: Int) { byteCount += bytes }

    /// No more is wanted now.
    mutating func pause(at now: NIODeadline) { pausedSince = pausedSince ?? now }

    /// More is wanted.
    mutating func goOn(at now: NIODeadline) {
        guard let since = pausedSince else { return }
        // `begin` may have been called since.
        paused = paused + (now - max(since, start))
        pausedSince = nil
    }

    /// Whether the client fell behind. A window in which it hardly could send says nothing.
    func isTooSlow(at now: NIODeadline, bytesPerSecond: Int, over window: TimeAmount) -> Bool {
        let current = pausedSince.map { now - max($0, start) } ?? .zero
        let available = now - start - paused - current
        guard available >= TimeAmount.nanoseconds(window.nanoseconds / 2) else { return false }
        return Double(byteCount) < Double(bytesPerSecond) * Double(available.nanoseconds) / 1e9
    }
}
