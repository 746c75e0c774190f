import Leaderboards
import NIOCore

/// Appends JSON to a buffer: no tree, no intermediate strings, commas put where they belong.
///
/// - Doubles are written with the fewest digits that read back as the same double, whole ones without a point: `330.3`,
///   `5`, `1e+16`.
/// - Integers are written in full. Readers that keep numbers as doubles lose digits beyond ±2^53, so scores beyond that
///   are written as strings too (see `score(of:)`).
///
/// The text grows in memory of its own, where adding a piece is a comparison and a copy; `ByteBuffer` would check and
/// count for each.
struct JSONWriter: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    private var count = 0
    /// A comma goes before the next element.
    private var needsComma = false

    init(capacity: Int = 512) {
        storage = .allocate(byteCount: max(capacity, 64), alignment: 1)
    }

    deinit { storage.deallocate() }

    /// What was written so far.
    var buffer: ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: storage[..<count]))
        return buffer
    }

    /// The place for that many more bytes.
    @inline(__always)
    private mutating func room(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if storage.count - count < byteCount { grow(byteCount) }
        return storage.baseAddress! + count
    }

    @inline(never)
    private mutating func grow(_ byteCount: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(2 * storage.count, count + byteCount), alignment: 1)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count]))
        storage.deallocate()
        storage = larger
    }

    @inline(__always)
    private mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        guard let address = bytes.baseAddress else { return }
        room(bytes.count).copyMemory(from: address, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    private mutating func raw(_ byte: UInt8) {
        room(1).storeBytes(of: byte, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    private mutating func raw(_ text: StaticString) { raw(UnsafeRawBufferPointer(text)) }
}

// Structure.
extension JSONWriter {
    @inline(__always)
    mutating func object(_ members: (inout JSONWriter) -> Void) {
        element()
        raw("{")
        needsComma = false
        members(&self)
        raw("}")
        needsComma = true
    }

    @inline(__always)
    mutating func array<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
    ) {
        element()
        raw("[")
        needsComma = false
        for item in elements { write(&self, item) }
        raw("]")
        needsComma = true
    }

    /// A member's name, which must need no escapes. A value follows.
    @inline(__always)
    mutating func name(_ name: StaticString) {
        element()
        raw("\"")
        raw(name)
        raw("\":")
        needsComma = false
    }

    mutating func name(_ name: String) {
        string(name)
        raw(":")
        needsComma = false
    }

    /// After each whole document of a stream of documents.
    mutating func newline() {
        raw("\n")
        needsComma = false
    }

    /// Bytes that are JSON already.
    mutating func json(_ bytes: [UInt8]) {
        element()
        bytes.withUnsafeBytes { raw($0) }
    }

    @inline(__always)
    private mutating func element() {
        if needsComma { raw(",") }
        needsComma = true
    }
}

// Values.
extension JSONWriter {
    mutating func null() {
        element()
        raw("null")
    }

    mutating func boolean(_ value: Bool) {
        element()
        raw(value ? "true" : "false")
    }

    mutating func integer(_ value: Int64) {
        element()
        digits(value.magnitude, isNegative: value < 0)
    }

    mutating func double(_ value: Double) {
        element()
        if value == value.rounded(.towardZero), value.magnitude < 9_007_199_254_740_992 {
            digits(UInt64(value.magnitude), isNegative: value < 0)
        } else {
            var text = value.description
            text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
        }
    }

    mutating func number(_ value: Column.Value) {
        switch value {
        case .integer(let integer): self.integer(integer)
        case .decimal(let decimal): double(decimal)
        }
    }

    /// The number's digits in quotes.
    mutating func quoted(_ value: Column.Value) {
        element()
        raw("\"")
        needsComma = false
        number(value)
        raw("\"")
    }

    mutating func string(_ text: String) {
        element()
        raw("\"")
        var text = text
        text.withUTF8 { escaped(UnsafeRawBufferPointer($0)) }
        raw("\"")
    }

    /// Well-formed UTF-8.
    @inline(__always)
    mutating func string(_ bytes: some ContiguousBytesView) {
        element()
        raw("\"")
        bytes.withBytes { escaped($0) }
        raw("\"")
    }

    /// As `2026-11-23T19:59:34Z`.
    mutating func time(_ timestamp: Timestamp) {
        element()
        raw("\"")
        let target = UnsafeMutableRawBufferPointer(
            start: room(CivilTime.iso8601ByteCountMax), count: CivilTime.iso8601ByteCountMax)
        count += timestamp.writeISO8601(into: target)
        raw("\"")
    }
}

/// Arrays and slices of bytes, without going through a generic collection.
protocol ContiguousBytesView {
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

extension [UInt8]: ContiguousBytesView {
    @inline(__always)
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { withUnsafeBytes(body) }
}

extension ArraySlice<UInt8>: ContiguousBytesView {
    @inline(__always)
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { withUnsafeBytes(body) }
}

// Digits and escapes.
extension JSONWriter {
    private mutating func digits(_ magnitude: UInt64, isNegative: Bool) {
        if isNegative { raw(UInt8(ascii: "-")) }
        var length = 1
        var bound: UInt64 = 10
        while magnitude >= bound {
            length += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        let target = room(length)
        var rest = magnitude
        for index in stride(from: length - 1, through: 0, by: -1) {
            target.storeBytes(
                of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: index, as: UInt8.self)
            rest /= 10
        }
        count += length
    }

    /// Only what RFC 8259 demands is escaped: quote, backslash, controls.
    private mutating func escaped(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        for index in 0..<bytes.count where bytes[index] < 0x20 || bytes[index] == 0x22 || bytes[index] == 0x5C {
            raw(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            escape(bytes[index])
            start = index + 1
        }
        raw(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: raw("\\\"")
        case 0x5C: raw("\\\\")
        case 0x08: raw("\\b")
        case 0x09: raw("\\t")
        case 0x0A: raw("\\n")
        case 0x0C: raw("\\f")
        case 0x0D: raw("\\r")
        default:
            raw("\\u00")
            raw(hexadecimalLetter(byte >> 4))
            raw(hexadecimalLetter(byte & 0xF))
        }
    }
}

func hexadecimalLetter(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
}

// Members.
extension JSONWriter {
    @inline(__always)
    mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        string(value)
    }

    @inline(__always)
    mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    @inline(__always)
    mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        integer(Int64(value))
    }

    @inline(__always)
    mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        boolean(value)
    }

    @inline(__always)
    mutating func member(_ name: StaticString, _ value: Rank?) {
        self.name(name)
        if let value { integer(Int64(value.number)) } else { null() }
    }

    @inline(__always)
    mutating func member(_ name: StaticString, _ value: Timestamp?) {
        self.name(name)
        if let value { time(value) } else { null() }
    }

    /// As a string: it is 64 bits wide, and nothing to calculate with.
    @inline(__always)
    mutating func member(_ name: StaticString, _ value: LogPosition) {
        self.name(name)
        element()
        raw("\"")
        digits(value.value, isNegative: false)
        raw("\"")
    }
}
