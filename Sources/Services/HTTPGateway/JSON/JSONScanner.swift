/// Reads one JSON text (RFC 8259) strictly, where it lies: a cursor that steps over values and allocates nothing.
///
/// A string is handed out as the place between its quotes and decoded only when someone wants its bytes. What the RFC
/// leaves open is refused: trailing bytes, numbers that no 64-bit type holds, unpaired surrogates, values nested deeper
/// than `depthMax`. Names that occur twice are the caller's to refuse, since only the caller knows where to look.
///
/// Unsafe in this: the scanner, and every `JSONString` it hands out, is good only as long as the bytes it was made on.
///
/// Invariant: every byte before `offset` was checked and taken.
struct JSONScanner {
    let bytes: UnsafeRawBufferPointer
    var offset: Int
    /// How many arrays and objects are open.
    private var depth = 0

    /// Arrays and objects inside one another.
    static let depthMax = 32
    /// The longest text of a number.
    static let numberByteCountMax = 128

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }
}

/// What a value is, as its first byte tells.
enum JSONKind: String {
    case object = "an object"
    case array = "an array"
    case string = "a string"
    case number = "a number"
    case boolean = "a boolean"
    case null
}

extension JSONScanner {
    /// Steps over white space. Most texts have none.
    @inline(__always)
    mutating func skipSpace() {
        while offset < bytes.count, bytes[offset] <= 0x20, isSpace(bytes[offset]) { offset += 1 }
    }

    @inline(__always)
    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// Takes `byte` if it comes next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    mutating func kind() throws(BadInput) -> JSONKind {
        skipSpace()
        guard offset < bytes.count else { throw syntax("A value is missing at the end of the text.") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw syntax("A value can't begin with \(describe(bytes[offset])).")
        }
    }

    /// The end of the whole text.
    mutating func finish() throws(BadInput) {
        skipSpace()
        guard offset == bytes.count else { throw syntax("Something follows the end of the JSON value.") }
    }

    /// `true`, `false` or `null`, of which the first letter was seen.
    mutating func literal(_ text: StaticString) throws(BadInput) {
        let count = text.utf8CodeUnitCount
        guard bytes.count - offset >= count,
            JSONString(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])).equals(text)
        else {
            throw syntax("A value can't begin with \(describe(bytes[offset])).")
        }
        offset += count
    }
}

/// Arrays and objects are walked from the outside: begin, then ask for the next element until there is none.
///
///     try scanner.beginObject()
///     var isFirst = true
///     while let name = try scanner.nextName(&isFirst) { … }
extension JSONScanner {
    @inline(__always)
    mutating func beginObject() throws(BadInput) {
        guard take(UInt8(ascii: "{")) else { throw wrongKind("an object") }
        try descend()
    }

    @inline(__always)
    mutating func nextName(_ isFirst: inout Bool) throws(BadInput) -> JSONString? {
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return nil
        }
        if !isFirst, !take(UInt8(ascii: ",")) { throw syntax("A comma or the end of the object is missing.") }
        isFirst = false
        skipSpace()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
            throw syntax("A member's name in quotes is missing.")
        }
        let name = try string()
        guard take(UInt8(ascii: ":")) else { throw syntax("The colon after a member's name is missing.") }
        return name
    }

    mutating func beginArray() throws(BadInput) {
        guard take(UInt8(ascii: "[")) else { throw wrongKind("an array") }
        try descend()
    }

    /// Whether there is another element; the cursor then stands before it.
    mutating func nextElement(_ isFirst: inout Bool) throws(BadInput) -> Bool {
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return false
        }
        if !isFirst, !take(UInt8(ascii: ",")) { throw syntax("A comma or the end of the array is missing.") }
        isFirst = false
        return true
    }

    private mutating func descend() throws(BadInput) {
        depth += 1
        if depth > Self.depthMax {
            throw BadInput(.jsonTooDeep, "Values are nested more than \(Self.depthMax) deep.")
        }
    }
}

extension JSONScanner {
    /// The text isn't JSON at all.
    func syntax(_ message: String) -> BadInput {
        BadInput(.invalidJSON, "\(message) (byte \(offset + 1))")
    }

    /// The text is JSON here, or is not, but not what was expected.
    func wrongKind(_ expected: String) -> BadInput {
        var look = self
        do {
            let kind = try look.kind()
            try look.skipValue()
            return BadInput(.wrongType, "Expected \(expected), not \(kind.rawValue).")
        } catch {
            return error
        }
    }

    private func describe(_ byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7F
            ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
    }
}
