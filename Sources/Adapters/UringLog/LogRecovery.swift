internal import Leaderboards
internal import Sharding

/// Reads a log's directory and says what is in it, without changing anything.
///
/// Segments are read at once by several threads, each with its chains, and joined in order.
struct LogRecovery {
    /// A segment that was made ready and never begun.
    struct Blank {
        let number: UInt64
        let fileByteCount: Int
        let isAllZeros: Bool
    }

    private let fileSystem: any LogFileSystem
    private let directory: String
    private let guards: TestingGuards
    private let continuesAfterDamage: Bool

    private(set) var identity: LogIdentity?
    private(set) var headers: [SegmentHeader] = []
    private(set) var blanks: [Blank] = []
    private(set) var spares: [String] = []
    private(set) var hasUnfinishedSegment = false
    private(set) var tails = ShardTails()
    private(set) var index = SegmentIndex()
    private(set) var summary = RecoverySummary()
    /// Where the last group stands in the last segment, if it has one that holds records.
    private(set) var lastGroupOffset: Int?
    private(set) var damages: [LogDamage] = []

    init(
        _ fileSystem: any LogFileSystem, _ directory: String, threads: Int, guards: TestingGuards,
        continuesAfterDamage: Bool
    ) throws(LogOpenError) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.guards = guards
        self.continuesAfterDamage = continuesAfterDamage
        identity = try LogIdentity.read(fileSystem, directory)
        do throws(SystemError) {
            let numbers = try listFiles()
            try readHeaders(numbers)
        } catch {
            throw LogOpenError(error)
        }
        if let version = unknownVersion { throw version }
        try stopAtDamage()
        do throws(SystemError) {
            try join(try scan(threads: threads))
        } catch {
            throw LogOpenError(error)
        }
        try stopAtDamage()
    }

    private var unknownVersion: LogOpenError?

    private func stopAtDamage() throws(LogOpenError) {
        if !continuesAfterDamage, let damage = damages.first { throw .damaged(damage) }
    }

    private mutating func damage(_ file: String, _ offset: Int, _ position: UInt64?, _ problem: String) {
        damages.append(
            LogDamage(file: file, offset: offset, position: position.map { LogPosition($0) }, problem: problem))
    }

    // MARK: Files

    /// The numbers of the segment files, ascending.
    private mutating func listFiles() throws(SystemError) -> [UInt64] {
        var numbers: [UInt64] = []
        for name in try fileSystem.contents(of: directory) {
            if let number = SegmentHeader.number(ofFile: name) {
                numbers.append(number)
            } else if LogDirectory.isSpare(name) {
                spares.append(name)
            } else if name == LogDirectory.unfinishedSegment {
                hasUnfinishedSegment = true
            }
        }
        spares.sort()
        numbers.sort()
        for (number, next) in zip(numbers, numbers.dropFirst()) where next != number + 1 {
            damage(SegmentHeader.fileName(number + 1), 0, nil, "the segment is missing")
        }
        if identity == nil, !numbers.isEmpty {
            damage(LogDirectory.identity, 0, nil, "is missing, though there are segments")
        }
        return numbers
    }

    private mutating func readHeaders(_ numbers: [UInt64]) throws(SystemError) {
        let page = UnsafeMutableRawBufferPointer.allocate(
            byteCount: SegmentHeader.byteCount, alignment: 4096)
        defer { unsafe page.deallocate() }
        for number in numbers {
            let name = SegmentHeader.fileName(number)
            let file = try fileSystem.open(directory + "/" + name, .read)
            let count = try unsafe file.readAll(into: page, at: 0)
            switch unsafe SegmentHeader.decode(UnsafeRawBufferPointer(rebasing: page[..<count])) {
            case .valid(let header): accept(header, name, number)
            case .blank: try accept(blank: number, name, file)
            case .unknownVersion(let version):
                if unknownVersion == nil { unknownVersion = .unknownVersion(file: name, version) }
            case .damaged: damage(name, 0, nil, "the segment's header is damaged")
            }
        }
        // Only the first segment of all is made ready with none before it.
        if headers.isEmpty, let blank = blanks.first, blank.number > 1 {
            damage(SegmentHeader.fileName(blank.number - 1), 0, nil, "the segment is missing")
        }
    }

    private mutating func accept(_ header: SegmentHeader, _ name: String, _ number: UInt64) {
        if let identity, header.logID != identity.logID {
            return damage(name, 0, nil, "belongs to another log")
        }
        guard header.number == number else {
            return damage(name, 0, nil, "is segment \(header.number) by its header")
        }
        if let blank = blanks.last {
            damage(SegmentHeader.fileName(blank.number), 0, nil, "is blank, but segment \(number) after it is not")
        }
        headers.append(header)
    }

    private mutating func accept(blank number: UInt64, _ name: String, _ file: any LogFile) throws(SystemError) {
        let byteCount = try file.byteCount()
        let header = SegmentHeader(
            logID: identity?.logID ?? 0, number: number, firstPosition: 0, fileByteCount: byteCount, openCount: 0,
            isRecycled: false)
        let reader = SegmentReader(file, header)
        // The header is synced before the first group is written, so a group without one has lost it.
        if try reader.hasGroupHeader() { damage(name, 0, nil, "has groups, but its header is blank") }
        let end = try reader.endOfContent(from: SegmentHeader.byteCount)
        blanks.append(
            Blank(number: number, fileByteCount: byteCount, isAllZeros: end == SegmentHeader.byteCount))
    }

    // MARK: Contents

    private func scan(threads: Int) throws(SystemError) -> [SegmentScan] {
        let headers = headers
        let results = Monitor(
            (next: 0, scans: [Result<SegmentScan, SystemError>?](repeating: nil, count: headers.count)))
        let (fileSystem, directory, guards, continues) = (fileSystem, directory, guards, continuesAfterDamage)
        @Sendable func work() {
            while true {
                let task = results.withLock { results in
                    defer { results.next += 1 }
                    return results.next
                }
                guard task < headers.count else { return }
                let header = headers[task]
                let limit = task + 1 < headers.count ? headers[task + 1].firstPosition : nil
                let result = Result { () throws(SystemError) in
                    let file = try fileSystem.open(directory + "/" + SegmentHeader.fileName(header.number), .read)
                    return try SegmentScan(
                        file, header, limit: limit, guards: guards, continuesAfterDamage: continues)
                }
                results.withLock { $0.scans[task] = result }
            }
        }
        let helpers = (1..<max(1, min(threads, headers.count))).map { _ in LogThread(name: "log-verify", work) }
        work()
        for helper in helpers { helper.join() }
        var scans: [SegmentScan] = []
        for result in results.withLock({ $0.scans }) { scans.append(try result!.get()) }
        return scans
    }

    private mutating func join(_ scans: [SegmentScan]) throws(SystemError) {
        for scan in scans {
            damages += scan.damages
            join(scan)
        }
        guard let last = scans.last else { return checkEnd(0) }
        lastGroupOffset = last.lastGroupOffset
        summary.segments = scans.count
        summary.tornByteCount = last.tornByteCount
        summary.wasClosed = last.isClosed
        summary.firstPosition = LogPosition(index.firstPosition)
        summary.endPosition = LogPosition(index.durableEnd)
        checkEnd(index.durableEnd)
    }

    private mutating func join(_ scan: SegmentScan) {
        let name = SegmentHeader.fileName(scan.header.number)
        let isFirst = index.segments.isEmpty
        if isFirst, scan.header.number == 1, scan.header.firstPosition != 0 {
            damage(name, 0, scan.header.firstPosition, "the first segment does not begin at position 0")
        }
        index.begin(scan.header, landmarks: scan.landmarks, end: scan.header.position(at: scan.endOffset))
        summary.records += scan.records
        summary.byteCount += scan.byteCount
        for (number, run) in scan.runs.enumerated() {
            guard let run else { continue }
            let shard = ShardID(UInt16(number))
            let tail = tails[shard]
            // Where the beginning was truncated away, a shard's first record has nothing to be compared with.
            let isComparable = tail != nil || index.firstPosition == 0
            if guards.verifies, isComparable, let problem = run.first.problem(following: tail) {
                damage(name, run.firstOffset, scan.header.position(at: run.firstOffset), problem)
            }
            tails[shard] = run.tail
        }
    }

    private mutating func checkEnd(_ end: UInt64) {
        guard let identity, end < identity.end else { return }
        let name = headers.last.map { SegmentHeader.fileName($0.number) } ?? SegmentHeader.fileName(1)
        damage(
            name, 0, end,
            "the log ends here, but it had reached position \(identity.end) when it was last opened")
    }
}
