/// A request on its way.
package struct InFlight {
    /// When its latency began, on the monotonic clock.
    package var started: Int64
    /// Whatever the driver wants to know when the reply comes.
    package var tag: UInt64
    package var operation: UInt8
}

/// One of the engine's connections. Lives in memory of the engine's own, so that touching it costs no reference count
/// and no check of exclusive access.
package struct Connection<Reader: ReplyReader> {
    /// -1 while it is closed.
    package var socket: Int32 = -1
    package var reader = Reader()
    /// When the batch was sent whose replies are awaited.
    package var batchStarted: Int64 = 0
    package var unsent: UnsafePointer<UInt8>?
    package var unsentCount = 0
    private let ring: UnsafeMutablePointer<InFlight>
    private let mask: Int
    private var head = 0
    package private(set) var inFlightCount = 0

    init(depth: Int) {
        var capacity = 1
        while capacity < depth { capacity *= 2 }
        ring = .allocate(capacity: capacity)
        mask = capacity - 1
    }

    func deallocate() { ring.deallocate() }

    @inline(__always)
    package mutating func push(_ request: InFlight) {
        precondition(inFlightCount <= mask, "more requests on their way than the connection has room for")
        ring[(head &+ inFlightCount) & mask] = request
        inFlightCount &+= 1
    }

    /// Replies come in the order of the requests.
    @inline(__always)
    package mutating func pop() -> InFlight? {
        if inFlightCount == 0 { return nil }
        let request = ring[head & mask]
        head = (head &+ 1) & mask
        inFlightCount &-= 1
        return request
    }
}
