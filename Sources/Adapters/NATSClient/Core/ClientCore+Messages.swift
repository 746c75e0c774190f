internal import NIOCore

extension ClientCore {
    mutating func send(
        _ id: RequestID, _ request: Request, at now: ContinuousClock.Instant, _ effects: inout [Effect]
    ) {
        func refuse(_ outcome: RequestOutcome) { effects.append(.tell(id, .end(outcome), isLast: true)) }
        if let problem = Subject.problem(request.subject, allowsWildcards: false) ?? request.headers.problem {
            return refuse(.refused(.invalid(problem)))
        }
        if case .elsewhere(let subject) = request.replies,
            let problem = Subject.problem(subject, allowsWildcards: false)
        {
            return refuse(.refused(.invalid(problem)))
        }
        switch phase {
        case .closed: refuse(.closed)
        case .idle, .waiting: refuse(.notSent("there is no connection"))
        case .connected(let connection):
            guard connection.step == .ready else { return refuse(.notSent("there is no connection yet")) }
            let headerByteCount = request.headers.isEmpty ? 0 : request.headers.byteCount
            let byteCount = headerByteCount + request.payload.readableBytes
            // A server that gets more ends the connection, and with it everybody's requests.
            if byteCount > connection.info.payloadByteCountMax {
                return refuse(.refused(.tooLarge(byteCount: byteCount, max: connection.info.payloadByteCountMax)))
            }
            if connection.unsentByteCount + byteCount > options.unsentByteCountMax {
                return refuse(.notSent("\(connection.unsentByteCount) bytes wait to be sent"))
            }
            if requests.count >= options.requestCountMax {
                return refuse(.notSent("\(requests.count) requests are on their way"))
            }
            var bytes = ByteBuffer()
            bytes.reserveCapacity(byteCount + 128)
            let (replyTo, isOver): (String?, Bool) =
                switch request.replies {
                case .none: (nil, true)
                case .elsewhere(let subject): (subject, true)
                case .one, .many: ("\(inbox).\(id.number)", false)
                }
            bytes.writePublish(
                request.subject, replyTo: replyTo, headers: request.headers, payload: request.payload)
            write(connection.id, bytes, &effects)
            if isOver { return refuse(.sent) }
            requests.insert(
                id,
                RequestTable.Entry(
                    subject: request.subject, replies: request.replies, timeout: request.timeout,
                    deadline: now + request.timeout, lingers: request.lingers))
        }
    }

    mutating func deliver(_ message: Message, at now: ContinuousClock.Instant, _ effects: inout [Effect]) {
        if message.subscription == 1 {
            reply(message, at: now, &effects)
        } else {
            pass(message, to: SubscriptionID(number: message.subscription), &effects)
        }
    }

    private mutating func reply(_ message: Message, at now: ContinuousClock.Instant, _ effects: inout [Effect]) {
        guard let number = UInt64(message.subject.dropFirst(inbox.count + 1)) else { return }
        let id = RequestID(number: number)
        guard let entry = requests[id] else { return }
        let isNobody = message.status == 503 && message.payload.readableBytes == 0
        if entry.isEnded {
            requests.remove(id)
            if !isNobody { effects.append(.tell(id, .late(message), isLast: true)) }
            return
        }
        if case .many = entry.replies, message.status == nil {
            requests.postpone(id, from: now)
            effects.append(.tell(id, .part(message), isLast: false))
            return
        }
        requests.remove(id)
        effects.append(.tell(id, .end(isNobody ? .noResponders : .reply(message)), isLast: true))
    }

    // MARK: Subscriptions

    mutating func subscribe(
        _ id: SubscriptionID, _ subject: String, _ queue: String?, _ effects: inout [Effect]
    ) {
        if case .closed = phase { return }
        precondition(Subject.problem(subject, allowsWildcards: true) == nil, "one can't subscribe to '\(subject)'")
        subscriptions[id] = Subscription(subject: subject, queue: queue)
        guard case .connected(let connection) = phase, [.introducing, .ready].contains(connection.step) else { return }
        var bytes = ByteBuffer()
        bytes.writeSubscribe(subject, queue: queue, subscription: id.number)
        write(connection.id, bytes, &effects)
    }

    mutating func unsubscribe(_ id: SubscriptionID, _ effects: inout [Effect]) {
        guard subscriptions.removeValue(forKey: id) != nil, case .connected(let connection) = phase,
            [.introducing, .ready].contains(connection.step)
        else { return }
        var bytes = ByteBuffer()
        bytes.writeUnsubscribe(id.number)
        write(connection.id, bytes, &effects)
    }

    /// A reader that is behind loses the newest messages and is told once; memory stays bounded.
    private mutating func pass(_ message: Message, to id: SubscriptionID, _ effects: inout [Effect]) {
        guard var subscription = subscriptions[id] else { return }
        let isFull =
            subscription.unreadCount >= options.unreadCountMax
            || subscription.unreadByteCount + message.byteCount > options.unreadByteCountMax
        if isFull {
            if !subscription.isSlow { effects.append(.notice(.slowConsumer(subject: subscription.subject))) }
            subscription.isSlow = true
        } else {
            subscription.unreadCount += 1
            subscription.unreadByteCount += message.byteCount
            effects.append(.deliver(id, message))
        }
        subscriptions[id] = subscription
    }

    mutating func consume(_ id: SubscriptionID, _ count: Int, _ byteCount: Int) {
        guard var subscription = subscriptions[id] else { return }
        subscription.unreadCount -= count
        subscription.unreadByteCount -= byteCount
        if subscription.unreadCount == 0 { subscription.isSlow = false }
        subscriptions[id] = subscription
    }
}
