package import NIOCore

/// Cuts what a server sends into replies of version 2 or 3, without any I/O.
///
/// Each element is taken from the buffer once it is complete, and the aggregates it belongs to wait on a stack, so that
/// nothing is read twice and a deep reply costs no deep recursion. Attributes are read and dropped. Streamed strings and
/// aggregates (`$?`, `*?`) are not supported; no server of ours or Redis sends them.
package struct ReplyParser: Sendable {
    package let limits: Limits
    private var received = ReceiveBuffer()
    private var searchedByteCount = 0
    private var pendingBulk: PendingBulk?
    private var open: [Aggregate] = []
    private var elementCount = 0
    private var failure: ReplyError?

    package struct Limits: Sendable, Hashable {
        /// Aggregates within each other.
        package var depthMax = 32
        /// Elements of a reply, those of all its aggregates together.
        package var elementCountMax = 1 << 20
        /// Bytes of one bulk, bulk error or verbatim text.
        package var bulkBytesMax = 64 << 20
        /// Bytes of any other element, without the line end.
        package var lineBytesMax = 64 << 10

        package init() {}
    }

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Adds what has arrived. Drain `next()` before the next arrival: nothing else bounds what waits here.
    package mutating func append(_ bytes: ByteBuffer) { received.append(bytes) }

    /// The next reply, or nil if it isn't complete.
    /// - Throws: the first violation, now and ever after.
    package mutating func next() throws(ReplyError) -> Reply? {
        if let failure { throw failure }
        do {
            while let element = try nextElement() {
                if let reply = try add(element) { return reply }
            }
            return nil
        } catch {
            failure = error
            throw error
        }
    }

    /// Bytes of memory the waiting ones take.
    var reservedByteCount: Int { received.bytes.capacity }
}

extension ReplyParser {
    private enum Element {
        case value(Reply)
        case aggregate(Aggregate)
    }

    private struct PendingBulk {
        let mark: UInt8
        let length: Int
    }

    /// Puts an element where it belongs.
    /// - Returns: the whole reply if that completes it
    private mutating func add(_ element: Element) throws(ReplyError) -> Reply? {
        var finished: Reply?
        switch element {
        case .value(let value): finished = value
        case .aggregate(let aggregate):
            guard open.count < limits.depthMax else { throw .tooDeep }
            guard aggregate.elementsLeft <= limits.elementCountMax - elementCount else { throw .tooManyElements }
            elementCount += aggregate.elementsLeft
            if aggregate.elementsLeft > 0 { open.append(aggregate) } else { finished = aggregate.reply }
        }
        while let value = finished, !open.isEmpty {
            open[open.count - 1].append(value)
            guard open[open.count - 1].elementsLeft == 0 else { return nil }
            finished = open.removeLast().reply
        }
        if finished != nil { elementCount = 0 }
        return finished
    }

    private mutating func nextElement() throws(ReplyError) -> Element? {
        if let bulk = pendingBulk { return try finish(bulk) }
        guard let line = try nextLine() else { return nil }
        let bytes = line.readableBytesUInt8Span
        let mark = bytes[0]
        let rest = bytes.extracting(1...)
        switch mark {
        case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
            guard let length = parseInteger(rest), length <= limits.bulkBytesMax else { throw .invalidLength }
            if length == -1, mark == UInt8(ascii: "$") { return .value(.null) }
            guard length >= 0 else { throw .invalidLength }
            let bulk = PendingBulk(mark: mark, length: Int(length))
            pendingBulk = bulk
            return try finish(bulk)
        case UInt8(ascii: "*"), UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            guard let count = parseInteger(rest) else { throw .invalidLength }
            if count == -1, mark == UInt8(ascii: "*") { return .value(.null) }
            guard count >= 0 else { throw .invalidLength }
            guard count <= limits.elementCountMax else { throw .tooManyElements }
            return .aggregate(Aggregate(mark: mark, count: Int(count)))
        default: return .value(try lineValue(mark, rest))
        }
    }

    /// The next line, its mark included and its line end not.
    private mutating func nextLine() throws(ReplyError) -> ByteBuffer? {
        let buffer = received.bytes
        let bytes = buffer.readableBytesUInt8Span
        // An unknown mark may be followed by anything: don't wait for a line end then.
        if let mark = bytes.isEmpty ? nil : bytes[0], !"$!=*%~>|+-:,#_(".utf8.contains(mark) {
            throw .unknownType(mark)
        }
        let searchEnd = min(bytes.count, limits.lineBytesMax + 1)
        var end = searchedByteCount
        while end < searchEnd, bytes[end] != .carriageReturn { end += 1 }
        if end > limits.lineBytesMax { throw .lineTooLong }
        guard end + 1 < bytes.count else {
            searchedByteCount = end
            return nil
        }
        guard bytes[end + 1] == .lineFeed else { throw .missingLineEnd }
        searchedByteCount = 0
        return received.take(end, thenSkip: 2)
    }

    private mutating func finish(_ bulk: PendingBulk) throws(ReplyError) -> Element? {
        let buffer = received.bytes
        let bytes = buffer.readableBytesUInt8Span
        guard bytes.count >= bulk.length + 2 else { return nil }
        guard bytes[bulk.length] == .carriageReturn, bytes[bulk.length + 1] == .lineFeed else {
            throw .missingLineEnd
        }
        let content = received.take(bulk.length, thenSkip: 2)
        pendingBulk = nil
        switch bulk.mark {
        case UInt8(ascii: "$"): return .value(.bulk(content))
        case UInt8(ascii: "!"): return .value(.error(String(buffer: content)))
        default:
            let text = content.readableBytesView
            guard text.count >= 4, text[text.startIndex + 3] == UInt8(ascii: ":") else { throw .invalidValue }
            return .value(
                .verbatim(
                    format: String(decoding: text.prefix(3), as: UTF8.self),
                    text: String(decoding: text.dropFirst(4), as: UTF8.self)))
        }
    }
}
