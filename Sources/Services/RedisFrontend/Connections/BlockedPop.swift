internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding
internal import Synchronization
internal import Tenancy

/// A command that takes entries from the first of its keys that has some, and waits until one has.
///
/// Its connection hands it to the shard and has it back when it is finished; in between the connection may only give it up.
/// That makes it Sendable.
final class BlockedPop: WaitingWork, @unchecked Sendable {
    let keys: [LeaderboardKey]
    let deadline: NIODeadline?
    private let prepared: PreparedCommand
    private var command: SortedSetCommand { prepared.command }
    private let forwarder: CommandForwarder?
    /// How long it rests before it asks another node again.
    private var rest = Duration.milliseconds(50)
    private let place: ShardPlace
    private let service: any SortedSetService
    private let replyByteCountMax: Int
    private let gatekeeper: Gatekeeper
    /// Looked at on the shard's event loop.
    private var pass: Pass
    private let isOver = Atomic(false)
    private var reply: ReplyWriter
    private var end: (eventLoop: any EventLoop, whenEnded: (ByteBuffer) -> Void)?

    /// - Parameter version: what the reply is written in
    init(
        _ command: PreparedCommand, _ timeout: Timeout, at place: ShardPlace, _ context: SessionContext,
        pass: Pass, version: ProtocolVersion
    ) {
        keys = command.keys
        deadline = timeout.deadline(now: .now())
        prepared = command
        forwarder = context.forwarder
        self.place = place
        service = context.service
        gatekeeper = context.gatekeeper
        self.pass = pass
        replyByteCountMax = context.configuration.replyByteCountMax
        reply = ReplyWriter(version: version)
    }

    // MARK: At the connection

    /// Calls back with the reply, once, on an event loop; before this returns, if nothing must be waited for.
    func start(on eventLoop: any EventLoop, _ whenEnded: @escaping (ByteBuffer) -> Void) {
        end = (eventLoop, whenEnded)
        service.wait(self, at: place)
    }

    /// Nothing is to be taken any more. The wait ends soon, if it has not.
    func giveUp() {
        isOver.store(true, ordering: .relaxed)
        service.endWait(of: self, at: place)
    }

    // MARK: At the shard

    var isGivenUp: Bool { isOver.load(ordering: .relaxed) }

    func take(from key: LeaderboardKey, on shard: Shard, into record: inout RecordBuilder) {
        // Its key may have been revoked while it waited. Others that wait for the entries come next.
        if gatekeeper.check(&pass) != nil { return reply.error(CommandError.needsAuthentication) }
        var runner = CommandRunner(
            shard, at: record.time, project: key.project, seed: 0, replies: reply, replyByteCountMax: replyByteCountMax)
        runner.run(command.taking(fromKeyAt: keys.firstIndex(of: key)!), &record)
        reply = runner.reply
    }

    func finish(_ result: Result<Void, ServiceError>) {
        switch result {
        case .success: if reply.buffer.readableBytes == 0 { reply.nullArray() }
        case .failure(let error):
            if error.isRouted, let forwarder, startForwarding(forwarder, after: error) { return }
            reply.buffer.clear()
            reply.error(CommandError(error))
        }
        callEnd()
    }

    private func callEnd() {
        guard let (eventLoop, _) = end else { preconditionFailure("finished twice, or not begun") }
        if eventLoop.inEventLoop { callBack() } else { eventLoop.execute { self.callBack() } }
    }

    private func callBack() {
        let whenEnded = end?.whenEnded
        end = nil
        whenEnded?(reply.buffer)
    }
}

// Its keys are another node's: nobody can wait there for it, so it asks there from time to time.
extension BlockedPop {
    private func startForwarding(_ forwarder: CommandForwarder, after error: ServiceError) -> Bool {
        forwarder.start { [self] in await askThere(forwarder, after: error) }
    }

    private func askThere(_ forwarder: CommandForwarder, after error: ServiceError) async {
        // Its key may have been revoked while it waited.
        if gatekeeper.check(&pass) != nil {
            reply.error(CommandError.needsAuthentication)
            return callEnd()
        }
        do throws(ServiceError) {
            let answer = try await forwarder.forward(
                [prepared], at: place, project: keys.first?.project ?? "", version: reply.version, after: error)[0]
            var nothing = ReplyWriter(version: reply.version)
            nothing.nullArray()
            if answer != nothing.buffer || isGivenUp || deadline.map({ $0 <= .now() }) ?? false {
                reply.buffer = answer
                return callEnd()
            }
        } catch {
            reply.error(CommandError(error))
            return callEnd()
        }
        await forwarder.routing.pause(rest)
        rest = min(rest * 2, Self.longestRest)
        // As from the beginning: the keys may be this node's by now.
        service.wait(self, at: place)
    }

    private static var longestRest: Duration { .milliseconds(400) }
}

extension SortedSetCommand {
    /// How long it waits for entries; nil if it is none that waits.
    var timeout: Timeout? {
        switch self {
        case .blockingPop(_, _, let timeout), .blockingPopFirst(_, _, _, let timeout): timeout
        default: nil
        }
    }

    /// The same from one of its keys only. Precondition: it is one that waits.
    fileprivate func taking(fromKeyAt index: Int) -> SortedSetCommand {
        func only(_ names: ArgumentList) -> ArgumentList { Arguments([names[names.startIndex + index]])[0...] }
        switch self {
        case .blockingPop(let names, let side, let timeout): return .blockingPop(keys: only(names), side, timeout)
        case .blockingPopFirst(let names, let side, let count, let timeout):
            return .blockingPopFirst(keys: only(names), side, count: count, timeout)
        default: preconditionFailure("not a command that waits")
        }
    }
}
