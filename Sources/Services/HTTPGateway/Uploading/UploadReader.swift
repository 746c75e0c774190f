import Leaderboards
import NIOCore
import Sharding
import Tenancy

/// Lines of an upload that go to the shards together, and those among them that are no submissions.
struct UploadPart: Sendable {
    var batch = SubmissionBatch()
    var reader = SubmissionReader()
    /// How many lines it covers, blank ones and wrong ones included.
    var lineCount = 0
    /// The number of the last of them.
    var lastLine: UInt64 = 0
    /// The first of the wrong ones.
    var errors: [UploadError] = []
    var errorCount = 0

    fileprivate mutating func refuse(_ line: UInt64, _ input: BadInput) { refuse(line, Problem(input)) }

    private mutating func refuse(_ line: UInt64, _ problem: Problem) {
        errorCount += 1
        guard errors.count < UploadError.countMax else { return }
        errors.append(UploadError(line: line, problem))
    }

    /// Takes out the lines that the caller may not enter.
    mutating func refuse(whatIsNotFor caller: Caller) {
        guard !caller.isUnrestricted else { return }
        var allowed: [Submission] = []
        for submission in batch.submissions {
            if let denial = caller.denial(of: submission, in: batch) {
                refuse(submission.line, Problem(denial))
            } else {
                allowed.append(submission)
            }
        }
        batch.submissions = allowed
    }

    /// Takes out the lines that look like an attack.
    mutating func refuse(whatIsBlockedBy screen: Screen) {
        var blocked: Set<UInt64> = []
        for submission in batch.submissions {
            guard let problem = screen.problem(with: submission, in: batch) else { continue }
            refuse(submission.line, problem)
            blocked.insert(submission.line)
        }
        if !blocked.isEmpty { batch.submissions.removeAll { blocked.contains($0.line) } }
    }
}

/// What is wrong with a line.
struct UploadError: Sendable {
    var line: UInt64
    var code: ProblemCode
    var message: String

    init(line: UInt64, _ problem: Problem) {
        self.line = line
        code = problem.code
        message = problem.detail
    }

    /// How many are reported.
    static let countMax = 100
}

/// Cuts an upload into lines as it arrives, and reads them into parts. Holds no more than a chunk, the beginning of a
/// line, and the part that is being filled.
struct UploadReader {
    private let lineByteCountMax: Int
    private let partLineCountMax: Int
    private let partByteCountMax: Int
    /// What has arrived and was not read.
    private var chunk = ByteBuffer()
    /// The beginning of a line whose end has not arrived.
    private var beginning: [UInt8] = []
    /// The line is too long; its rest is thrown away.
    private var isSkipping = false
    /// The number of the line that is read next.
    private var line: UInt64

    init(from line: UInt64 = 1, lineByteCountMax: Int, partLineCountMax: Int, partByteCountMax: Int = 1 << 20) {
        self.line = line
        self.lineByteCountMax = lineByteCountMax
        self.partLineCountMax = partLineCountMax
        self.partByteCountMax = partByteCountMax
    }

    /// Precondition: what arrived before was read, that is `read(into:)` has answered false.
    mutating func append(_ chunk: ByteBuffer) { self.chunk = chunk }

    /// Reads on. Answers whether the part is full; if not, more must arrive.
    mutating func read(into part: inout UploadPart) -> Bool {
        let unread = chunk
        let (taken, isFull) = unread.withUnsafeReadableBytes { read($0, &part) }
        chunk.moveReaderIndex(forwardBy: taken)
        return isFull
    }

    /// Nothing more will arrive: the last line needs no line feed.
    mutating func finish(_ part: inout UploadPart) {
        if isSkipping || !beginning.isEmpty { endLine(UnsafeRawBufferPointer(start: nil, count: 0), &part) }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer, _ part: inout UploadPart) -> (Int, isFull: Bool) {
        var offset = 0
        while part.lineCount < partLineCountMax, part.batch.bytes.count < partByteCountMax {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            guard let end = firstLineFeed(rest) else {
                keep(rest)
                return (bytes.count, false)
            }
            endLine(UnsafeRawBufferPointer(rebasing: rest[..<end]), &part)
            offset += end + 1
        }
        return (offset, true)
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        if isSkipping || beginning.count + bytes.count > lineByteCountMax {
            isSkipping = true
            beginning = []
        } else {
            beginning.append(contentsOf: bytes)
        }
    }

    private mutating func endLine(_ bytes: UnsafeRawBufferPointer, _ part: inout UploadPart) {
        if isSkipping || beginning.count + bytes.count > lineByteCountMax {
            part.refuse(line, BadInput(.lineTooLong, "A line takes at most \(lineByteCountMax) bytes."))
        } else if beginning.isEmpty {
            read(line: bytes, &part)
        } else {
            beginning.append(contentsOf: bytes)
            beginning.withUnsafeBytes { read(line: $0, &part) }
        }
        if !beginning.isEmpty { beginning.removeAll(keepingCapacity: true) }
        isSkipping = false
        part.lineCount += 1
        part.lastLine = line
        line += 1
    }

    private func read(line bytes: UnsafeRawBufferPointer, _ part: inout UploadPart) {
        var scanner = JSONScanner(bytes)
        scanner.skipSpace()
        if scanner.offset == bytes.count { return }
        let byteCount = part.batch.bytes.count
        do {
            var submission = try part.reader.read(&scanner, into: &part.batch)
            try scanner.finish()
            submission.line = line
            part.batch.submissions.append(submission)
        } catch {
            part.batch.bytes.removeLast(part.batch.bytes.count - byteCount)
            part.reader = SubmissionReader()
            part.refuse(line, error)
        }
    }
}

/// Eight bytes at a time.
private func firstLineFeed(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var offset = 0
    while bytes.count - offset >= 8 {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ (ones &* 0x0A)
        let zeros = (word &- ones) & ~word & (ones << 7)
        if zeros != 0 { return offset + (zeros.trailingZeroBitCount >> 3) }
        offset += 8
    }
    while offset < bytes.count {
        if bytes[offset] == 0x0A { return offset }
        offset += 1
    }
    return nil
}
