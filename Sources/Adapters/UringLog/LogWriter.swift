internal import CommitLogs
internal import Glibc
internal import Leaderboards

/// The one thread that writes: takes what all shards have queued as one group, makes it durable, tells the callers.
///
/// The callers of a large group are told while the next one is already under way. Those of a small one are told first:
/// that takes little, and what they append next may come along in the group.
final class LogWriter {
    /// The segment appended to.
    struct Active {
        let file: any LogFile
        let header: SegmentHeader
    }

    /// From this many appends on, telling their callers takes so long that the disk should not wait for it.
    private static let overlappedCountMin = 64

    private enum Step {
        case write(GroupBuffer)
        case announce
        case stop
    }

    /// A group that is durable, whose callers have not been told.
    private struct Durable {
        let group: GroupBuffer
        let position: UInt64
        let refused: [DecidedAppend]
    }

    private let queue: Monitor<AppendQueue>
    private let preparer: SegmentPreparer
    private let transfer: GroupTransfer
    private let identity: LogIdentity
    private let notice: @Sendable (LogNotice) -> Void
    private var active: Active?
    private var end: UInt64
    private var durable: Durable?
    /// Something is below `end` that no end-of-run group vouches for.
    private var isOpenEnded: Bool

    init(
        queue: Monitor<AppendQueue>, preparer: SegmentPreparer, transfer: GroupTransfer, identity: LogIdentity,
        active: Active?, end: UInt64, isOpenEnded: Bool, notice: @escaping @Sendable (LogNotice) -> Void
    ) {
        self.queue = queue
        self.preparer = preparer
        self.transfer = transfer
        self.identity = identity
        self.notice = notice
        self.active = active
        self.end = end
        self.isOpenEnded = isOpenEnded
    }

    func run() {
        while true {
            switch nextStep() {
            case .write(let group): write(group)
            case .announce: announce()
            case .stop: return finish()
            }
        }
    }

    private func nextStep() -> Step {
        let untold = durable?.group.appends.count ?? 0
        return queue.wait { queue in
            // A next group far smaller than the one before: its callers are about to come back with their next records.
            let isNextWorthIt = untold >= Self.overlappedCountMin && queue.filling.appends.count * 2 >= untold
            if untold > 0, !isNextWorthIt { return .announce }
            if let group = queue.takeGroup() { return .write(group) }
            return queue.phase == .open ? nil : .stop
        }
    }

    private func write(_ group: GroupBuffer) {
        let target: Active
        do throws(SystemError) {
            target = try segment(with: group.byteCount)
        } catch {
            return abandon(group, because: error)
        }
        let position = end
        do throws(SystemError) {
            let bytes = unsafe group.seal(at: position, kind: .records, seed: target.header.groupSeed)
            try unsafe transfer.begin(bytes, to: target.file, at: target.header.offset(of: position))
            announce()
            try transfer.finish()
        } catch {
            announce()
            return fail(group, because: error)
        }
        end = position + UInt64(group.byteCount)
        isOpenEnded = true
        let refused = queue.withLock { $0.complete(group, at: position) }
        durable = Durable(group: group, position: position, refused: refused)
    }

    private func announce() {
        guard let durable else { return }
        self.durable = nil
        for append in durable.group.appends {
            append.completion(.success(LogPosition(durable.position + UInt64(append.offset))))
        }
        for append in durable.refused { append.announce() }
        queue.withLock { $0.recycle(durable.group) }
    }

    // MARK: Segments

    /// The active segment if a group of `byteCount` fits, else the next one.
    private func segment(with byteCount: Int) throws(SystemError) -> Active {
        if let active {
            let needed = active.header.offset(of: end) + byteCount + GroupHeader.byteCount
            if needed <= active.header.fileByteCount { return active }
        }
        announce()
        let prepared = try preparer.take()
        let header = SegmentHeader(
            logID: identity.logID, number: prepared.number, firstPosition: end,
            fileByteCount: prepared.byteCount, openCount: identity.openCount, isRecycled: prepared.isRecycled)
        // Durable before any group: a group without a header is damage, not a torn tail. Its block is there already,
        // so even a lack of space is a failure here and none that waiting would cure.
        do throws(SystemError) {
            try header.write(to: prepared.file)
            try prepared.file.syncData()
        } catch {
            throw SystemError(
                error.call, SegmentHeader.fileName(header.number), code: error.isNoSpace ? EIO : error.code)
        }
        active?.file.close()
        let next = Active(file: prepared.file, header: header)
        active = next
        queue.withLock { $0.beginSegment(header) }
        return next
    }

    // MARK: Failure

    /// There was no segment for the group; nothing of it was written.
    private func abandon(_ group: GroupBuffer, because error: SystemError) {
        announce()
        let refused: [DecidedAppend]
        let answer: AppendError
        if error.isNoSpace {
            answer = .noSpace
            refused = queue.withLock { $0.abandon(group) }
        } else {
            answer = .failed(error.description)
            refused = queue.withLock { $0.fail(error.description) }
            notice(.failed(error.description))
        }
        for append in group.appends { append.completion(.failure(answer)) }
        for append in refused { append.announce() }
        queue.withLock { $0.recycle(group) }
    }

    /// Writing the group failed. Whether it is on disk is unknown and stays so until the next opening.
    private func fail(_ group: GroupBuffer, because error: SystemError) {
        let refused = queue.withLock { $0.fail(error.description) }
        notice(.failed(error.description))
        for append in group.appends { append.completion(.failure(.outcomeUnknown(error.description))) }
        for append in refused { append.announce() }
        // The kernel may still read from a buffer that a ring has not given back: it is not used again.
        active?.file.close()
        active = nil
        abandonedGroup = group
    }

    private var abandonedGroup: GroupBuffer?

    /// Says at the end of the log that all of it is durable. Only a convenience for the next opening: it may fail.
    private func finish() {
        defer { active?.file.close() }
        guard isOpenEnded, let active, queue.withLock({ $0.failure }) == nil else { return }
        let group = GroupBuffer()
        let bytes = unsafe group.seal(at: end, kind: .end, seed: active.header.groupSeed)
        do throws(SystemError) {
            try unsafe active.file.writeAll(bytes, at: active.header.offset(of: end))
            try active.file.syncData()
        } catch {
            notice(.failed("could not mark the log as closed: \(error)"))
        }
    }
}

extension SegmentHeader {
    func write(to file: any LogFile) throws(SystemError) {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.byteCount, alignment: 4096)
        defer { unsafe page.deallocate() }
        unsafe encode(into: page)
        try unsafe file.writeAll(UnsafeRawBufferPointer(page), at: 0)
    }
}
