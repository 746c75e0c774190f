import CommitLogs
import Dispatch
import Glibc
import Leaderboards
import Sharding
import Synchronization
import UringLog

/// One line of the log's benchmark.
struct LogBenchRow: Sendable {
    /// What wrote: a way of using the log, or a reference without one.
    let method: String
    /// Records of about 100 bytes made durable together.
    let batch: Int
    /// Medians over the trials.
    let recordsPerSecond: Double
    let medianMicroseconds: Double
    let p99Microseconds: Double
    /// Of `recordsPerSecond`, to a preallocated and pre-written file with pwrite and fdatasync, same run, same batch.
    var ratioToPrewritten = 0.0
    /// Likewise to appending to a file that grows.
    var ratioToGrowing = 0.0
}

/// How many records per second become durable: through the log, and through the bare system calls it rests on.
///
/// Closed loop: a batch is begun when the one before is durable. `shards` has one record of each of many shards,
/// `packed` one record with as many commands, as the shards of a busy node write. Trials of all methods take turns, and
/// the median counts.
func logBenchmarks(
    directory: String = "/tmp/laurel-log-bench", batches: [Int] = [1, 16, 256, 4096], trials: Int = 5,
    trialMilliseconds: Int = 300
) async throws -> [LogBenchRow] {
    var rows: [LogBenchRow] = []
    for batch in batches {
        let methods: [(String, any BenchMethod)] = [
            ("growing file, pwrite+fdatasync", try FileMethod(directory, batch: batch, isPrewritten: false)),
            ("pre-written file, pwrite+fdatasync", try FileMethod(directory, batch: batch, isPrewritten: true)),
            ("log, shards, plain", try ShardsMethod(directory, batch: batch, .plain)),
            ("log, shards, ring", try ShardsMethod(directory, batch: batch, .ring)),
            ("log, shards, automatic", try ShardsMethod(directory, batch: batch, .automatic)),
            ("log, packed, automatic", try PackedMethod(directory, batch: batch, .automatic)),
            ("log, packed, ring", try PackedMethod(directory, batch: batch, .ring)),
        ]
        var measured = [[Trial]](repeating: [], count: methods.count)
        for _ in 0..<trials {
            for (index, (_, method)) in methods.enumerated() {
                measured[index].append(try await method.trial(milliseconds: trialMilliseconds))
            }
        }
        for (_, method) in methods { await method.finish() }
        let medians = measured.map { trials in
            (
                rate: median(trials.map(\.batchesPerSecond)) * Double(batch),
                p50: median(trials.map { $0.microseconds(at: 0.5) }),
                p99: median(trials.map { $0.microseconds(at: 0.99) })
            )
        }
        for ((name, _), result) in zip(methods, medians) {
            rows.append(
                LogBenchRow(
                    method: name, batch: batch, recordsPerSecond: result.rate, medianMicroseconds: result.p50,
                    p99Microseconds: result.p99, ratioToPrewritten: result.rate / medians[1].rate,
                    ratioToGrowing: result.rate / medians[0].rate))
        }
    }
    rmdir(directory)
    return rows
}

/// How fast a log of `byteCount` bytes opens: bytes per second, every record verified, and read again.
func logOpeningBenchmark(
    directory: String = "/tmp/laurel-log-bench", byteCount: Int = 1 << 30, payload: Int
) async throws -> (verified: Double, replayed: Double) {
    var options = SegmentedLogOptions()
    options.verifyingThreads = 2
    let path = directory + "/opening-\(payload)"
    let log = try SegmentedLog.open(directory: path, options: options)
    let filling = try PackedMethod(log: log, path: path, payload: payload, shards: 64, givesSpaceBack: false)
    try await filling.write(byteCount)
    await log.close()
    let reopened = try SegmentedLog.open(directory: path, options: options)
    let verified = Double(reopened.recovery.byteCount) / reopened.recovery.duration.seconds
    let started = ContinuousClock.now
    var bytes = 0
    try reopened.forEachRecord(from: .start) { _, record in
        bytes += record.count
        return true
    }
    let replayed = Double(bytes) / (ContinuousClock.now - started).seconds
    await reopened.close()
    removeDirectory(path)
    rmdir(directory)
    return (verified, replayed)
}

private let recordByteCount = 104

private struct Trial {
    /// Ascending.
    let batchMicroseconds: [Double]
    let seconds: Double
    var batchesPerSecond: Double { Double(batchMicroseconds.count) / seconds }
    func microseconds(at quantile: Double) -> Double {
        batchMicroseconds[min(batchMicroseconds.count - 1, Int(Double(batchMicroseconds.count) * quantile))]
    }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

private protocol BenchMethod {
    /// Makes one batch durable, of those prepared.
    func batch() throws
    /// Prepares that many batches outside the measured time. Answers how many there are.
    func prepare(_ count: Int) async throws -> Int
    func finish() async
}

extension BenchMethod {
    func trial(milliseconds: Int) async throws -> Trial {
        var batches: [Double] = []
        var seconds = 0.0
        while seconds < Double(milliseconds) / 1000 {
            for _ in 0..<(try await prepare(64)) {
                let started = ContinuousClock.now
                try batch()
                let taken = (ContinuousClock.now - started).seconds
                batches.append(taken * 1e6)
                seconds += taken
            }
        }
        return Trial(batchMicroseconds: batches.sorted(), seconds: seconds)
    }
}

// MARK: - References

private final class FileMethod: BenchMethod {
    private let descriptor: Int32
    private let path: String
    private let bytes: [UInt8]
    private let byteCountMax: Int
    private var offset = 0

    init(_ directory: String, batch: Int, isPrewritten: Bool) throws {
        mkdir(directory, 0o755)
        path = directory + "/reference-\(batch)-\(isPrewritten)"
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
        bytes = (0..<batch * recordByteCount).map { UInt8(truncatingIfNeeded: $0) }
        byteCountMax = isPrewritten ? 64 << 20 : .max
        guard isPrewritten else { return }
        posix_fallocate(descriptor, 0, byteCountMax)
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for piece in 0..<64 { pwrite(descriptor, zeros, zeros.count, piece << 20) }
        fsync(descriptor)
    }

    func prepare(_ count: Int) -> Int { count }

    func batch() throws {
        if offset + bytes.count > byteCountMax { offset = 0 }
        guard pwrite(descriptor, bytes, bytes.count, offset) == bytes.count, fdatasync(descriptor) == 0 else {
            throw SystemError("pwrite", path, code: errno)
        }
        offset += bytes.count
    }

    func finish() async {
        close(descriptor)
        unlink(path)
    }
}

// MARK: - The log

/// A record of each of many shards, all at once. A shard's next record follows as soon as its last is durable.
private final class ShardsMethod: BenchMethod, Sendable {
    private struct State {
        var chains: [RecordChain]
        var last: [LogPosition?]
        var prepared: [[EncodedRecord]] = []
        var pending = 0
        var error: AppendError?
    }

    private let log: SegmentedLog
    private let path: String
    private let state: Mutex<State>
    private let done = DispatchSemaphore(value: 0)

    init(_ directory: String, batch: Int, _ method: SegmentedLogOptions.WriteMethod) throws {
        (log, path) = try openLog(directory, "shards-\(batch)-\(method)", method)
        state = Mutex(
            State(
                chains: (0..<batch).map { RecordChain(shard: ShardID(UInt16($0))) },
                last: [LogPosition?](repeating: nil, count: batch)))
    }

    func prepare(_ count: Int) async throws -> Int {
        try await giveBackSpace(log, state.withLock { $0.last })
        return state.withLock { state in
            let rounds = max(1, min(count, 65536 / state.chains.count))
            let payload = [UInt8](repeating: 7, count: recordByteCount - LogRecord.headerByteCount)
            state.prepared = (0..<rounds).map { _ in state.chains.indices.map { state.chains[$0].next(payload) } }
            return rounds
        }
    }

    func batch() throws {
        let (records, last) = state.withLock { state in
            state.pending = state.chains.count
            return (state.prepared.removeFirst(), state.last)
        }
        for (index, record) in records.enumerated() {
            log.enqueue(record, after: last[index]) { [self] result in
                let isLast = state.withLock { state in
                    switch result {
                    case .success(let position): state.last[index] = position
                    case .failure(let error): state.error = error
                    }
                    state.pending -= 1
                    return state.pending == 0
                }
                if isLast { done.signal() }
            }
        }
        done.wait()
        if let error = state.withLock({ $0.error }) { throw error }
    }

    func finish() async {
        await log.close()
        removeDirectory(path)
    }
}

/// One record that carries a whole batch of commands.
private final class PackedMethod: BenchMethod, Sendable {
    private struct State {
        var chains: [RecordChain]
        var last: [LogPosition?]
        var prepared: [EncodedRecord] = []
        var next = 0
        var error: AppendError?
    }

    private let log: SegmentedLog
    private let path: String
    private let payload: Int
    private let givesSpaceBack: Bool
    private let state: Mutex<State>
    private let done = DispatchSemaphore(value: 0)

    convenience init(_ directory: String, batch: Int, _ method: SegmentedLogOptions.WriteMethod) throws {
        let (log, path) = try openLog(directory, "packed-\(batch)-\(method)", method)
        try self.init(
            log: log, path: path, payload: max(40, batch * recordByteCount - LogRecord.headerByteCount), shards: 1,
            givesSpaceBack: true)
    }

    init(log: SegmentedLog, path: String, payload: Int, shards: Int, givesSpaceBack: Bool) throws {
        self.givesSpaceBack = givesSpaceBack
        self.log = log
        self.path = path
        self.payload = payload
        state = Mutex(
            State(
                chains: (0..<shards).map { RecordChain(shard: ShardID(UInt16($0))) },
                last: [LogPosition?](repeating: nil, count: shards)))
    }

    func prepare(_ count: Int) async throws -> Int {
        if givesSpaceBack { try await giveBackSpace(log, state.withLock { $0.last }) }
        return state.withLock { state in
            let bytes = [UInt8](repeating: 7, count: payload)
            let shards = state.chains.count
            state.next = 0
            state.prepared = (0..<count).map { state.chains[$0 % shards].next(bytes) }
            return count
        }
    }

    func batch() throws {
        submit()
        done.wait()
        if let error = state.withLock({ $0.error }) { throw error }
    }

    /// Writes that many bytes, a record of every shard at a time.
    func write(_ byteCount: Int) async throws {
        let shards = state.withLock { $0.chains.count }
        for _ in 0..<max(1, byteCount / LogRecord.encodedByteCount(payload: payload) / shards) {
            for _ in 0..<(try await prepare(shards)) { submit() }
            for _ in 0..<shards { done.wait() }
        }
        if let error = state.withLock({ $0.error }) { throw error }
    }

    private func submit() {
        let (record, index, last) = state.withLock { state in
            defer { state.next += 1 }
            let record = state.prepared[state.next]
            return (record, Int(record.shard.number), state.last[Int(record.shard.number)])
        }
        log.enqueue(record, after: last) { [self] result in
            state.withLock { state in
                switch result {
                case .success(let position): state.last[index] = position
                case .failure(let error): state.error = error
                }
            }
            done.signal()
        }
    }

    func finish() async {
        await log.close()
        removeDirectory(path)
    }
}

/// As checkpoints would, so that segments are used again and nothing but the log's own writing is measured.
private func giveBackSpace(_ log: SegmentedLog, _ last: [LogPosition?]) async throws {
    if let position = last.compactMap({ $0 }).min() { try await log.truncate(below: position) }
}

private func openLog(
    _ directory: String, _ name: String, _ method: SegmentedLogOptions.WriteMethod
) throws -> (SegmentedLog, String) {
    mkdir(directory, 0o755)
    let path = directory + "/" + name
    removeDirectory(path)
    var options = SegmentedLogOptions()
    options.writeMethod = method
    return (try SegmentedLog.open(directory: path, options: options), path)
}

private func removeDirectory(_ path: String) {
    for name in (try? PosixFileSystem().contents(of: path)) ?? [] { unlink(path + "/" + name) }
    rmdir(path)
}
