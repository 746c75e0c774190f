internal import NIOCore

/// Short replies of the clients of one event loop, sent together when all that arrived together has been worked on.
///
/// A reply sent at once wakes its client, and with one command at a time most of a command's cost is such wake-ups: the first
/// reply of a burst wakes the client's machine, the others find it awake. Long replies are not held back: who has much to
/// read had better begin.
///
/// Used on its event loop only, and `@unchecked Sendable` for that reason.
final class Outbox: @unchecked Sendable {
    /// Together with what has gathered, more is sent at once.
    private static let byteCountMax = 2048

    private let eventLoop: any EventLoop
    private var senders: [RedisConnection] = []
    private var byteCount = 0
    private var isScheduled = false

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Has a connection send what it has, soon. Once until it does.
    func add(_ sender: RedisConnection, byteCount: Int) {
        senders.append(sender)
        self.byteCount += byteCount
        if self.byteCount >= Self.byteCountMax { return send() }
        if isScheduled { return }
        isScheduled = true
        // Behind everything that the loop has been told is ready now.
        eventLoop.execute {
            self.isScheduled = false
            self.send()
        }
    }

    private func send() {
        let senders = senders
        self.senders.removeAll(keepingCapacity: true)
        byteCount = 0
        for sender in senders { sender.sendOutput() }
    }
}
