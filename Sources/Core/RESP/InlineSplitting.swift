/// Splits an inline command as Redis does (`sdssplitargs`).
///
/// White space separates arguments. A quote opens anywhere in an argument and ends it where it closes, which must be
/// before white space or the end. Within `"` the escapes are `\xHH`, `\n`, `\r`, `\t`, `\b`, `\a` and `\` before a byte
/// that stands for itself; within `'` only `\'`.
/// - Parameters:
///   - arguments: receives the places of the arguments, in `line` or, if that becomes non-empty, in `rewritten`
///   - rewritten: receives the bytes of all arguments if there are quotes; never more than `line` has
/// - Returns: false if quotes are unbalanced
func splitInline(
    _ line: borrowing Span<UInt8>, into arguments: inout [ArgumentRange], rewritten: inout [UInt8]
) -> Bool {
    let isQuoted = line.indices.contains { line[$0] == .doubleQuote || line[$0] == .singleQuote }
    var index = 0
    while true {
        while index < line.count, isSpace(line[index]) { index += 1 }
        guard index < line.count else { return true }
        let start = isQuoted ? rewritten.count : index
        if isQuoted {
            guard let end = unquote(line, from: index, into: &rewritten) else { return false }
            index = end
            arguments.append(ArgumentRange(start: start, count: rewritten.count - start))
        } else {
            while index < line.count, !endsPlainArgument(line[index]) { index += 1 }
            arguments.append(ArgumentRange(start: start, count: index - start))
        }
    }
}

/// Appends the argument that starts at `start`.
/// - Returns: where it ends; nil if its quotes are unbalanced
private func unquote(_ line: borrowing Span<UInt8>, from start: Int, into output: inout [UInt8]) -> Int? {
    var index = start
    while index < line.count, !endsPlainArgument(line[index]) {
        switch line[index] {
        case .doubleQuote: return doubleQuoted(line, from: index + 1, into: &output)
        case .singleQuote: return singleQuoted(line, from: index + 1, into: &output)
        default: output.append(line[index])
        }
        index += 1
    }
    return index
}

private func doubleQuoted(_ line: borrowing Span<UInt8>, from start: Int, into output: inout [UInt8]) -> Int? {
    var index = start
    while index < line.count {
        switch line[index] {
        case .doubleQuote: return closing(line, at: index)
        case .backslash where index + 1 < line.count:
            if line[index + 1] == UInt8(ascii: "x"), index + 3 < line.count,
                let high = hexDigit(line[index + 2]), let low = hexDigit(line[index + 3])
            {
                output.append(high << 4 | low)
                index += 4
            } else {
                output.append(unescaped(line[index + 1]))
                index += 2
            }
        case let byte:
            output.append(byte)
            index += 1
        }
    }
    return nil
}

private func singleQuoted(_ line: borrowing Span<UInt8>, from start: Int, into output: inout [UInt8]) -> Int? {
    var index = start
    while index < line.count {
        if line[index] == .singleQuote { return closing(line, at: index) }
        if line[index] == .backslash, index + 1 < line.count, line[index + 1] == .singleQuote { index += 1 }
        output.append(line[index])
        index += 1
    }
    return nil
}

private func closing(_ line: borrowing Span<UInt8>, at quote: Int) -> Int? {
    quote + 1 == line.count || isSpace(line[quote + 1]) ? quote + 1 : nil
}

private func unescaped(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "a"): 0x07
    default: byte
    }
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// C's `isspace`.
private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

/// Not the same as `isSpace`: `\v` and `\f` separate arguments but end none.
private func endsPlainArgument(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == .lineFeed || byte == .carriageReturn
}

extension UInt8 {
    fileprivate static let doubleQuote = UInt8(ascii: "\"")
    fileprivate static let singleQuote = UInt8(ascii: "'")
    fileprivate static let backslash = UInt8(ascii: "\\")
}
