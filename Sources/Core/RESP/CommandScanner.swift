/// Reads one command from the front of the bytes and remembers how far it came.
///
/// Invariant: `position` bytes are understood and described by `arguments` and `phase`; of those behind it,
/// `searchedByteCount` hold no line end. All places count from the start of the command.
struct CommandScanner: Sendable {
    private(set) var arguments: [ArgumentRange] = []
    /// Replaces the start of a quoted inline command; `arguments` are places in it.
    private(set) var rewritten: [UInt8] = []
    private(set) var position = 0
    private var searchedByteCount = 0
    private var phase = Phase.start

    /// Nothing of a command was read.
    var isAtStart: Bool {
        if case .start = phase { searchedByteCount == 0 } else { false }
    }

    private enum Phase {
        case start
        /// Before `$length`, with this many arguments to come.
        case bulkHeader(argumentsLeft: Int)
        case bulk(length: Int, argumentsLeft: Int)
    }

    /// Above this an array is given back after its command.
    private static let keptCapacityMax = 4096

    /// - Returns: whether the command is complete. It has no arguments if it is to be ignored.
    mutating func scan(_ bytes: borrowing Span<UInt8>, _ limits: CommandParser.Limits) throws(ProtocolError) -> Bool {
        while true {
            switch phase {
            case .start:
                guard !bytes.isEmpty else { return false }
                guard bytes[0] == UInt8(ascii: "*") else { return try scanInline(bytes, limits) }
                guard let end = try lineEnd(in: bytes, .carriageReturn, limits, orThrow: .tooBigMultibulkCount) else {
                    return false
                }
                let count = try argumentCount(bytes.extracting(1..<end), limits)
                advance(to: end + 2)
                if count <= 0 { return true }
                phase = .bulkHeader(argumentsLeft: count)
            case .bulkHeader(let argumentsLeft):
                guard let end = try lineEnd(in: bytes, .carriageReturn, limits, orThrow: .tooBigBulkCount) else {
                    return false
                }
                let mark = bytes[position]
                guard mark == UInt8(ascii: "$") else { throw .expectedBulk(got: mark) }
                let length = try bulkLength(bytes.extracting((position + 1)..<end), limits)
                advance(to: end + 2)
                guard position + length + 2 <= limits.commandBytesMax else { throw .tooBigRequest }
                phase = .bulk(length: length, argumentsLeft: argumentsLeft)
            case .bulk(let length, let argumentsLeft):
                guard bytes.count - position >= length + 2 else { return false }
                arguments.append(ArgumentRange(start: position, count: length))
                advance(to: position + length + 2)
                if argumentsLeft == 1 { return true }
                phase = .bulkHeader(argumentsLeft: argumentsLeft - 1)
            }
        }
    }

    mutating func reset() {
        arguments.removeAll(keepingCapacity: arguments.capacity <= Self.keptCapacityMax)
        if !rewritten.isEmpty { rewritten.removeAll(keepingCapacity: rewritten.capacity <= Self.keptCapacityMax) }
        advance(to: 0)
        phase = .start
    }

    private mutating func advance(to position: Int) {
        self.position = position
        searchedByteCount = 0
    }

    private mutating func scanInline(
        _ bytes: borrowing Span<UInt8>, _ limits: CommandParser.Limits
    ) throws(ProtocolError) -> Bool {
        guard let end = try lineEnd(in: bytes, .lineFeed, limits, orThrow: .tooBigInlineRequest) else { return false }
        let hasReturn = end > 0 && bytes[end - 1] == .carriageReturn
        let line = bytes.extracting(0..<(hasReturn ? end - 1 : end))
        guard splitInline(line, into: &arguments, rewritten: &rewritten) else { throw .unbalancedQuotes }
        advance(to: end + 1)
        return true
    }

    /// The place of the line's `terminator`, once it and, for `\r`, the byte behind it are there.
    private mutating func lineEnd(
        in bytes: borrowing Span<UInt8>, _ terminator: UInt8, _ limits: CommandParser.Limits,
        orThrow tooLong: ProtocolError
    ) throws(ProtocolError) -> Int? {
        let searchEnd = min(bytes.count, position + limits.inlineBytesMax + 1)
        var index = position + searchedByteCount
        while index < searchEnd, bytes[index] != terminator { index += 1 }
        searchedByteCount = index - position
        guard index < searchEnd else {
            if searchedByteCount > limits.inlineBytesMax { throw tooLong }
            return nil
        }
        return terminator == .carriageReturn && index + 1 == bytes.count ? nil : index
    }

    private func argumentCount(
        _ digits: borrowing Span<UInt8>, _ limits: CommandParser.Limits
    ) throws(ProtocolError) -> Int {
        guard let count = parseInteger(digits), count <= limits.argumentCountMax else { throw .invalidMultibulkLength }
        guard limits.isAuthenticated || count <= CommandParser.Limits.unauthenticatedArgumentCountMax else {
            throw .unauthenticatedMultibulkLength
        }
        return Int(count)
    }

    private func bulkLength(
        _ digits: borrowing Span<UInt8>, _ limits: CommandParser.Limits
    ) throws(ProtocolError) -> Int {
        guard let length = parseInteger(digits), length >= 0, length <= limits.bulkBytesMax else {
            throw .invalidBulkLength
        }
        guard limits.isAuthenticated || length <= CommandParser.Limits.unauthenticatedBulkBytesMax else {
            throw .unauthenticatedBulkLength
        }
        return Int(length)
    }
}

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
}
