internal import Admission
internal import Logging
internal import NIOCore
internal import NIOExtras
internal import NodeRuntime
internal import RESP
internal import Tenancy

/// One client's connection: cuts what arrives into commands, has them carried out, and sends the replies in order.
///
/// The commands of a read are handed to their shards together, as a *run*, and the connection reads no further until the
/// run is answered: what a client may have under way is bounded by that, and whoever sends faster than the node can work
/// fills his own socket's buffer. A command that needs a task, or waits for entries, runs alone, between runs.
///
/// Used on its event loop only, and `@unchecked Sendable` for that reason.
final class RedisConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shared: SessionContext
    private let eventLoop: any EventLoop
    private let keyCache: KeyCache
    private let outbox: Outbox
    private var isInOutbox = false
    private var parser: CommandParser
    private var session: ClientSession
    private let batch = CommandBatch()
    /// The command of the batch that comes next, and whether there is one.
    private var next = 0
    private var isBatchLeft = false
    /// Up to here there is room in the client's limits for the batch's commands; those behind are answered why not.
    private var allowedCount = 0
    private var refusal = ByteBuffer()
    private let run: CommandRun
    private var isRunning = false
    /// The command that waits for entries, if one does.
    private var blockedPop: BlockedPop?
    /// What is to be sent.
    private var output = ByteBuffer()
    private var context: ChannelHandlerContext?
    /// A run or a task is under way.
    private var isBusy = false
    /// The run goes on when there is room for more replies.
    private var isRunWaitingForRoom = false
    private var isWorking = false
    private var isReadWanted = false
    /// The socket takes more. Kept, since asking the channel takes longer than a look at it is worth.
    private var isWritable = true
    /// The connection is closed once all is sent.
    private var isEnding = false
    private var patience = Patience()
    /// It asked for more than its limits have, and what comes next is read in a moment only: the node would else be busy with
    /// refusing.
    private var isHeldBack = false

    init(_ shared: SessionContext, on eventLoop: any EventLoop) {
        self.shared = shared
        self.eventLoop = eventLoop
        keyCache = shared.keyCaches[eventLoop]
        run = CommandRun(batch, replyByteCountMax: shared.configuration.replyByteCountMax, shared.forwarder)
        outbox = shared.outboxes[eventLoop]
        session = ClientSession(context: shared)
        var limits = CommandParser.Limits()
        limits.bulkBytesMax = shared.configuration.argumentByteCountMax
        limits.isAuthenticated = false
        parser = CommandParser(limits: limits)
    }

    // MARK: The channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        session.address = IPAddress(context.channel.remoteAddress)
        if shared.clients.enter(atMost: shared.configuration.connectionCountMax) {
            watch()
        } else {
            output.writeString("-ERR max number of clients reached\r\n")
            isEnding = true
            send()
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        blockedPop?.giveUp()
        shared.clients.leave()
        patience.end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isEnding { return }
        parser.append(unwrapInboundIn(data))
        if !isBusy { work() }
    }

    func channelReadComplete(context: ChannelHandlerContext) { send(soon: true) }

    /// While there is something to do, one arrival more is taken and no further one: to tell the kernel before each command that
    /// nothing is wanted, and behind it that something is, costs more than the memory of one read.
    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadWanted = true }
    }

    private var mayRead: Bool {
        !isEnding && isWritable && !isHeldBack && (!isBusy || (!isBatchLeft && parser.pendingByteCount == 0))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        patience.noteProgress()
        isWritable = context.channel.isWritable
        if isWritable {
            if isRunWaitingForRoom {
                isRunWaitingForRoom = false
                run.goOn(shared.service)
            } else if !isBusy {
                work()
                send()
            }
        }
        watch()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: end()
        case ChannelEvent.inputClosed: end()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Clients come and go as they like.
        shared.logger.debug("a client's connection failed: \(error)")
        context.close(promise: nil)
    }

    /// Ends the connection when what is under way is answered, which nobody waits for that could take for ever.
    private func end() {
        isEnding = true
        blockedPop?.giveUp()
        if !isBusy { send() }
    }

    // MARK: Sending

    /// Sends what there is, then lets more come.
    ///
    /// - Parameter soon: together with what other clients are sent that is ready now
    private func send(soon: Bool = false) {
        guard let context else { return }
        if !soon || isEnding {
            sendOutput()
        } else if output.readableBytes > 0, !isInOutbox {
            isInOutbox = true
            outbox.add(self, byteCount: output.readableBytes)
        }
        watch()
        if !isBusy, isEnding {
            // When all that was written before is with the kernel.
            return context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { [self] _ in
                self.context?.close(promise: nil)
            }
        }
        readIfWanted(context)
    }

    private func readIfWanted(_ context: ChannelHandlerContext) {
        guard isReadWanted, mayRead else { return }
        isReadWanted = false
        context.read()
    }

    func sendOutput() {
        isInOutbox = false
        if let context, output.readableBytes > 0 { write(context) }
    }

    private func write(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        // What the kernel has taken at once, as it nearly always does, leaves its memory to the next replies.
        if output.capacity <= Self.keptByteCount { output.clear() } else { output = ByteBuffer() }
    }

    /// Thousands of connections keep as much memory for replies.
    private static let keptByteCount = 1 << 12

    /// Waits for what the client owes, but not for ever.
    private func watch() {
        guard context != nil else { return }
        let owes =
            !isAuthenticated || !isWritable
            || (!isBusy && (isEnding || parser.pendingByteCount > 0))
        patience.watch(owes: owes, seconds: shared.configuration.patienceSeconds, on: eventLoop) { [self] in
            if patience.isOver { self.context?.close(promise: nil) } else { watch() }
        }
    }

    private var isAuthenticated: Bool { parser.limits.isAuthenticated }

    // MARK: Commands

    /// Works on what has arrived until there is nothing whole left, or something must be waited for.
    private func work() {
        isWorking = true
        defer { isWorking = false }
        while !isBusy, !isEnding, isWritable, context != nil {
            if isBatchLeft {
                takeCommands()
                continue
            }
            var problem: ProtocolError?
            do throws(ProtocolError) { _ = try parser.next(into: batch) } catch { problem = error }
            next = 0
            isBatchLeft = !batch.isEmpty
            if isBatchLeft { charge() }
            if !isBatchLeft {
                if let problem { fail(problem) }
                return
            }
        }
    }

    /// One look at the client's limits for all commands that came together, or are left of them.
    private func charge() {
        let (count, denial) = session.charge(commands: batch.count - next)
        allowedCount = next + count
        guard let denial else { return }
        var writer = ReplyWriter(version: session.version)
        writer.error(CommandError(denial))
        refusal = writer.buffer
        if case .rateLimited = denial { holdBack() }
    }

    private func holdBack() {
        guard !isHeldBack, let time = shared.holdingTimes.next() else { return }
        isHeldBack = true
        eventLoop.scheduleTask(in: TimeAmount(time)) { [self] in
            isHeldBack = false
            if let context { readIfWanted(context) }
        }
    }

    private func fail(_ problem: ProtocolError) {
        var writer = ReplyWriter(version: session.version)
        writer.error(problem)
        note(errors: writer.errorCount)
        output.writeImmutableBuffer(writer.buffer)
        isEnding = true
    }

    /// Takes the commands of the batch up to one that runs alone, and starts them.
    private func takeCommands() {
        if isAuthenticated {
            patience.noteProgress()
            // Each time, since what came before may have waited for long.
            session.renew()
            parser.limits.isAuthenticated = session.isAuthenticated
        }
        run.begin(project: session.project ?? "", version: session.version, ageMax: session.ageMax)
        var alone: ClientSession.Routed?
        let count = batch.count
        let first = next
        var readCount = 0
        batch.withContents { bytes, contents in
            // Asked once for a stretch of commands: the session is large, and a computed property of it copies it.
            var rights = directRights
            while next < count {
                if next >= allowedCount {
                    session.transaction.fail()
                    answer(refusal)
                    next += 1
                    continue
                }
                if rights.any, let (step, key) = Step.parse(contents[next], in: bytes), rights.allow(step),
                    run.add(step, at: next, key: UnsafeRawBufferPointer(rebasing: bytes[key.range]), keyCache)
                {
                    if !step.isDirectWrite { readCount += 1 }
                    next += 1
                    continue
                }
                let routedReadCount = session.readCount
                alone = take(Arguments(batch[next]))
                // One that runs alone is routed again when the run before it has ended.
                if alone == nil || run.isEmpty { next += 1 } else { session.readCount = routedReadCount }
                if alone != nil || session.isOver { break }
                rights = directRights
            }
        }
        isBatchLeft = next < count
        note(reads: readCount)
        shared.clients.noteCommands(next - first)
        if session.isOver { isEnding = true }
        if run.isEmpty {
            endRun()
            switch alone {
            case .slow(let arguments): startTask(arguments)
            case .waiting(let command, let place, let timeout):
                // Routed for who has one.
                let pass = session.pass!
                start(BlockedPop(command, timeout, at: place, shared, pass: pass, version: session.version))
            default: break
            }
        } else {
            isBusy = true
            isRunning = true
            // Called back before this returns, if nothing must be waited for.
            run.start(shared.service, for: self, on: eventLoop)
        }
    }

    /// Direct commands that only read or were answered with errors, and those that the session has counted.
    private func note(reads: Int = 0, errors: Int = 0) {
        let (reads, errors) = (reads + session.readCount, errors + session.errorCount)
        guard reads > 0 || errors > 0 else { return }
        (session.readCount, session.errorCount) = (0, 0)
        guard let pass = session.pass else { return }
        if reads > 0 { shared.gatekeeper.note(reads: reads, of: pass) }
        if errors > 0 { pass.caller.note(errors: errors) }
    }

    /// Whether commands that are direct may be run as such.
    private var directRights: DirectRights {
        session.transaction.isOpen ? .none : session.caller?.directRights ?? .none
    }

    private func answer(_ reply: ByteBuffer) {
        if run.isEmpty { output.writeImmutableBuffer(reply) } else { run.add(answer: reply) }
    }

    /// Answers how a command is carried out that can't be part of a run.
    private func take(_ arguments: Arguments) -> ClientSession.Routed? {
        let routed = session.route(arguments)
        if session.ageMax == nil { run.readFresh() }
        switch routed {
        case .answered(let reply): answer(reply)
        case .prepared(let command, let place): run.add(command, at: place)
        case .waiting, .slow: return routed
        }
        return nil
    }

    /// Some or all of the commands of the run have been answered.
    func roundEnded() {
        guard isRunning else { return }
        run.takeReplies(into: &output)
        if let context, output.readableBytes >= Self.outputByteCountMax { write(context) }
        if run.isDone {
            isRunning = false
            note(errors: run.errorCount)
            endRun()
            return resume()
        }
        guard context != nil else { return }
        if isWritable { run.goOn(shared.service) } else { isRunWaitingForRoom = true }
    }

    private func endRun() {
        run.end()
        if !isBatchLeft { batch.removeAll(keepingCapacity: true) }
    }

    private func start(_ pop: BlockedPop) {
        isBusy = true
        blockedPop = pop
        pop.start(on: eventLoop) { [self] reply in
            blockedPop = nil
            note(errors: reply.isErrorReply ? 1 : 0)
            output.writeImmutableBuffer(reply)
            resume()
        }
    }

    /// What is gathered at most before it goes to the socket.
    private static let outputByteCountMax = 1 << 16

    private func startTask(_ arguments: Arguments) {
        isBusy = true
        let session = session
        let isStarted = shared.background.run { [self] in
            var session = session
            let replies = await session.runSlowly(arguments)
            eventLoop.execute { [session] in self.taskEnded(session, replies) }
        }
        if !isStarted { isEnding = true }
    }

    private func taskEnded(_ session: ClientSession, _ replies: ByteBuffer) {
        let isOther = session.caller !== self.session.caller
        self.session = session
        note()
        output.writeImmutableBuffer(replies)
        parser.limits.isAuthenticated = session.isAuthenticated
        if session.isAuthenticated { patience.noteProgress() }
        // What comes behind AUTH in the same batch is counted for the key that it showed.
        if isOther, isBatchLeft { charge() }
        if session.isOver { isEnding = true }
        resume()
    }

    /// What was waited for is there. Within `work` that goes on by itself.
    private func resume() {
        isBusy = false
        if isWorking { return }
        work()
        send()
    }
}
