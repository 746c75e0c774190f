/// A decimal integer as Redis reads it (`string2ll`): digits, after a minus sign if negative, without leading zeros.
/// - Returns: nil for anything else, such as `+1`, `-0`, ` 1` or what 64 bits don't hold
package func parseInteger(_ bytes: borrowing Span<UInt8>) -> Int64? {
    guard let first = bytes.isEmpty ? nil : bytes[0] else { return nil }
    let isNegative = first == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    guard start < bytes.count else { return nil }
    if bytes[start] == UInt8(ascii: "0") { return bytes.count == 1 ? 0 : nil }
    // A minus sign and 19 digits is the longest there is; more would only overflow later.
    guard bytes.count <= 20 else { return nil }
    var magnitude: UInt64 = 0
    for index in start..<bytes.count {
        let digit = bytes[index] &- UInt8(ascii: "0")
        guard digit <= 9 else { return nil }
        let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
        guard !overflow, !carry else { return nil }
        magnitude = sum
    }
    guard isNegative else { return Int64(exactly: magnitude) }
    return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
}

/// How many digits a number has in decimal.
func decimalDigitCount(_ magnitude: UInt64) -> Int {
    if magnitude < 10 { return 1 }
    // log10(2) is a little more than 1233/4096: the guess is right or one too low.
    let guess = ((64 - magnitude.leadingZeroBitCount) * 1233) >> 12
    return magnitude >= powersOfTen[guess] ? guess + 1 : guess
}

private let powersOfTen: InlineArray<20, UInt64> = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]

/// Writes a decimal integer to the start of `bytes`, which take 20 at least.
/// - Returns: how many bytes it takes
@unsafe func writeInteger(_ value: Int64, to bytes: UnsafeMutableRawBufferPointer) -> Int {
    let end = decimalDigitCount(value.magnitude) + (value < 0 ? 1 : 0)
    precondition(bytes.count >= end)
    unsafe bytes[0] = UInt8(ascii: "-")
    unsafe writeDigits(of: value.magnitude, endingAt: end, in: bytes)
    return end
}

/// Writes the digits of a number so that they end before `end`, as many as it has.
@unsafe @inline(__always) func writeDigits(
    of magnitude: UInt64, endingAt end: Int, in bytes: UnsafeMutableRawBufferPointer
) {
    var rest = magnitude
    var index = end
    // Two digits at a time: half as many divisions.
    while rest >= 100 {
        let pair = rest % 100
        rest /= 100
        index -= 2
        unsafe bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pair / 10)
        unsafe bytes[index + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pair % 10)
    }
    if rest >= 10 {
        unsafe bytes[index - 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        unsafe bytes[index - 2] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 10)
    } else {
        unsafe bytes[index - 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)
    }
}
