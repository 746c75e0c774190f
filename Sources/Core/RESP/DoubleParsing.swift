internal import Glibc

/// A double as Redis 7.0 reads scores (`string2d`): what C's `strtod` takes to the last byte, hexadecimal and infinities
/// in any case included.
/// - Returns: nil for an empty text, white space, NaN, and what overflows or is so small that it would become zero
package func parseDouble(_ bytes: borrowing Span<UInt8>) -> Double? {
    parseShortDecimal(bytes) ?? parseAnyDouble(bytes)
}

/// Most scores: an optional minus sign and up to 15 digits, one point among them.
///
/// Both the digits and the power of ten are doubles without error then, so their quotient is the nearest one (Clinger).
private func parseShortDecimal(_ bytes: borrowing Span<UInt8>) -> Double? {
    guard !bytes.isEmpty, bytes.count <= 17 else { return nil }
    let isNegative = bytes[0] == UInt8(ascii: "-")
    var digits: Int64 = 0
    var digitCount = 0
    var digitsBeforePoint: Int?
    for index in (isNegative ? 1 : 0)..<bytes.count {
        if bytes[index] == UInt8(ascii: "."), digitsBeforePoint == nil {
            digitsBeforePoint = digitCount
            continue
        }
        let digit = bytes[index] &- UInt8(ascii: "0")
        guard digit <= 9 else { return nil }
        digits = digits &* 10 &+ Int64(digit)
        digitCount += 1
    }
    guard (1...15).contains(digitCount) else { return nil }
    let magnitude = Double(digits) / powersOfTen[digitCount - (digitsBeforePoint ?? digitCount)]
    return isNegative ? -magnitude : magnitude
}

private let powersOfTen: InlineArray<16, Double> = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]

private func parseAnyDouble(_ bytes: borrowing Span<UInt8>) -> Double? {
    // What strtod would skip or take for the end.
    guard !bytes.isEmpty, bytes[0] > 0x20 else { return nil }
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text -> Double? in
        for index in bytes.indices { unsafe text[index] = CChar(bitPattern: bytes[index]) }
        unsafe text[bytes.count] = 0
        guard let start = text.baseAddress else { return nil }
        var end: UnsafeMutablePointer<CChar>?
        errno = 0
        let value = unsafe strtod(start, &end)
        let isOutOfRange = errno == ERANGE && (value.isInfinite || value.isZero)
        return unsafe end != start + bytes.count || isOutOfRange || value.isNaN ? nil : value
    }
}
