internal import Logging
internal import NIOCore
internal import NIOExtras
internal import NodeRuntime
internal import RESP

/// Another node's connection to this one: its calls are carried out side by side, and answered as they end.
///
/// Used on its event loop only, and `@unchecked Sendable` for that reason.
final class PeerConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shared: ServedCalls
    private let eventLoop: any EventLoop
    private var parser: CommandParser
    private let batch = CommandBatch()
    private var context: ChannelHandlerContext?
    private var greeting: Greeting?
    private var servedCount = 0
    private var servedByteCount = 0
    private var isReadWanted = false
    private let answers: Gathering<CarriedOut>
    /// No more is taken; closed when what was taken is answered.
    private var isEnding = false

    private struct CarriedOut {
        var number: Int64
        /// Nil if nobody knows the operation.
        var answer: [UInt8]?
        /// Of the request.
        var byteCount: Int
    }

    init(_ shared: ServedCalls, on eventLoop: any EventLoop) {
        self.shared = shared
        answers = Gathering(on: eventLoop)
        self.eventLoop = eventLoop
        var limits = CommandParser.Limits()
        limits.bulkBytesMax = shared.configuration.messageByteCountMax
        limits.argumentCountMax = 16
        limits.commandBytesMax = shared.configuration.messageByteCountMax + 4096
        parser = CommandParser(limits: limits)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        if !shared.enter() { context.close(promise: nil) }
        eventLoop.scheduleTask(in: .seconds(shared.configuration.greetingSeconds)) {
            if self.greeting == nil { self.context?.close(promise: nil) }
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        shared.leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isEnding { return }
        parser.append(unwrapInboundIn(data))
        do {
            while !isEnding, try parser.next(into: batch) {
                for index in batch.indices where !isEnding { take(batch[index]) }
            }
        } catch {
            refuse("ERR \(error)")
        }
        batch.removeAll(keepingCapacity: true)
    }

    private func take(_ command: CommandArguments) {
        if greeting == nil { return greet(command) }
        guard command.isNamed("laurel.call"), command.count == 4, let number = command.integer(at: 1) else {
            return refuse("ERR only LAUREL.CALL is understood here")
        }
        let request = Array(command[3])
        servedCount += 1
        servedByteCount += request.count
        guard let operation = PeerOperation(rawValue: command.string(at: 2)) else {
            return ended(CarriedOut(number: number, answer: nil, byteCount: request.count))
        }
        let byteCount = request.count
        let ended: @Sendable ([UInt8]?) -> Void = { answer in
            self.ended(CarriedOut(number: number, answer: answer, byteCount: byteCount))
        }
        for handler in shared.handlers where handler.begin(operation, request, on: eventLoop, ended) { return }
        let isStarted = shared.background.run { [shared] in
            var answer: [UInt8]?
            for handler in shared.handlers where answer == nil { answer = await handler.answer(operation, request) }
            ended(answer)
        }
        if !isStarted { refuse("ERR the node is stopping") }
    }

    private func greet(_ command: CommandArguments) {
        guard let greeting = Greeting(command) else { return refuse("ERR this is the port for nodes of the cluster") }
        switch greeting.version(for: shared.configuration) {
        case .failure(let problem):
            shared.logger.warning("node \(greeting.node) was refused: \(problem.text)")
            refuse(problem.text)
        case .success(let version):
            self.greeting = greeting
            var writer = ReplyWriter()
            writer.arrayHeader(2)
            writer.integer(version)
            writer.bulkInteger(shared.configuration.node)
            send(writer.buffer)
        }
    }

    /// On whatever thread.
    private func ended(_ call: CarriedOut) {
        answers.add(call) { answers in
            var writer = ReplyWriter()
            for call in answers { self.write(call, to: &writer) }
            if writer.buffer.readableBytes > 0 { self.send(writer.buffer) }
            if self.isEnding, self.servedCount == 0 { self.context?.close(promise: nil) }
            self.readIfWanted()
        }
    }

    private func write(_ call: CarriedOut, to writer: inout ReplyWriter) {
        servedCount -= 1
        servedByteCount -= call.byteCount
        writer.arrayHeader(2)
        writer.integer(call.number)
        if let answer = call.answer, answer.count <= shared.configuration.messageByteCountMax {
            writer.bulk(answer)
        } else {
            writer.error(call.answer == nil ? PeerProtocol.notDone : PeerProtocol.tooLarge)
        }
        guard writer.buffer.readableBytes >= Self.writtenByteCount else { return }
        send(writer.buffer)
        writer.buffer = ByteBuffer()
    }

    /// What is put together for one write.
    private static let writtenByteCount = 1 << 16

    private func send(_ bytes: ByteBuffer) { context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }

    private func refuse(_ text: String) {
        isEnding = true
        var writer = ReplyWriter()
        writer.error(text)
        context?.writeAndFlush(wrapOutboundOut(writer.buffer)).whenComplete { _ in self.context?.close(promise: nil) }
    }

    // MARK: Holding back

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadWanted = true }
    }

    private var mayRead: Bool {
        !isEnding && servedCount < shared.configuration.servedCountMax
            && servedByteCount < shared.configuration.callByteCountMax && context?.channel.isWritable ?? true
    }

    private func readIfWanted() {
        guard isReadWanted, mayRead else { return }
        isReadWanted = false
        context?.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        readIfWanted()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: leave(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Lets the other side close the connection, which knows whether something is on its way.
    private func leave(_ context: ChannelHandlerContext) {
        guard greeting != nil else { return context.close(promise: nil) }
        var writer = ReplyWriter()
        writer.simpleString(PeerProtocol.farewell)
        send(writer.buffer)
        eventLoop.scheduleTask(in: .seconds(shared.configuration.farewellSeconds)) {
            self.isEnding = true
            if self.servedCount == 0 { self.context?.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        shared.logger.warning("a connection of another node failed: \(error)")
        context.close(promise: nil)
    }
}

extension ReplyWriter {
    /// Node numbers have 64 bits and no sign.
    fileprivate mutating func bulkInteger(_ number: UInt64) { integer(Int64(bitPattern: number)) }
}
