internal import Glibc

/// Writes with a ledger: as fast as the server answers, through its crashes and restarts.
package struct LedgerLoad: Sendable {
    package var target: Target
    package var members = 10_000
    package var connections = 8
    package var pipeline = 4
    package var seconds = 10.0
    package var writesMax = 100_000_000
    /// Distinguishes the board of this run from those of others.
    package var run = 1
    /// Called now and then with how many were acknowledged and are in doubt.
    package var progress: @Sendable (_ seconds: Double, _ acknowledged: Int, _ inDoubt: Int) -> Void = { _, _, _ in }

    package init(_ target: Target) { self.target = target }

    package func write() throws -> Ledger {
        let board = "lb-ledger-\(run)"
        if target.wire == .http {
            let column = "{\"name\":\"score\",\"type\":\"integer\",\"operator\":\"best\"}"
            let question = try Question(target)
            let answer = try question.http(
                "POST", "/v1/leaderboards", body: "{\"id\":\"\(board)\",\"columns\":[\(column)]}")
            guard answer.status == 201 else { throw HarnessError("no leaderboard: \(answer.status) \(answer.body)") }
        }
        let ledger = Ledger(board: board, members: members)
        switch target.wire {
        case .resp: return try write(LedgerDriver<RESPReplyReader>(ledger, self))
        case .http: return try write(LedgerDriver<HTTPReplyReader>(ledger, self))
        }
    }

    private func write<Reader>(_ driver: LedgerDriver<Reader>) throws -> Ledger {
        var driver = driver
        let engine = LoadEngine<Reader>(target, connections: connections, depth: pipeline)
        try engine.openAll()
        let start = monotonicNanoseconds()
        let end = start + Int64(seconds * 1e9)
        let giveUp = end + 10_000_000_000
        var nextProgress = start + 1_000_000_000
        for connection in 0..<connections { driver.send(connection, engine) }
        while true {
            let now = monotonicNanoseconds()
            if now >= nextProgress {
                nextProgress += 1_000_000_000
                progress(Double(now - start) / 1e9, driver.ledger.acknowledgedCount, driver.ledger.inDoubtCount)
            }
            if now >= end || Interruption.isRequested { driver.isStopping = true }
            if driver.isStopping, driver.inFlightCount == 0 || now > giveUp { break }
            driver.resume(engine, at: now)
            engine.step(&driver, nanoseconds: 20_000_000)
        }
        // What was never answered is in doubt.
        for connection in 0..<connections { driver.abandon(connection, engine) }
        return driver.ledger
    }
}

/// Each connection writes members of its own, one after the other, a few at a time.
///
/// When a connection breaks, the server may have crashed, and what it acknowledged until then must be looked for later
/// on. A new write of the same member would hide that it was lost. So from then on other members are written: a new
/// generation of them, once for each crash however many connections see it.
struct LedgerDriver<Reader: ReplyReader>: LoadDriver {
    private(set) var ledger: Ledger
    private(set) var inFlightCount = 0
    var isStopping = false
    private let load: LedgerLoad
    private let host: String
    private let buffers: [Buffer]
    private var nextMember: [Int]
    /// When a connection that broke or was refused is to go on.
    private var resumeAt: [Int64?]
    private var lastScore = 0
    /// The first member of the generation that is written.
    private var firstMember = 0
    private var repliesOfGeneration = 0

    private final class Buffer {
        var bytes = ByteBuilder()
    }

    private static var pauseNanoseconds: Int64 { 20_000_000 }
    private static var scoreBits: UInt64 { 40 }

    init(_ ledger: Ledger, _ load: LedgerLoad) {
        self.ledger = ledger
        self.load = load
        host = "\(load.target.host):\(load.target.port)"
        buffers = (0..<load.connections).map { _ in Buffer() }
        nextMember = Array(0..<load.connections)
        resumeAt = Array(repeating: nil, count: load.connections)
    }

    mutating func send(_ connection: Int, _ engine: LoadEngine<Reader>) {
        buffers[connection].bytes.clear()
        var count = 0
        for _ in 0..<load.pipeline where !isStopping {
            let member = firstMember + nextMember[connection]
            nextMember[connection] += load.connections
            if nextMember[connection] >= load.members { nextMember[connection] = connection }
            guard ledger.canWrite(member) else { continue }
            lastScore += 1
            append(member, lastScore, &buffers[connection].bytes)
            let tag = UInt64(member) << Self.scoreBits | UInt64(lastScore)
            engine.connections[connection].push(InFlight(started: 0, tag: tag, operation: 0))
            count += 1
            if lastScore >= load.writesMax { isStopping = true }
        }
        inFlightCount += count
        if count == 0 {
            resumeAt[connection] = monotonicNanoseconds() + Self.pauseNanoseconds
        } else {
            engine.send(connection, buffers[connection].bytes.start, buffers[connection].bytes.count)
        }
    }

    private func append(_ member: Int, _ score: Int, _ bytes: inout ByteBuilder) {
        switch load.target.wire {
        case .resp: bytes.append(respCommand(["ZADD", ledger.board, "GT", "\(score)", Ledger.name(member)]))
        case .http:
            let body = "{\"leaderboard\":\"\(ledger.board)\",\"user\":\"\(Ledger.name(member))\",\"score\":\(score)}"
            let key = load.target.keys.first.map { "X-Api-Key: \($0)\r\n" } ?? ""
            let head =
                "POST /v1/scores/update HTTP/1.1\r\nHost: \(host)\r\n\(key)Content-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
            bytes.append(Array((head + body).utf8))
        }
    }

    mutating func replied(_ connection: Int, _ request: InFlight, failed: Bool, at now: Int64) {
        inFlightCount -= 1
        let (member, score) = Self.write(request)
        if member >= firstMember { repliesOfGeneration += 1 }
        if failed {
            // Whether it was done is the server's secret; and it had better not be asked at once again.
            ledger.doubt(member, score)
            resumeAt[connection] = now + Self.pauseNanoseconds
        } else {
            ledger.acknowledge(member, score)
        }
    }

    mutating func wasRead(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64) {
        if engine.connections[connection].inFlightCount == 0, resumeAt[connection] == nil { send(connection, engine) }
    }

    mutating func wasSent(_ connection: Int, _ engine: LoadEngine<Reader>, at now: Int64) {}

    mutating func closed(_ connection: Int, _ engine: LoadEngine<Reader>, _ reason: String, at now: Int64) {
        abandon(connection, engine)
        resumeAt[connection] = now + Self.pauseNanoseconds
        guard repliesOfGeneration > 0 else { return }
        repliesOfGeneration = 0
        guard ledger.acknowledged.count + load.members <= Ledger.totalMax else {
            isStopping = true
            return
        }
        firstMember = ledger.acknowledged.count
        ledger.extend(by: load.members)
        nextMember = Array(0..<load.connections)
    }

    /// Puts what was on its way in doubt.
    mutating func abandon(_ connection: Int, _ engine: LoadEngine<Reader>) {
        var dropped: [InFlight] = []
        engine.dropInFlight(connection) { dropped.append($0) }
        inFlightCount -= dropped.count
        for request in dropped {
            let (member, score) = Self.write(request)
            ledger.doubt(member, score)
        }
    }

    /// Takes up connections whose pause is over, and opens those that broke.
    mutating func resume(_ engine: LoadEngine<Reader>, at now: Int64) {
        for connection in resumeAt.indices {
            guard let time = resumeAt[connection], time <= now, !isStopping else { continue }
            guard engine.connections[connection].inFlightCount == 0 else { continue }
            resumeAt[connection] = nil
            if engine.connections[connection].socket < 0 {
                do {
                    try engine.open(connection)
                } catch {
                    resumeAt[connection] = now + Self.pauseNanoseconds
                    continue
                }
            }
            send(connection, engine)
        }
    }

    private static func write(_ request: InFlight) -> (member: Int, score: Int) {
        (Int(request.tag >> scoreBits), Int(request.tag & (1 << scoreBits - 1)))
    }
}
