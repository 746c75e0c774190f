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
        let view = bytes.readableBytesView
        var lines: [Substring.UTF8View.SubSequence] = []
        guard let text = String(validating: view, as: UTF8.self), text.utf8.suffix(4).elementsEqual("\r\n\r\n".utf8)
        else {
            return nil
        }
        var rest = text.utf8.dropLast(2)
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[..<end]
            guard line.last == 0x0D else { return nil }
            lines.append(line.dropLast())
            rest = rest[rest.index(after: end)...]
        }
        guard rest.isEmpty, let first = lines.first, readStatus(first) else { return nil }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
            let value = line[line.index(after: colon)...].trimmingSpaces
            guard let name = String(line[..<colon]), let value = String(value) else { return nil }
            add(name, value)
        }
    }

    private mutating func readStatus(_ line: Substring.UTF8View) -> Bool {
        let version = Self.version.withUTF8Buffer { Array($0) }
        guard line.starts(with: version) else { return false }
        let rest = line.dropFirst(version.count)
        if rest.isEmpty { return true }
        guard rest.first == 0x20 else { return false }
        let words = rest.trimmingSpaces
        let digits = words.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return false }
        status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        statusText = String(words.dropFirst(3).trimmingSpaces) ?? ""
        return true
    }
}

extension Substring.UTF8View {
    fileprivate var trimmingSpaces: Substring.UTF8View {
        let start = drop { $0 == 0x20 || $0 == 0x09 }
        var end = start.endIndex
        while end > start.startIndex, [0x20, 0x09].contains(start[start.index(before: end)]) {
            end = start.index(before: end)
        }
        return start[..<end]
    }
}
