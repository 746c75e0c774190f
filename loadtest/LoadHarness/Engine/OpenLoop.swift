/// Sends each request at its time if a connection is free, and else as soon as one is. See `OpenLoopQueue`.
struct OpenLoop<Reader: ReplyReader>: LoadDriver {
    /// A stretch of time and the requests that are sent in it.
    struct Phase {
        /// Nanoseconds from the start.
        var end: Int64
        var pool: RequestPool
    }

    private let phases: [Phase]
    private let pipeline: Int
    private let recorder: Recorder
    private(set) var queue: OpenLoopQueue
    /// The clock's time at the start.
    private let origin: Int64
    private var free: FreeConnections
    private var phase = 0
    private(set) var lastReply: Int64 = 0
    private(set) var inFlightCount = 0
    var losses = Losses()

    init(
        _ phases: [Phase], pipeline: Int, connections: Int, queue: OpenLoopQueue, origin: Int64, recorder: Recorder
    ) {
        self.phases = phases
        self.pipeline = pipeline
        self.queue = queue
        self.origin = origin
        self.recorder = recorder
        free = FreeConnections(connections)
    }

    /// Lets in and sends what is due.
    mutating func tick(_ engine: LoadEngine<Reader>, at now: Int64) {
        queue.advance(to: now - origin)
        while !free.isEmpty, let due = queue.take() {
            let connection = free.take()
            if !send(due, connection, engine) { free.add(connection) }
        }
    }

    /// Answers whether the connection has no more room.
    private mutating func send(_ due: DueRequest, _ connection: Int, _ engine: LoadEngine<Reader>) -> Bool {
        while phase + 1 < phases.count, due.scheduled >= phases[phase].end { phase += 1 }
        let pool = phases[phase].pool
        let place = due.number % pool.count
        engine.connections[connection].push(
            InFlight(started: origin + due.scheduled, tag: 0, operation: pool.operation(of: place)))
        inFlightCount += 1
        engine.send(connection, pool.start(of: place), pool.byteCount(of: place))
        return !hasRoom(engine, connection)
    }

    private func hasRoom(_ engine: LoadEngine<Reader>, _ connection: Int) -> Bool {
        engine.connections[connection].inFlightCount < pipeline && engine.connections[connection].unsentCount == 0
    }

    @inline(__always)
    mutating func replied(_ connection: Int, _ request: InFlight, failed: Bool, at now: Int64) {
        recorder.record(request.operation, now - request.started, failed: failed)
        inFlightCount -= 1
    }

    mutating func wasRead(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64) {
        lastReply = now
        release(connection, engine)
    }

    mutating func wasSent(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64) {
        release(connection, engine)
    }

    /// Gives a connection to the one that waits longest, or back to the free ones.
    private mutating func release(_ connection: Int, _ engine: LoadEngine<Reader>) {
        guard hasRoom(engine, connection), !free.contains(connection) else { return }
        while let due = queue.take() {
            if send(due, connection, engine) { return }
        }
        free.add(connection)
    }

    mutating func closed(_ connection: Int, _ engine: LoadEngine<Reader>, _ reason: String, at now: Int64) {
        inFlightCount -= engine.connections[connection].inFlightCount
        losses.note(connection, engine, reason, recorder, at: now)
        if losses.reopen(connection, engine), !free.contains(connection) { free.add(connection) }
    }
}

/// Connections that have room for a request, in turns, so that all are used alike. Invariant: each is there at most once.
private struct FreeConnections {
    private var ring: [Int32]
    private var isFree: [Bool]
    private var head = 0
    private var count: Int

    init(_ count: Int) {
        self.count = count
        ring = Array(0..<Int32(count))
        isFree = Array(repeating: true, count: count)
    }

    var isEmpty: Bool { count == 0 }

    func contains(_ connection: Int) -> Bool { isFree[connection] }

    mutating func take() -> Int {
        let connection = Int(ring[head])
        head = head + 1 == ring.count ? 0 : head + 1
        count -= 1
        isFree[connection] = false
        return connection
    }

    mutating func add(_ connection: Int) {
        let place = head + count
        ring[place < ring.count ? place : place - ring.count] = Int32(connection)
        count += 1
        isFree[connection] = true
    }
}
