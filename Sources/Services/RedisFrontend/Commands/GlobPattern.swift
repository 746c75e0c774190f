/// A pattern of KEYS, SCAN or ZSCAN: `*`, `?`, `[a-z]`, `[^a]` and `\` as Redis understands them.
///
/// Every element but `*` takes exactly one byte. So when a match fails, only the last `*` need take one byte more; earlier
/// ones gain nothing by it. The cost is at most the product of both lengths.
struct GlobPattern: Equatable, Sendable {
    let bytes: Argument

    init(_ bytes: Argument) { self.bytes = bytes }

    /// A lone `*`, the only pattern that matches the empty text besides the empty pattern.
    var matchesEverything: Bool { bytes.count == 1 && bytes.first == star }

    func matches(_ text: Argument) -> Bool {
        if matchesEverything { return true }
        if text.isEmpty { return bytes.isEmpty }
        var position = bytes.startIndex
        var index = text.startIndex
        /// Behind the last `*`, and where in the text it ended so far.
        var retry: (position: Int, index: Int)?
        while index < text.endIndex {
            if position < bytes.endIndex, bytes[position] == star {
                position += 1
                if position == bytes.endIndex { return true }
                retry = (position, index)
            } else if let next = end(ofElementAt: position, matching: text[index]) {
                position = next
                index += 1
            } else if let last = retry {
                retry = (last.position, last.index + 1)
                (position, index) = (last.position, last.index + 1)
            } else {
                return false
            }
        }
        return bytes[position...].allSatisfy { $0 == star }
    }

    /// The position behind the element at `position`, if it matches `byte`.
    private func end(ofElementAt position: Int, matching byte: UInt8) -> Int? {
        guard position < bytes.endIndex else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "?"): return position + 1
        case UInt8(ascii: "["): return end(ofSetAt: position + 1, matching: byte)
        case backslash where position + 1 < bytes.endIndex: return bytes[position + 1] == byte ? position + 2 : nil
        default: return bytes[position] == byte ? position + 1 : nil
        }
    }

    /// A set that is never closed ends with the pattern.
    private func end(ofSetAt start: Int, matching byte: UInt8) -> Int? {
        var position = start
        let isNegated = position < bytes.endIndex && bytes[position] == UInt8(ascii: "^")
        if isNegated { position += 1 }
        var isFound = false
        while position < bytes.endIndex, bytes[position] != UInt8(ascii: "]") {
            let rest = bytes.endIndex - position
            if rest >= 2, bytes[position] == backslash {
                isFound = isFound || bytes[position + 1] == byte
                position += 2
            } else if rest >= 3, bytes[position + 1] == UInt8(ascii: "-") {
                isFound = isFound || isBetween(bytes[position], byte, bytes[position + 2])
                position += 3
            } else {
                isFound = isFound || bytes[position] == byte
                position += 1
            }
        }
        guard isFound != isNegated else { return nil }
        return min(position + 1, bytes.endIndex)
    }

    /// The ends come in either order. A `char` of C is signed where Redis usually runs, so bytes from 0x80 on lie below
    /// the others.
    private func isBetween(_ first: UInt8, _ byte: UInt8, _ last: UInt8) -> Bool {
        let (first, last) = (Int8(bitPattern: first), Int8(bitPattern: last))
        return (min(first, last)...max(first, last)).contains(Int8(bitPattern: byte))
    }
}

private let star = UInt8(ascii: "*")
private let backslash = UInt8(ascii: "\\")
