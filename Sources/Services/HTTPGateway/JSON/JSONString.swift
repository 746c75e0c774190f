/// A string of a JSON text: the place between its quotes, which was checked but not decoded.
struct JSONString {
    let raw: UnsafeRawBufferPointer
    /// Without escapes the raw bytes are the string.
    let hasEscapes: Bool

    init(_ raw: UnsafeRawBufferPointer, hasEscapes: Bool = false) {
        self.raw = raw
        self.hasEscapes = hasEscapes
    }

    /// Whether the string is `text`, however it was written.
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        if hasEscapes { return decoded().elementsEqual(UnsafeRawBufferPointer(text)) }
        let other = UnsafeRawBufferPointer(text)
        guard raw.count == other.count else { return false }
        for index in 0..<other.count where raw[index] != other[index] { return false }
        return true
    }

    func equals(_ other: JSONString) -> Bool {
        if hasEscapes || other.hasEscapes { return decoded() == other.decoded() }
        return raw.count == other.raw.count && raw.elementsEqual(other.raw)
    }

    /// The string's bytes in UTF-8, appended to `output`. Answers how many.
    @inline(__always)
    @discardableResult
    func append(to output: inout [UInt8]) -> Int {
        if !hasEscapes {
            output.append(contentsOf: raw)
            return raw.count
        }
        return appendDecoding(to: &output)
    }

    func decoded() -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    var string: String {
        hasEscapes ? String(decoding: decoded(), as: UTF8.self) : String(decoding: raw, as: UTF8.self)
    }

    /// Escapes only get shorter, so this many bytes always suffice.
    private func appendDecoding(to output: inout [UInt8]) -> Int {
        let start = output.count
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                output.append(raw[index])
                index += 1
                continue
            }
            let letter = raw[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                output.append(contentsOf: UTF8.encode(scalar(at: &index))!)
            default: output.append(letter)
            }
        }
        return output.count - start
    }

    /// The scalar whose four digits begin at `index`, with the second half of its pair if it is one. The scanner has made
    /// sure that both are there.
    private func scalar(at index: inout Int) -> Unicode.Scalar {
        let unit = hexadecimal(raw, at: index)!
        index += 4
        guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit)! }
        let low = hexadecimal(raw, at: index + 2)!
        index += 6
        return Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF))!
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    init(_ text: StaticString) { self.init(start: text.utf8Start, count: text.utf8CodeUnitCount) }
}

extension JSONScanner {
    /// The string that begins at the cursor.
    @inline(__always)
    mutating func string() throws(BadInput) -> JSONString {
        guard take(UInt8(ascii: "\"")) else { throw wrongKind("a string") }
        let start = offset
        var hasEscapes = false
        while true {
            skipPlain()
            guard offset < bytes.count else { throw syntax("A string has no end.") }
            if bytes[offset] == UInt8(ascii: "\"") { break }
            try special(&hasEscapes)
        }
        offset += 1
        return JSONString(UnsafeRawBufferPointer(rebasing: bytes[start..<offset - 1]), hasEscapes: hasEscapes)
    }

    /// Steps over what needs no second look, eight bytes at a time: all but `"`, `\`, controls and bytes beyond ASCII.
    @inline(__always)
    private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs = ones << 7
        while bytes.count - offset >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // A byte's high bit is set where the byte is zero (or less than 0x20); the lowest such bit is exact.
            let stops =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word | word)
                & highs
            if stops != 0 {
                offset += stops.trailingZeroBitCount >> 3
                return
            }
            offset += 8
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { return }
            offset += 1
        }
    }

    private mutating func special(_ hasEscapes: inout Bool) throws(BadInput) {
        switch bytes[offset] {
        case UInt8(ascii: "\\"):
            hasEscapes = true
            try escape()
        case 0x80...:
            guard let length = utf8Length(bytes, at: offset) else {
                throw BadInput(.invalidUTF8, "The text is not UTF-8 at byte \(offset + 1).")
            }
            offset += length
        default: throw syntax("A control character in a string must be escaped.")
        }
    }

    private mutating func escape() throws(BadInput) {
        guard bytes.count - offset >= 2 else { throw syntax("A string has no end.") }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
        case UInt8(ascii: "u"): try unicodeEscape()
        default: throw syntax("There is no such escape.")
        }
    }

    private mutating func unicodeEscape() throws(BadInput) {
        guard let unit = hexadecimal(bytes, at: offset + 2) else { throw syntax("\\u takes four hexadecimal digits.") }
        if unit & 0xF800 == 0xD800 {
            guard unit < 0xDC00, bytes.count - offset >= 12, bytes[offset + 6] == UInt8(ascii: "\\"),
                bytes[offset + 7] == UInt8(ascii: "u"), let low = hexadecimal(bytes, at: offset + 8),
                low & 0xFC00 == 0xDC00
            else { throw syntax("Half of a surrogate pair is missing.") }
            offset += 12
        } else {
            offset += 6
        }
    }
}

/// Four hexadecimal digits.
private func hexadecimal(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
    guard bytes.count - offset >= 4 else { return nil }
    var value: UInt32 = 0
    for index in offset..<offset + 4 {
        guard let digit = hexadecimalDigit(bytes[index]) else { return nil }
        value = value << 4 | UInt32(digit)
    }
    return value
}

func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
