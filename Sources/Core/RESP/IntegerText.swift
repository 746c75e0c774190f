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
    var count = 1
    var rest = magnitude
    while rest >= 10 {
        rest /= 10
        count += 1
    }
    return count
}

/// Writes a decimal integer to the start of `bytes`, which take 20 at least.
/// - Returns: how many bytes it takes
@unsafe func writeInteger(_ value: Int64, to bytes: UnsafeMutableRawBufferPointer) -> Int {
    let end = decimalDigitCount(value.magnitude) + (value < 0 ? 1 : 0)
    precondition(bytes.count >= end)
    unsafe bytes[0] = UInt8(ascii: "-")
    var rest = value.magnitude
    var index = end
    repeat {
        index -= 1
        unsafe bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
    } while rest > 0
    return end
}
