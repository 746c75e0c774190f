/// Each connection sends a batch, waits for all of its replies, and sends the next.
struct ClosedLoop<Reader: ReplyReader>: LoadDriver {
    private let pool: RequestPool
    private let pipeline: Int
    private let recorder: Recorder
    private var place = 0
    /// How many requests may still be sent.
    private var left: Int
    /// Nothing is sent after it.
    var deadline: Int64
    private(set) var activeCount = 0
    private(set) var lastReply: Int64 = 0
    var losses = Losses()

    init(_ pool: RequestPool, pipeline: Int, requestsMax: Int, deadline: Int64, recorder: Recorder) {
        self.pool = pool
        self.pipeline = pipeline
        self.recorder = recorder
        self.deadline = deadline
        left = requestsMax
    }

    mutating func start(_ engine: LoadEngine<Reader>) {
        let now = monotonicNanoseconds()
        for connection in 0..<engine.count { sendBatch(connection, engine, at: now) }
    }

    private mutating func sendBatch(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64) {
        let count = min(pipeline, left)
        guard count > 0, now < deadline else { return }
        if place + count > pool.count { place = 0 }
        left -= count
        activeCount += 1
        engine.connections[connection].batchStarted = now
        for offset in 0..<count {
            engine.connections[connection].push(
                InFlight(started: now, tag: 0, operation: pool.operation(of: place + offset)))
        }
        engine.send(connection, pool.start(of: place), pool.byteCount(of: place, count))
        place += count
    }

    @inline(__always)
    mutating func replied(_ connection: Int, _ request: InFlight, failed: Bool, at now: Int64) {
        recorder.record(request.operation, now - request.started, failed: failed)
    }

    mutating func wasRead(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64) {
        guard engine.connections[connection].inFlightCount == 0 else { return }
        activeCount -= 1
        lastReply = now
        if pipeline > 1 { recorder.recordBatch(now - engine.connections[connection].batchStarted) }
        sendBatch(connection, engine, at: monotonicNanoseconds())
    }

    mutating func wasSent(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64) {}

    mutating func closed(_ connection: Int, _ engine: LoadEngine<Reader>, _ reason: String, at now: Int64) {
        if engine.connections[connection].inFlightCount > 0 { activeCount -= 1 }
        losses.note(connection, engine, reason, recorder, at: now)
        if losses.reopen(connection, engine) { sendBatch(connection, engine, at: monotonicNanoseconds()) }
    }
}

/// Connections that broke, and requests that went down with them.
struct Losses {
    static let reconnectionsMax = 1000

    private(set) var unanswered = 0
    private(set) var reconnections = 0
    private(set) var reasons: [String] = []
    private(set) var openCount = 0
    private(set) var errors: [String] = []
    private(set) var statusCounts: [Int] = []
    /// Set when too much broke to go on.
    private(set) var isHopeless = false

    /// Counts what was on its way as having taken until now.
    mutating func note<Reader: ReplyReader>(
        _ connection: Int, _ engine: LoadEngine<Reader>, _ reason: String, _ recorder: Recorder, at now: Int64
    ) {
        collect(engine.connections[connection].reader)
        if reasons.count < 3, !reasons.contains(reason) { reasons.append(reason) }
        var count = 0
        engine.dropInFlight(connection) { request in
            recorder.record(request.operation, now - request.started, failed: true)
            count += 1
        }
        unanswered += count
    }

    mutating func reopen<Reader: ReplyReader>(_ connection: Int, _ engine: LoadEngine<Reader>) -> Bool {
        guard reconnections < Self.reconnectionsMax else {
            isHopeless = true
            return false
        }
        reconnections += 1
        do {
            try engine.open(connection)
            return true
        } catch {
            isHopeless = true
            if reasons.count < 3 { reasons.append("\(error)") }
            return false
        }
    }

    private mutating func collect(_ reader: some ReplyReader) {
        for (place, count) in reader.statusCounts.enumerated() {
            if place == statusCounts.count { statusCounts.append(0) }
            statusCounts[place] += count
        }
        for text in reader.errorTexts where errors.count < 5 && !errors.contains(text) {
            errors.append(text)
        }
    }
}
