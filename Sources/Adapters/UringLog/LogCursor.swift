internal import CommitLogs
internal import Leaderboards
internal import Sharding

/// Reads forward from a position to where the log was durable when the reading began. Blocks.
final class LogCursor: @unchecked Sendable {
    // Sendable because it is used by one reader, which waits for each answer before it asks again.
    private let log: SegmentedLog
    private let start: UInt64
    private let end: UInt64
    private var position: UInt64
    private var segment: (reader: SegmentReader, header: SegmentHeader)?

    init(_ log: SegmentedLog, from start: LogPosition) throws(ReadError) {
        self.log = log
        self.start = start.value
        let (first, found, end) = log.queue.withLock { queue in
            (queue.segments.firstPosition, queue.segments.start(for: start.value), queue.segments.durableEnd)
        }
        guard start.value >= first else { throw .truncated(first: LogPosition(first)) }
        self.end = end
        position = end
        guard let found, start.value < end else { return }
        position = found.group
        segment = try open(found.segment.header)
        try skipGroupsBeforeStart()
    }

    /// The next group, and the position of its first byte. Nil at the end.
    func nextGroup() throws(ReadError) -> SegmentReader.Group? {
        guard position < end else { return nil }
        try moveToSegmentOfPosition()
        guard let segment else { return nil }
        let group: SegmentReader.Group?
        do throws(SystemError) {
            group = try segment.reader.group(at: segment.header.offset(of: position))
        } catch {
            throw failure(error, in: segment.header)
        }
        guard let group = group else {
            throw unreadable(segment.header, at: position, "no valid group where one was written")
        }
        position = group.header.end
        return group
    }

    /// Calls `body` with the records from the start on, in the next group. False at the end.
    func visitGroup(_ body: (LogPosition, UnsafeRawBufferPointer) -> String?) throws(ReadError) -> Bool {
        guard let group = try nextGroup(), let header = segment?.header else { return false }
        let problem = unsafe group.forEachRecord { offset, record in
            let position = header.position(at: offset)
            return unsafe position < start ? nil : body(LogPosition(position), record)
        }
        if let problem { throw unreadable(header, at: header.position(at: problem.offset), problem.text) }
        return true
    }

    /// Entries of the next groups: some hundreds, more only if one group holds more. Empty at the end.
    func batch() throws(ReadError) -> [LogEntry] {
        let countMin = 256
        let byteCountMin = 1 << 20
        var entries: [LogEntry] = []
        var byteCount = 0
        while entries.count < countMin, byteCount < byteCountMin {
            let isFound = try unsafe visitGroup { position, bytes in
                byteCount += bytes.count
                do throws(LogRecord.DecodingError) {
                    let (record, _, hash) = try unsafe LogRecord.decode(bytes)
                    entries.append(LogEntry(position: position, record: record, hash: hash))
                    return nil
                } catch {
                    return "no valid record: \(error)"
                }
            }
            if !isFound { break }
        }
        return entries
    }

    // MARK: Segments

    private func open(
        _ header: SegmentHeader
    ) throws(ReadError) -> (reader: SegmentReader, header: SegmentHeader) {
        do throws(SystemError) {
            let path = log.directory + "/" + SegmentHeader.fileName(header.number)
            return (SegmentReader(try log.fileSystem.open(path, .read), header), header)
        } catch {
            throw failure(error, in: header)
        }
    }

    private func moveToSegmentOfPosition() throws(ReadError) {
        guard let current = segment?.header else { return }
        let next = log.queue.withLock { $0.segments.segment(after: current.number)?.header }
        guard let next, next.firstPosition <= position else { return }
        guard next.number == current.number + 1 else { throw truncated }
        segment = try open(next)
    }

    private func skipGroupsBeforeStart() throws(ReadError) {
        while position < end, let segment {
            let found: GroupHeader?
            do throws(SystemError) {
                found = try segment.reader.groupHeader(at: segment.header.offset(of: position))
            } catch {
                throw failure(error, in: segment.header)
            }
            guard let found else {
                throw unreadable(segment.header, at: position, "no valid group where one was written")
            }
            if found.end > start { return }
            position = found.end
            try moveToSegmentOfPosition()
        }
    }

    // MARK: Errors

    private var truncated: ReadError {
        .truncated(first: LogPosition(log.queue.withLock { $0.segments.firstPosition }))
    }

    private func isGone(_ header: SegmentHeader) -> Bool {
        !log.queue.withLock { $0.segments.contains(segment: header.number) }
    }

    private func failure(_ error: SystemError, in header: SegmentHeader) -> ReadError {
        isGone(header) ? truncated : .failed(error.description)
    }

    /// What can't be read was truncated meanwhile, and its file recycled, or is damaged.
    private func unreadable(_ header: SegmentHeader, at position: UInt64, _ problem: String) -> ReadError {
        if isGone(header) { return truncated }
        let offset = header.offset(of: position)
        return .corrupted(
            at: LogPosition(position), "\(SegmentHeader.fileName(header.number)) at byte \(offset): \(problem)")
    }
}
