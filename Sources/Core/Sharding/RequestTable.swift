internal import Leaderboards

/// The answers that are remembered, so that a request sent twice takes effect once.
///
/// Part of the shard's state: filled and emptied only by applying records, so it survives restart and fail-over. An
/// answer is kept for the horizon (24 hours), or until `countMax` later ones came, whichever is sooner.
/// Invariant: `answers` holds exactly the keys in `order`, and `order` is ascending in time.
struct RequestTable {
    struct Answer: Hashable {
        /// Tells whether the same key came with another submission.
        var fingerprint: UInt64
        var leaderboard: UInt32
        /// As `SubmissionOutcome+Codec` writes it, with the windows of the current definition.
        var outcome: [UInt8]
        var time = Timestamp(milliseconds: .min)
    }

    let horizon: Duration
    let countMax: Int
    private var answers: [[UInt8]: Answer] = [:]
    private var order: Fifo<(key: [UInt8], time: Timestamp)> = Fifo()

    init(horizon: Duration, countMax: Int) {
        self.horizon = horizon
        self.countMax = countMax
    }

    var count: Int { answers.count }

    /// Nil also once the horizon has passed, whether or not the answer was forgotten yet.
    func answer(to key: [UInt8], at now: Timestamp) -> Answer? {
        guard let answer = answers[key], now < answer.time.advanced(by: horizon) else { return nil }
        return answer
    }

    mutating func remember(_ answer: Answer, for key: [UInt8], at time: Timestamp) {
        // A key is used again if the leaderboard that it was used for is gone.
        if answers[key] != nil { order.removeAll { $0.key == key } }
        answers[key] = answer
        answers[key]!.time = time
        order.append((key, time))
        if order.count > countMax { forgetOldest() }
    }

    mutating func forget(before now: Timestamp) {
        while let oldest = order.first, oldest.time.advanced(by: horizon) <= now { forgetOldest() }
    }

    private mutating func forgetOldest() {
        guard let oldest = order.removeFirst() else { return }
        answers[oldest.key] = nil
    }

    /// A leaderboard got another definition: answers name windows by their places in it. Those of a window that is gone
    /// are left out.
    mutating func rewrite(
        of leaderboard: UInt32, types: [Column.ValueType], windows old: [WindowDefinition], to new: [WindowDefinition]
    ) {
        if old.map(\.name) == new.map(\.name) { return }
        // In no particular order: each is rewritten by itself.
        for (key, answer) in answers where answer.leaderboard == leaderboard {
            let outcome = answer.outcome.withUnsafeBytes { bytes -> SubmissionOutcome? in
                var reader = ByteReader(bytes)
                return try? SubmissionOutcome(from: &reader, types: types, windows: old)
            }
            guard var outcome else { continue }
            outcome.windows.removeAll { window in !new.contains { $0.name == window.window } }
            var writer = ByteWriter(capacity: 128)
            outcome.write(to: &writer, windows: new)
            answers[key]!.outcome = writer.bytes
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(order.count))
        order.forEach { item in
            guard let answer = answers[item.key] else { return }
            writer.writeRun(item.key)
            writer.write(item.time.milliseconds)
            writer.write(answer.fingerprint)
            writer.writeVarint(UInt64(answer.leaderboard))
            writer.writeRun(answer.outcome)
        }
    }

    mutating func read(from reader: inout ByteReader) throws(ByteReader.Problem) {
        for _ in 0..<(try reader.readCount(atMost: 1 << 30)) {
            let key = Array(try reader.readRun())
            let time = Timestamp(milliseconds: try reader.read())
            let fingerprint: UInt64 = try reader.read()
            let leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
            let answer = Answer(
                fingerprint: fingerprint, leaderboard: leaderboard, outcome: Array(try reader.readRun()), time: time)
            guard answers[key] == nil else { throw .invalid("two answers to a request key") }
            answers[key] = answer
            order.append((key, time))
        }
    }
}

/// How far each named upload has come in this shard. Kept as long as request keys.
struct UploadTable {
    struct Progress: Hashable {
        var line: UInt64
        var time: Timestamp
    }

    static let countMax = 10_000

    let horizon: Duration
    private var uploads: [String: Progress] = [:]

    init(horizon: Duration) { self.horizon = horizon }

    func line(of upload: String, at now: Timestamp) -> UInt64 {
        guard let progress = uploads[upload], now < progress.time.advanced(by: horizon) else { return 0 }
        return progress.line
    }

    mutating func advance(_ upload: String, to line: UInt64, at time: Timestamp) {
        if uploads[upload] == nil, uploads.count >= Self.countMax { forgetOldest() }
        uploads[upload] = Progress(line: line, time: time)
    }

    mutating func forget(before now: Timestamp) {
        guard !uploads.isEmpty else { return }
        for (name, progress) in uploads where progress.time.advanced(by: horizon) <= now { uploads[name] = nil }
    }

    private mutating func forgetOldest() {
        guard let oldest = sorted.min(by: { ($0.1.time, $0.0) < ($1.1.time, $1.0) }) else { return }
        uploads[oldest.0] = nil
    }

    /// By name, since a dictionary's own order must not reach anything that is stored or hashed.
    private var sorted: [(String, Progress)] { uploads.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(uploads.count))
        for (name, progress) in sorted {
            writer.writeRun(name)
            writer.write(progress.line)
            writer.write(progress.time.milliseconds)
        }
    }

    mutating func read(from reader: inout ByteReader) throws(ByteReader.Problem) {
        for _ in 0..<(try reader.readCount(atMost: Self.countMax)) {
            let name = try reader.readString()
            let line: UInt64 = try reader.read()
            uploads[name] = Progress(line: line, time: Timestamp(milliseconds: try reader.read()))
        }
    }
}

/// A queue whose removal at the front does not move the rest.
private struct Fifo<Element> {
    private var items: [Element] = []
    private var head = 0

    var count: Int { items.count - head }
    var first: Element? { head < items.count ? items[head] : nil }

    mutating func append(_ element: Element) { items.append(element) }

    mutating func removeFirst() -> Element? {
        guard head < items.count else { return nil }
        defer {
            head += 1
            if head > 1024, head * 2 > items.count {
                items.removeFirst(head)
                head = 0
            }
        }
        return items[head]
    }

    /// O(n).
    mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        items.removeFirst(head)
        head = 0
        items.removeAll(where: isUnwanted)
    }

    func forEach(_ body: (Element) -> Void) {
        for index in head..<items.count { body(items[index]) }
    }
}
