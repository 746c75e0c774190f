internal import Glibc
internal import NIOCore

/// Cuts what a server sends into operations, as the bytes come in.
///
/// It holds at most one operation that is not complete, within limits: a length is believed only up to what may be, so
/// no server makes a client allocate without end. After an error nothing more can be understood: the connection ends.
struct OperationParser {
    struct Limits: Sendable {
        /// Of a line other than INFO. A server's own limit for lines of clients.
        var lineByteCountMax = 4096
        var infoByteCountMax = 256 << 10
        /// Of headers and payload together.
        var messageByteCountMax = 16 << 20
    }

    enum Problem: Error, Hashable {
        case unknownOperation(String)
        case lineTooLong
        case badArguments(String)
        case messageTooLong(Int)
        case badHeaders
        /// A message does not end where its length says.
        case badEnd
    }

    /// A message whose line was read and whose bytes are not all there.
    private struct Arriving {
        var message: Message
        var headerByteCount: Int
        var byteCount: Int
        var hasHeaders: Bool
    }

    private let limits: Limits
    private var buffer = ByteBuffer()
    /// Of the unread bytes, so many have no line end.
    private var scannedByteCount = 0
    private var arriving: Arriving?

    init(limits: Limits = Limits()) { self.limits = limits }

    var isEmpty: Bool { buffer.readableBytes == 0 && arriving == nil }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
            return
        }
        // What is taken out goes away before more comes in, or the buffer would grow with the connection's life.
        buffer.discardReadBytes()
        buffer.writeImmutableBuffer(bytes)
    }

    /// The next operation; nil if more bytes are needed.
    mutating func next() throws(Problem) -> ServerOperation? {
        while true {
            if let arriving { return try finish(arriving) }
            guard let line = try nextLine() else { return nil }
            if let operation = try parse(line) { return operation }
        }
    }

    // MARK: Lines

    private mutating func nextLine() throws(Problem) -> ByteBuffer? {
        let scanned = scannedByteCount
        let found: Int? = buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress, scanned < bytes.count,
                let feed = memchr(base + scanned, 0x0A, bytes.count - scanned)
            else { return nil }
            return UnsafeRawPointer(feed) - base
        }
        let view = buffer.readableBytesView
        guard let count = found else {
            scannedByteCount = view.count
            if view.count > limit(of: view) { throw .lineTooLong }
            return nil
        }
        guard count > 0, view[view.startIndex + count - 1] == 0x0D else {
            throw .unknownOperation("a line without its end")
        }
        if count > limit(of: view) { throw .lineTooLong }
        scannedByteCount = 0
        let line = buffer.readSlice(length: count - 1)!
        buffer.moveReaderIndex(forwardBy: 2)
        return line
    }

    private func limit(of line: ByteBufferView) -> Int {
        Operation(line.prefix(4)) == .info ? limits.infoByteCountMax : limits.lineByteCountMax
    }

    private enum Operation: String {
        case info = "INFO", message = "MSG", messageWithHeaders = "HMSG", ping = "PING", pong = "PONG", ok = "+OK"
        case error = "-ERR"

        init?(_ word: some Collection<UInt8>) {
            self.init(rawValue: String(decoding: word, as: UTF8.self).uppercased())
        }
    }

    /// The operation of a line; nil if its bytes are still to come.
    private mutating func parse(_ line: ByteBuffer) throws(Problem) -> ServerOperation? {
        let view = line.readableBytesView
        let word = view.prefix { !isSpace($0) }
        let rest = view[word.endIndex...].drop(while: isSpace)
        switch word.count <= 4 ? Operation(word) : nil {
        case .info: return .info(ByteBuffer(rest))
        case .ping: return .ping
        case .pong: return .pong
        case .ok: return .ok
        case .error: return .error(unquoted(rest))
        case .message: try begin(arguments(rest), hasHeaders: false)
        case .messageWithHeaders: try begin(arguments(rest), hasHeaders: true)
        case nil: throw .unknownOperation(String(decoding: word.prefix(16), as: UTF8.self))
        }
        return nil
    }

    private func arguments(_ text: ByteBufferView) -> [String] {
        String(decoding: text, as: UTF8.self).utf8.split(whereSeparator: isSpace).map { String(Substring($0)) }
    }

    private func unquoted(_ text: ByteBufferView) -> String {
        let text = String(decoding: text, as: UTF8.self)
        return text.count >= 2 && text.hasPrefix("'") && text.hasSuffix("'")
            ? String(text.dropFirst().dropLast()) : text
    }

    // MARK: Messages

    /// `<subject> <sid> [reply] [<headers>] <total>`
    private mutating func begin(_ arguments: [String], hasHeaders: Bool) throws(Problem) {
        let lengthCount = hasHeaders ? 2 : 1
        let lengths = arguments.suffix(lengthCount).map { number($0) }
        guard (2 + lengthCount)...(3 + lengthCount) ~= arguments.count, let subscription = number(arguments[1]),
            let total = lengths.last ?? nil, let headers = hasHeaders ? lengths[0] : 0, headers <= total
        else { throw .badArguments(arguments.joined(separator: " ")) }
        if total > UInt64(limits.messageByteCountMax) { throw .messageTooLong(Int(clamping: total)) }
        let message = Message(
            subject: arguments[0], replyTo: arguments.count == 3 + lengthCount ? arguments[2] : nil,
            subscription: subscription)
        arriving = Arriving(
            message: message, headerByteCount: Int(headers), byteCount: Int(total), hasHeaders: hasHeaders)
    }

    /// Digits only, where `UInt64` would take a sign.
    private func number(_ text: String) -> UInt64? {
        text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? UInt64(text) : nil
    }

    private mutating func finish(_ arriving: Arriving) throws(Problem) -> ServerOperation? {
        guard buffer.readableBytes >= arriving.byteCount + 2 else { return nil }
        var message = arriving.message
        if arriving.hasHeaders {
            let bytes = buffer.readSlice(length: arriving.headerByteCount)!
            guard let headers = MessageHeaders(parsing: bytes) else { throw .badHeaders }
            message.headers = headers
        }
        message.payload = buffer.readSlice(length: arriving.byteCount - arriving.headerByteCount)!
        guard buffer.readInteger(as: UInt16.self) == 0x0D0A else { throw .badEnd }
        self.arriving = nil
        return .message(message)
    }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
