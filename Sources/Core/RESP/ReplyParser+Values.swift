internal import NIOCore

/// The value of a reply that is one line, from what stands behind its mark.
func lineValue(_ mark: UInt8, _ text: borrowing Span<UInt8>) throws(ReplyError) -> Reply {
    switch mark {
    case UInt8(ascii: "+"): return .simpleString(string(text))
    case UInt8(ascii: "-"): return .error(string(text))
    case UInt8(ascii: ":"):
        guard let value = parseInteger(text) else { throw .invalidValue }
        return .integer(value)
    case UInt8(ascii: ","):
        if let value = parseDouble(text) { return .double(value) }
        guard string(text) == "nan" else { throw .invalidValue }
        return .double(.nan)
    case UInt8(ascii: "#"):
        guard text.count == 1, text[0] == UInt8(ascii: "t") || text[0] == UInt8(ascii: "f") else { throw .invalidValue }
        return .boolean(text[0] == UInt8(ascii: "t"))
    case UInt8(ascii: "_"):
        guard text.isEmpty else { throw .invalidValue }
        return .null
    case UInt8(ascii: "("):
        guard isInteger(text) else { throw .invalidValue }
        return .bigNumber(string(text))
    default: throw .unknownType(mark)
    }
}

/// Digits, after a sign or not.
private func isInteger(_ text: borrowing Span<UInt8>) -> Bool {
    let hasSign = !text.isEmpty && (text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+"))
    let start = hasSign ? 1 : 0
    guard start < text.count else { return false }
    for index in start..<text.count where text[index] &- UInt8(ascii: "0") > 9 { return false }
    return true
}

private func string(_ text: borrowing Span<UInt8>) -> String {
    unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
}

extension ReplyParser {
    /// An array, map, set, push or attribute that is being read.
    struct Aggregate: Sendable {
        let mark: UInt8
        private(set) var elementsLeft: Int
        private var elements: [Reply] = []

        /// - Parameter count: as announced, at most the limit; pairs for maps and attributes
        init(mark: UInt8, count: Int) {
            self.mark = mark
            let hasPairs = mark == UInt8(ascii: "%") || mark == UInt8(ascii: "|")
            elementsLeft = hasPairs ? 2 * count : count
        }

        mutating func append(_ element: Reply) {
            elements.append(element)
            elementsLeft -= 1
        }

        /// The value once nothing is left; nil for attributes, which only precede a value.
        var reply: Reply? {
            switch mark {
            case UInt8(ascii: "%"):
                .map(
                    stride(from: 0, to: elements.count, by: 2).map {
                        Reply.Pair(key: elements[$0], value: elements[$0 + 1])
                    })
            case UInt8(ascii: "~"): .set(elements)
            case UInt8(ascii: ">"): .push(elements)
            case UInt8(ascii: "|"): nil
            default: .array(elements)
            }
        }
    }
}
