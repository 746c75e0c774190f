internal import Glibc
internal import NIOCore

/// The headers of a message, in order, with the status line that a server's own answers have.
///
///     NATS/1.0 503 No Responders\r\n
///     Name: value\r\n
///     \r\n
package struct MessageHeaders: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// As the wire has them; a name may stand more than once.
    package private(set) var fields: [Field] = []
    /// 204 for the end of a batch, 404, 503 and others. Messages that somebody published have none.
    package var status: Int?
    package var statusText = ""

    package init() {}

    package init(_ fields: KeyValuePairs<String, String>) {
        for (name, value) in fields { add(name, value) }
    }

    package var isEmpty: Bool { fields.isEmpty && status == nil }

    package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// The first value of that name; names are compared as they are written.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The value of that name as a number without sign.
    package func number(_ name: String) -> UInt64? { self[name].flatMap { UInt64($0) } }
}

// MARK: - On the wire

extension MessageHeaders {
    /// What a server takes at most, by its own default.
    static let byteCountMax = 64 << 10
    private static let version: StaticString = "NATS/1.0"

    /// Why this can't be written; nil if it can. A line break in a value would begin another header.
    var problem: String? {
        for field in fields {
            let isName =
                !field.name.isEmpty && field.name.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ":") }
            if !isName { return "a header has a name that is none" }
            if field.value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A }) {
                return "the header \(field.name) has a line break in its value"
            }
        }
        return byteCount > Self.byteCountMax ? "the headers have \(byteCount) bytes" : nil
    }

    var byteCount: Int {
        fields.reduce(Self.version.utf8CodeUnitCount + 4) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeStaticString(Self.version)
        buffer.writeStaticString("\r\n")
        for field in fields {
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
    }

    /// Nil if `bytes` are no headers.
    init?(parsing bytes: ByteBuffer) {
        // By pointers: a replay reads some ten of these for each record.
        let isWhole = bytes.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count >= 4, bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) else {
                return false
            }
            let end = bytes.count - 2
            var start = 0
            while start < end {
                guard let feed = memchr(base + start, 0x0A, end - start) else { return false }
                let stop = UnsafeRawPointer(feed) - base
                guard stop > start, bytes[stop - 1] == 0x0D else { return false }
                let line = UnsafeRawBufferPointer(start: base + start, count: stop - 1 - start)
                guard start == 0 ? readStatus(line) : readField(line) else { return false }
                start = stop + 1
            }
            return true
        }
        guard isWhole else { return nil }
    }

    private mutating func readField(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let base = line.baseAddress, let colon = memchr(base, Int32(UInt8(ascii: ":")), line.count) else {
            return false
        }
        let count = UnsafeRawPointer(colon) - base
        let rest = UnsafeRawBufferPointer(rebasing: line[(count + 1)...])
        guard count > 0, let name = text(UnsafeRawBufferPointer(start: base, count: count)),
            let value = text(trimmed(rest))
        else { return false }
        add(name, value)
        return true
    }

    private mutating func readStatus(_ line: UnsafeRawBufferPointer) -> Bool {
        let version = Self.version.withUTF8Buffer { $0.count }
        guard line.count >= version, Self.version.withUTF8Buffer({ line.starts(with: $0) }) else { return false }
        let rest = UnsafeRawBufferPointer(rebasing: line[version...])
        if rest.isEmpty { return true }
        guard rest[0] == 0x20 else { return false }
        let words = trimmed(rest)
        guard words.count >= 3, words.prefix(3).allSatisfy({ 0x30...0x39 ~= $0 }) else { return false }
        status = words.prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard let text = text(trimmed(UnsafeRawBufferPointer(rebasing: words[3...]))) else { return false }
        statusText = text
        return true
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String? { String(validating: bytes, as: UTF8.self) }

    private func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
