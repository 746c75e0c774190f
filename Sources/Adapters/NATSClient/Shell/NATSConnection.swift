package import Logging
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// A client of NATS: carries out what `ClientCore` decides, on one event loop.
///
/// Callers come from anywhere; what they ask for is done on the event loop, in their order. It keeps itself connected
/// until it is closed, and must be closed.
package final class NATSConnection: Sendable {
    package let eventLoop: any EventLoop
    /// Confined to `eventLoop`.
    private let shell: NIOLoopBoundBox<ClientShell>
    private let lastRequest = Atomic<UInt64>(0)
    /// 1 is the inbox's.
    private let lastSubscription = Atomic<UInt64>(1)

    package init(
        _ options: ClientOptions, on eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
        logger: Logger, notice: @escaping @Sendable (ClientNotice) -> Void = { _ in }
    ) {
        self.eventLoop = eventLoop
        shell = ClientShell.bound(options, eventLoop, logger, notice)
        onLoop { $0.handle(.start) }
    }

    // MARK: Requests

    package func makeRequestID() -> RequestID {
        RequestID(number: lastRequest.add(1, ordering: .relaxed).newValue)
    }

    /// Sends a request. `told` is called on the event loop: with parts, one end, and late replies if the request lingers.
    package func send(
        _ request: Request, as id: RequestID, told: @escaping @Sendable (RequestEvent) -> Void
    ) {
        onLoop { shell in
            shell.listeners[id] = told
            shell.handle(.send(id, request))
        }
    }

    /// No late replies are wanted any more.
    package func forget(_ id: RequestID) {
        onLoop { shell in
            shell.listeners[id] = nil
            shell.handle(.forget(id))
        }
    }

    /// Sends a request and waits for its outcome.
    package func request(_ request: Request) async -> RequestOutcome {
        var request = request
        request.lingers = false
        let id = makeRequestID()
        return await withCheckedContinuation { continuation in
            send(request, as: id) { event in
                if case .end(let outcome) = event { continuation.resume(returning: outcome) }
            }
        }
    }

    /// Sends a request that has many replies, and waits for its outcome, or for so many.
    package func requestMany(
        _ request: Request, upTo count: Int = .max
    ) async -> (parts: [Message], outcome: RequestOutcome) {
        var request = request
        request.replies = .many
        request.lingers = false
        let parts = NIOLoopBoundBox.makeBoxSendingValue([Message](), as: [Message].self, eventLoop: eventLoop)
        let id = makeRequestID()
        return await withCheckedContinuation { continuation in
            send(request, as: id) { event in
                switch event {
                case .part(let message):
                    parts.value.append(message)
                    guard parts.value.count == count else { return }
                    self.forget(id)
                    continuation.resume(returning: (parts.value, .reply(message)))
                case .end(let outcome): continuation.resume(returning: (parts.value, outcome))
                case .late: break
                }
            }
        }
    }

    /// Sends a message that wants no reply.
    package func publish(
        _ subject: String, headers: MessageHeaders = MessageHeaders(), payload: ByteBuffer
    ) async -> RequestOutcome {
        await request(Request(subject: subject, headers: headers, payload: payload, replies: .none))
    }

    // MARK: Subscriptions

    /// The messages of a subject from now on, until the sequence is let go or the connection closed.
    package func subscribe(_ subject: String, queue: String? = nil) -> Subscription {
        let number = lastSubscription.add(1, ordering: .relaxed).newValue
        let id = SubscriptionID(number: number)
        let (stream, continuation) = AsyncStream.makeStream(of: Message.self, bufferingPolicy: .unbounded)
        continuation.onTermination = { [self] _ in
            onLoop { shell in
                shell.readers[id] = nil
                shell.handle(.unsubscribe(id))
            }
        }
        onLoop { shell in
            shell.readers[id] = continuation
            shell.handle(.subscribe(id, subject: subject, queue: queue))
        }
        return Subscription(connection: self, id: id, stream: stream)
    }

    fileprivate func consumed(_ id: SubscriptionID, _ message: Message) {
        onLoop { $0.handle(.consumed(id, count: 1, byteCount: message.byteCount)) }
    }

    /// What a subscription receives. How much may wait for its reader is bounded by the client's options.
    package struct Subscription: AsyncSequence, Sendable {
        fileprivate let connection: NATSConnection
        fileprivate let id: SubscriptionID
        fileprivate let stream: AsyncStream<Message>

        package struct Iterator: AsyncIteratorProtocol {
            fileprivate let connection: NATSConnection
            fileprivate let id: SubscriptionID
            fileprivate var iterator: AsyncStream<Message>.Iterator

            package mutating func next() async -> Message? { await next(isolation: nil) }

            package mutating func next(isolation actor: isolated (any Actor)?) async -> Message? {
                guard let message = await iterator.next(isolation: actor) else { return nil }
                connection.consumed(id, message)
                return message
            }
        }

        package func makeAsyncIterator() -> Iterator {
            Iterator(connection: connection, id: id, iterator: stream.makeAsyncIterator())
        }
    }

    // MARK: State

    /// Returns the server that takes requests; waits for one as long as it takes, unless the task is cancelled or the
    /// connection closed.
    package func ready() async -> (address: ServerAddress, info: ServerInfo)? {
        let box = WaiterBox()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                onLoop { shell in
                    box.wait(continuation)
                    shell.whenReady(box)
                }
            }
        } onCancel: {
            onLoop { _ in box.answer(nil) }
        }
    }

    package func server() async -> (address: ServerAddress, info: ServerInfo)? {
        await ask { $0.core.server }
    }

    /// Requests that have no outcome or listen for late replies. 0 once everything is over.
    package func requestCount() async -> Int {
        await ask { max($0.core.requestCount, $0.listeners.count) }
    }

    /// Ends everything: requests on their way are told `.closed`.
    package func close() async {
        await ask { $0.close() }
    }

    /// As `close`, without waiting for it.
    package func beginClosing() {
        onLoop { $0.close() }
    }

    // MARK: Helpers

    private func ask<Value: Sendable>(_ body: @escaping @Sendable (ClientShell) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            onLoop { continuation.resume(returning: body($0)) }
        }
    }

    private func onLoop(_ body: @escaping @Sendable (ClientShell) -> Void) {
        if eventLoop.inEventLoop {
            body(shell.value)
        } else {
            eventLoop.execute { body(self.shell.value) }
        }
    }
}
