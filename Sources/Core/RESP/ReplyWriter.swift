package import NIOCore

/// Which shapes a client understands; what `HELLO` chooses.
package enum ProtocolVersion: Int, Sendable, Hashable {
    case v2 = 2
    case v3 = 3
}

/// Writes replies to a buffer.
///
/// What version 2 has no shape for takes the one Redis gives it there: maps, sets and pushes are arrays, doubles, big
/// numbers and verbatim texts are bulks, Booleans are 1 and 0.
package struct ReplyWriter: Sendable {
    /// What was written. Take its bytes and clear it as you like between replies.
    package var buffer: ByteBuffer
    /// May change between replies.
    package var version: ProtocolVersion
    /// How many errors were written. Take it and set it back as you like.
    package var errorCount = 0

    package init(to buffer: ByteBuffer = ByteBuffer(), version: ProtocolVersion = .v2) {
        self.buffer = buffer
        self.version = version
    }

    /// A short text. CR and LF become spaces, since they would end it.
    package mutating func simpleString(_ text: String) { line("+", text.utf8) }

    /// `text` starts with the code, as in `ERR no such board`. CR and LF become spaces.
    package mutating func error(_ text: String) {
        errorCount += 1
        line("-", text.utf8)
    }

    /// The answer before a connection is closed.
    package mutating func error(_ error: ProtocolError) {
        guard case .expectedBulk(let got) = error else { return self.error("ERR \(error)") }
        errorCount += 1
        // The byte as it came, which need not be UTF-8.
        line("-", Array("ERR Protocol error: expected '$', got '".utf8) + [got, UInt8(ascii: "'")])
    }

    package mutating func integer(_ value: Int64) { header(":", value) }

    package mutating func integer(_ value: Int) { header(":", Int64(value)) }

    package mutating func bulk(_ text: String) {
        header("$", Int64(text.utf8.count))
        buffer.writeString(text)
        endLine()
    }

    package mutating func bulk(_ bytes: ByteBuffer) {
        header("$", Int64(bytes.readableBytes))
        buffer.writeImmutableBuffer(bytes)
        endLine()
    }

    package mutating func bulk(_ bytes: UnsafeRawBufferPointer) {
        header("$", Int64(bytes.count))
        unsafe buffer.writeBytes(bytes)
        endLine()
    }

    package mutating func bulk(_ bytes: some Collection<UInt8>) {
        header("$", Int64(bytes.count))
        buffer.writeBytes(bytes)
        endLine()
    }

    /// No value.
    package mutating func null() { buffer.writeStaticString(version == .v2 ? "$-1\r\n" : "_\r\n") }

    /// No value where there would have been an array.
    package mutating func nullArray() { buffer.writeStaticString(version == .v2 ? "*-1\r\n" : "_\r\n") }

    package mutating func boolean(_ value: Bool) {
        switch version {
        case .v2: buffer.writeStaticString(value ? ":1\r\n" : ":0\r\n")
        case .v3: buffer.writeStaticString(value ? "#t\r\n" : "#f\r\n")
        }
    }

    /// Text for people, UTF-8; `format` has three letters, such as `txt` or `mkd`.
    package mutating func verbatim(_ text: String, format: StaticString = "txt") {
        precondition(format.utf8CodeUnitCount == 3, "a format has three letters")
        if version == .v2 { return bulk(text) }
        header("=", Int64(text.utf8.count + 4))
        buffer.writeStaticString(format)
        buffer.writeStaticString(":")
        buffer.writeString(text)
        endLine()
    }

    /// A decimal integer of any length.
    package mutating func bigNumber(_ digits: String) {
        switch version {
        case .v2: bulk(digits)
        case .v3: line("(", digits.utf8)
        }
    }
}

extension ReplyWriter {
    /// Announces an array; write its `count` elements next.
    package mutating func arrayHeader(_ count: Int) { header("*", Int64(count)) }

    /// Announces a map; write `count` keys next, each followed by its value.
    package mutating func mapHeader(_ count: Int) {
        header(version == .v2 ? "*" : "%", Int64(version == .v2 ? 2 * count : count))
    }

    /// Announces a set; write its `count` elements next.
    package mutating func setHeader(_ count: Int) { header(version == .v2 ? "*" : "~", Int64(count)) }

    /// Announces a message nobody asked for; write its kind and the other elements next.
    package mutating func pushHeader(_ count: Int) { header(version == .v2 ? "*" : ">", Int64(count)) }
}

extension ReplyWriter {
    /// A mark, a number and the line end.
    mutating func header(_ mark: Unicode.Scalar, _ value: Int64) {
        let mark = UInt8(ascii: mark)
        if (0..<10).contains(value) {
            let digit = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)
            buffer.writeInteger(UInt32(mark) << 24 | UInt32(digit) << 16 | 0x0D0A)
            return
        }
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 24) { bytes in
            unsafe bytes[0] = mark
            let end = unsafe 1 + writeInteger(value, to: UnsafeMutableRawBufferPointer(rebasing: bytes[1...]))
            unsafe bytes[end] = .carriageReturn
            unsafe bytes[end + 1] = .lineFeed
            return end + 2
        }
    }

    mutating func endLine() { buffer.writeInteger(UInt16(0x0D0A)) }

    private mutating func line(_ mark: Unicode.Scalar, _ text: some Sequence<UInt8>) {
        buffer.writeInteger(UInt8(ascii: mark))
        buffer.writeBytes(text.lazy.map { $0 == .carriageReturn || $0 == .lineFeed ? UInt8(ascii: " ") : $0 })
        endLine()
    }
}
