package import CommitLogs
package import Leaderboards
package import Sharding

/// The embedded commit log: preallocated segments of files in one directory, written by one thread.
///
/// Appends of all shards that come in while a group is being synced make up the next group, so the number of syncs
/// does not grow with the number of shards and nobody waits for a timer. Only one process can have a directory open.
///
/// A record's position is the number of bytes of the log before it, counted over the log's life; segments follow each
/// other without gaps in it, so that a missing piece shows.
///
/// When a write or a sync fails, the log stops for good: what depended on it is answered with `.outcomeUnknown`,
/// everything else with `.failed`, and nothing is tried again. Reading goes on. The next opening decides by what is
/// on disk, and makes sure of it, before it serves. A full disk is different: it is met when a segment is made ready,
/// before anything was written, is answered with `.noSpace`, and is over as soon as there is space.
///
/// Must be closed: its threads keep it alive until then.
package final class SegmentedLog: CommitLog {
    package let recovery: RecoverySummary
    /// How often the directory was opened, this time included: a number that only ever rises.
    package let openCount: UInt64

    let fileSystem: any LogFileSystem
    let directory: String
    let queue: Monitor<AppendQueue>
    let preparer: SegmentPreparer
    let worker: BlockingWorker
    let segmentByteCount: Int
    private let lock: any LogLock
    private let closing: Monitor<Closing>

    private struct Closing {
        var writer: LogThread?
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isFinished = false
    }

    /// Opens the log in `directory`, which is made if need be. Blocks while every record is verified; some 1 GB/s.
    ///
    /// - Parameter foundations: what the first records of a new log follow; the directory must not have a log
    package static func open(
        directory: String, options: SegmentedLogOptions = SegmentedLogOptions(),
        foundations: [ShardID: LogFoundation] = [:],
        fileSystem: any LogFileSystem = PosixFileSystem(), guards: TestingGuards = .all,
        notice: @escaping @Sendable (LogNotice) -> Void = { _ in }
    ) throws(LogOpenError) -> SegmentedLog {
        if let problem = options.problem { throw .invalidOptions(problem) }
        do throws(SystemError) {
            try fileSystem.createDirectory(directory)
        } catch {
            throw LogOpenError(error)
        }
        let lock: any LogLock
        do throws(LogLockError) {
            lock = try fileSystem.lock(directory + "/" + LogDirectory.lock)
        } catch {
            switch error {
            case .held(let holder): throw .locked(by: holder)
            case .failed(let error): throw LogOpenError(error)
            }
        }
        do throws(LogOpenError) {
            let opening = LogOpening(
                fileSystem: fileSystem, directory: directory, options: options, guards: guards,
                foundations: foundations, notice: notice)
            return try SegmentedLog(opening.run(), opening, lock: lock)
        } catch {
            lock.release()
            throw error
        }
    }

    private init(_ opened: OpenedLog, _ opening: LogOpening, lock: any LogLock) throws(LogOpenError) {
        let options = opening.options
        fileSystem = opening.fileSystem
        directory = opening.directory
        segmentByteCount = options.segmentByteCount
        recovery = opened.summary
        openCount = opened.identity.openCount
        self.lock = lock
        queue = Monitor(AppendQueue(tails: opened.tails, segments: opened.index, options: options))
        preparer = SegmentPreparer(
            fileSystem: fileSystem, directory: directory, options: options, next: opened.nextNumber,
            ready: opened.ready, spares: opened.spares, notice: opening.notice)
        worker = BlockingWorker(name: "log-read")
        closing = Monitor(Closing())
        let transfer = GroupTransfer(
            ring: opened.ring, ringByteCountMin: options.writeMethod == .ring ? 0 : options.ringByteCountMin,
            syncs: opening.guards.syncs)
        // Made here, used by its thread alone from then on.
        nonisolated(unsafe) let writer = LogWriter(
            queue: queue, preparer: preparer, transfer: transfer, identity: opened.identity, active: opened.active,
            end: opened.summary.endPosition.value, isOpenEnded: opened.isOpenEnded, notice: opening.notice)
        let thread = LogThread(name: "log-write") { [self] in
            unsafe writer.run()
            finishClosing()
        }
        closing.withLock { $0.writer = thread }
    }

    // MARK: Appending

    package func append(
        _ record: EncodedRecord, after expected: LogPosition?
    ) async throws(AppendError) -> LogPosition {
        let result = unsafe await withUnsafeContinuation { continuation in
            enqueue(record, after: expected) { unsafe continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Like `append`, for callers that are no tasks. `completion` is called once: on the writing thread, where it must
    /// not block, or before this returns, if the append is refused at once.
    package func enqueue(
        _ record: EncodedRecord, after expected: LogPosition?, completion: @escaping AppendCompletion
    ) {
        let (refusal, isFirst) = queue.withLock { queue in
            let wasEmpty = queue.filling.isEmpty
            let refusal = queue.enqueue(AppendRequest(record: record, expected: expected, completion: completion))
            return (refusal, wasEmpty && !queue.filling.isEmpty)
        }
        if let refusal { return completion(.failure(refusal)) }
        if isFirst { queue.signal() }
    }

    // MARK: State

    package func lastPositions() async -> [ShardID: LogPosition] {
        let tails = queue.withLock { $0.tails }
        return Dictionary(uniqueKeysWithValues: tails.all.map { ($0.shard, $0.tail.position) })
    }

    package func firstPosition() async -> LogPosition {
        LogPosition(queue.withLock { $0.segments.firstPosition })
    }

    /// Everything below is durable and can be read.
    package var endPosition: LogPosition { LogPosition(queue.withLock { $0.segments.durableEnd }) }

    // MARK: Closing

    /// Writes what was accepted, then stops. May be called more than once; every call waits for the end.
    package func close() async {
        queue.withLock { $0.beginClosing() }
        queue.signal()
        await withCheckedContinuation { continuation in
            let isFinished = closing.withLock { closing in
                if !closing.isFinished { closing.waiting.append(continuation) }
                return closing.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    /// The last act of the writing thread.
    private func finishClosing() {
        preparer.stop()
        worker.stop()
        queue.withLock { $0.finishClosing() }
        lock.release()
        let waiting = closing.withLock { closing in
            closing.isFinished = true
            defer { closing.waiting = [] }
            return closing.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
