internal import CommitLogs
internal import Glibc
internal import Leaderboards

/// What an opening leaves to the log.
struct OpenedLog {
    var identity: LogIdentity
    var tails: ShardTails
    var index: SegmentIndex
    var summary: RecoverySummary
    var active: LogWriter.Active?
    /// No end-of-run group stands at the end.
    var isOpenEnded: Bool
    var nextNumber: UInt64
    var ready: PreparedSegment?
    var spares: [String]
    var ring: (any SubmissionRing)?
}

/// Makes a directory ready for appending: recovers what is in it, makes sure that it is on disk, cleans up.
struct LogOpening {
    let fileSystem: any LogFileSystem
    let directory: String
    let options: SegmentedLogOptions
    let guards: TestingGuards
    var foundations: [ShardID: LogFoundation] = [:]
    let notice: @Sendable (LogNotice) -> Void

    func run() throws(LogOpenError) -> OpenedLog {
        let started = ContinuousClock.now
        let recovery = try LogRecovery(
            fileSystem, directory, threads: options.verifyingThreads, guards: guards, continuesAfterDamage: false)
        if !foundations.isEmpty, recovery.identity != nil || !recovery.headers.isEmpty {
            throw .invalidOptions("there is a log already: only a new one can begin where another has ended")
        }
        var identity =
            recovery.identity ?? LogIdentity(logID: .random(in: 1...(.max)), openCount: 0, end: 0, firstPosition: 0)
        identity.openCount += 1
        identity.end = recovery.index.durableEnd
        identity.firstPosition = recovery.index.firstPosition
        let ring = try makeRing()
        do throws(SystemError) {
            let active = try secureTail(recovery)
            try identity.write(fileSystem, directory)
            if recovery.hasUnfinishedSegment {
                try fileSystem.remove(directory + "/" + LogDirectory.unfinishedSegment)
            }
            var summary = recovery.summary
            var nextNumber = (recovery.headers.last?.number ?? 0) + 1
            let ready = try adopt(recovery.blanks, next: nextNumber)
            let spares = try usable(recovery.spares)
            var tails = recovery.tails
            if !foundations.isEmpty {
                // As if a first segment had been truncated: nobody expects the shards' first records behind it.
                nextNumber = 2
                summary.endPosition = LogPosition(UInt64(SegmentHeader.byteCount))
                for (shard, foundation) in foundations { tails[shard] = ShardTail(foundation) }
            }
            summary.duration = ContinuousClock.now - started
            return OpenedLog(
                identity: identity, tails: tails, index: recovery.index, summary: summary, active: active,
                isOpenEnded: active != nil && !recovery.summary.wasClosed, nextNumber: nextNumber, ready: ready,
                spares: spares, ring: ring)
        } catch {
            throw LogOpenError(error)
        }
    }

    private func makeRing() throws(LogOpenError) -> (any SubmissionRing)? {
        guard options.writeMethod != .plain else { return nil }
        do throws(SystemError) {
            return try fileSystem.makeRing()
        } catch {
            guard options.writeMethod == .automatic else { throw .failed(error) }
            notice(.ringUnavailable(error))
            return nil
        }
    }

    /// Makes the end of the log durable, unless it says itself that it is.
    ///
    /// The last group may have been read from memory that the kernel failed to write, believes to be written, and will
    /// forget. Writing the same bytes again makes them dirty again, and a sync then means what it says. No group before
    /// the last needs it: each was written after a sync of the one before. If the power fails here, every sector is as
    /// it was or as it should be. What follows, the torn rest, is blanked, so that it can't come back.
    private func secureTail(_ recovery: LogRecovery) throws(SystemError) -> LogWriter.Active? {
        guard let header = recovery.headers.last else { return nil }
        let file = try fileSystem.open(directory + "/" + SegmentHeader.fileName(header.number), .readWrite)
        let active = LogWriter.Active(file: file, header: header)
        if recovery.summary.wasClosed { return active }
        try header.write(to: file)
        if let offset = recovery.lastGroupOffset {
            let reader = SegmentReader(file, header, isVerified: guards.verifies)
            guard let group = try reader.group(at: offset) else {
                throw SystemError("read again", SegmentHeader.fileName(header.number), code: EIO)
            }
            try unsafe file.writeAll(group.wholeBytes, at: offset)
        }
        let end = recovery.summary.endPosition
        let endOffset = header.offset(of: end.value)
        try blank(file, from: endOffset, to: min(endOffset + 4096, header.fileByteCount))
        try file.syncData()
        if recovery.summary.tornByteCount > 0 {
            notice(
                .tornTailDropped(
                    file: SegmentHeader.fileName(header.number), position: end,
                    byteCount: recovery.summary.tornByteCount))
        }
        return active
    }

    private func blank(_ file: any LogFile, from start: Int, to end: Int) throws(SystemError) {
        guard end > start else { return }
        let zeros = [UInt8](repeating: 0, count: end - start)
        let outcome = unsafe zeros.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in try unsafe file.writeAll(bytes, at: start) }
        }
        try outcome.get()
    }

    /// Takes over a segment that an earlier run made ready and did not begin; removes what is of no use.
    private func adopt(_ blanks: [LogRecovery.Blank], next number: UInt64) throws(SystemError) -> PreparedSegment? {
        var ready: PreparedSegment?
        for blank in blanks.reversed() {
            let path = directory + "/" + SegmentHeader.fileName(blank.number)
            if blank.number == number, blank.fileByteCount == options.segmentByteCount {
                let file = try fileSystem.open(path, .readWrite)
                // Its own syncs may have failed unnoticed.
                try self.blank(file, from: 0, to: SegmentHeader.byteCount)
                try file.sync()
                ready = PreparedSegment(
                    file: file, number: number, byteCount: blank.fileByteCount, isRecycled: !blank.isAllZeros)
            } else {
                try fileSystem.remove(path)
                try fileSystem.syncDirectory(directory)
            }
        }
        return ready
    }

    private func usable(_ spares: [String]) throws(SystemError) -> [String] {
        var usable: [String] = []
        for spare in spares {
            let path = directory + "/" + spare
            let byteCount = try fileSystem.open(path, .read).byteCount()
            if byteCount == options.segmentByteCount, usable.count < SegmentPreparer.sparesMax {
                usable.append(spare)
            } else {
                try fileSystem.remove(path)
            }
        }
        return usable
    }
}
