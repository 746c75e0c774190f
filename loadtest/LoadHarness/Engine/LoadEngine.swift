import CEpoll
internal import Glibc

/// What a load does when something happens on one of its connections. Calls come one at a time, from `LoadEngine.step`.
package protocol LoadDriver<Reader> {
    associatedtype Reader: ReplyReader

    /// A reply came.
    mutating func replied(_ connection: Int, _ request: InFlight, failed: Bool, at now: Int64)
    /// All replies that had come together were handed over; the place to send what comes next.
    mutating func wasRead(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64)
    /// All of what was to be sent is sent; the place to send more.
    mutating func wasSent(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64)
    /// The connection broke, and what was on its way will not be answered: `engine.dropInFlight` tells what that was.
    mutating func closed(_ connection: Int, _ engine: LoadEngine<Reader>, _ reason: String, at now: Int64)
}

/// Many connections on one thread: epoll, edge by edge, one receive buffer for all since readers keep no bytes.
///
/// A request costs its share of one send and one receive; nothing is allocated and nothing is copied.
package final class LoadEngine<Reader: ReplyReader> {
    package let target: Target
    package let connections: UnsafeMutablePointer<Connection<Reader>>
    package let count: Int
    private let epoll: Int32
    private let buffer: UnsafeMutablePointer<UInt8>
    private let events: UnsafeMutablePointer<epoll_event>

    private static var bufferByteCount: Int { 256 << 10 }
    private static var eventCountMax: Int { 512 }

    /// Opens nothing yet.
    /// - Parameter depth: the most requests that are on their way on one connection.
    package init(_ target: Target, connections count: Int, depth: Int) {
        self.target = target
        self.count = count
        connections = .allocate(capacity: count)
        for place in 0..<count { (connections + place).initialize(to: Connection(depth: depth)) }
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        buffer = .allocate(capacity: Self.bufferByteCount)
        events = .allocate(capacity: Self.eventCountMax)
        laurel_exact_timers()
    }

    deinit {
        for place in 0..<count {
            if connections[place].socket >= 0 { close(connections[place].socket) }
            connections[place].deallocate()
        }
        connections.deinitialize(count: count)
        connections.deallocate()
        buffer.deallocate()
        events.deallocate()
        close(epoll)
    }

    package func openAll() throws(HarnessError) {
        for place in 0..<count { try open(place) }
    }

    /// Connects, and shows the key where the protocol wants that first.
    package func open(_ place: Int) throws(HarnessError) {
        let socket = try Socket.connect(target)
        do throws(HarnessError) {
            if target.wire == .resp, let key = target.keys.first {
                try Question.authenticate(socket, key: key)
            }
            Socket.makeNonblocking(socket)
            guard laurel_epoll_add(epoll, socket, UInt32(place)) == 0 else {
                throw HarnessError("a connection can't be watched: \(systemError())")
            }
        } catch {
            close(socket)
            throw error
        }
        connections[place].socket = socket
        connections[place].reader = Reader()
        connections[place].unsentCount = 0
    }

    /// Sends bytes that stay where they are until they are sent. Nothing else may be waiting to be sent.
    @inline(__always)
    package func send(_ place: Int, _ bytes: UnsafePointer<UInt8>, _ byteCount: Int) {
        connections[place].unsent = bytes
        connections[place].unsentCount = byteCount
        sendOn(connections + place)
    }

    /// Gives up what was on its way, and calls `body` with each request.
    package func dropInFlight(_ place: Int, _ body: (InFlight) -> Void) {
        while let request = connections[place].pop() { body(request) }
    }

    /// Waits for something to happen, at most so long, and handles it.
    package func step<Driver: LoadDriver>(_ driver: inout Driver, nanoseconds: Int64) where Driver.Reader == Reader {
        let count = Int(laurel_epoll_wait(epoll, events, Int32(Self.eventCountMax), nanoseconds))
        guard count > 0 else { return }
        for place in 0..<count {
            let happened = events[place].events
            let index = Int(laurel_epoll_token(events + place))
            let connection = connections + index
            if connection.pointee.socket < 0 { continue }
            if connection.pointee.unsentCount > 0 {
                sendOn(connection)
                if connection.pointee.unsentCount == 0 { driver.wasSent(index, self, at: monotonicNanoseconds()) }
            }
            if happened & ~EPOLLOUT.rawValue != 0 { receive(index, &driver) }
        }
    }

    @inline(__always)
    private func sendOn(_ connection: UnsafeMutablePointer<Connection<Reader>>) {
        while connection.pointee.unsentCount > 0 {
            let sent = Glibc.send(
                connection.pointee.socket, connection.pointee.unsent, connection.pointee.unsentCount,
                Int32(MSG_NOSIGNAL))
            if sent < 0 {
                if errno == EINTR { continue }
                // A broken connection shows itself when it is read.
                return
            }
            connection.pointee.unsent! += sent
            connection.pointee.unsentCount -= sent
        }
    }

    private func receive<Driver: LoadDriver>(_ index: Int, _ driver: inout Driver) where Driver.Reader == Reader {
        let connection = connections + index
        while connection.pointee.socket >= 0 {
            let received = recv(connection.pointee.socket, buffer, Self.bufferByteCount, 0)
            if received < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { breakOff(index, &driver, systemError()) }
                return
            }
            if received == 0 { return breakOff(index, &driver, "the server closed the connection") }
            let now = monotonicNanoseconds()
            var position = UnsafePointer(buffer)
            let end = position + received
            while let outcome = connection.pointee.reader.next(&position, end) {
                guard outcome != .violation, let request = connection.pointee.pop() else {
                    return breakOff(index, &driver, "the server sent what is no reply")
                }
                driver.replied(index, request, failed: outcome == .failed, at: now)
            }
            driver.wasRead(index, self, at: now)
            // Fewer bytes than there was room for: there were no more, and if there are now, epoll says so.
            if received < Self.bufferByteCount { return }
        }
    }

    private func breakOff<Driver: LoadDriver>(
        _ index: Int, _ driver: inout Driver, _ reason: String
    ) where Driver.Reader == Reader {
        close(connections[index].socket)
        connections[index].socket = -1
        connections[index].unsentCount = 0
        driver.closed(index, self, reason, at: monotonicNanoseconds())
    }
}
