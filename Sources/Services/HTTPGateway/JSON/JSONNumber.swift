import Leaderboards

/// Numbers: whole ones exactly as `Int64`, others as the nearest double.
///
/// A number without fraction is an integer however it is written (`5`, `5.0`, `5e0`), as JSON Schema has it: clients in
/// languages that know only doubles may send integers. Beyond ±2^53 only the plain form is exact, so only that is.
extension JSONScanner {
    @inline(__always)
    mutating func number() throws(BadInput) -> Column.Value {
        skipSpace()
        let start = offset
        let isNegative = offset < bytes.count && bytes[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        guard var digit = digit() else {
            offset = start
            throw isNegative ? syntax("A minus sign takes digits.") : wrongKind("a number")
        }
        var mantissa = UInt64(digit)
        // Of the mantissa. More than 19 do not fit, and are read again by the exact method.
        var significantCount = digit == 0 ? 0 : 1
        offset += 1
        if digit == 0 {
            if self.digit() != nil { throw syntax("A number can't begin with a zero and another digit.") }
        } else {
            while let next = self.digit() {
                digit = next
                mantissa = mantissa &* 10 &+ UInt64(digit)
                significantCount += 1
                offset += 1
            }
        }
        if offset == bytes.count || !continuesNumber(bytes[offset]) {
            return .integer(try integer(mantissa, significantCount, isNegative))
        }
        return try decimal(from: start, mantissa, significantCount, isNegative)
    }

    @inline(__always)
    private func digit() -> UInt8? {
        guard offset < bytes.count else { return nil }
        let digit = bytes[offset] &- UInt8(ascii: "0")
        return digit <= 9 ? digit : nil
    }

    @inline(__always)
    private func continuesNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
    }

    @inline(__always)
    private func integer(_ mantissa: UInt64, _ digitCount: Int, _ isNegative: Bool) throws(BadInput) -> Int64 {
        let limit = UInt64(Int64.max) + (isNegative ? 1 : 0)
        guard digitCount <= 19, mantissa <= limit else {
            throw BadInput(.numberOutOfRange, "An integer lies between -9223372036854775808 and 9223372036854775807.")
        }
        return isNegative ? Int64(truncatingIfNeeded: 0 &- mantissa) : Int64(mantissa)
    }

    /// Goes on after the whole part of a number.
    private mutating func decimal(
        from start: Int, _ whole: UInt64, _ wholeCount: Int, _ isNegative: Bool
    ) throws(BadInput) -> Column.Value {
        var mantissa = whole
        var significantCount = wholeCount
        var exponent = 0
        if bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            let first = offset
            while let digit = digit() {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                if significantCount > 0 || digit != 0 { significantCount += 1 }
                offset += 1
            }
            if offset == first { throw syntax("A decimal point takes digits after it.") }
            exponent = first - offset
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") { exponent += try writtenExponent() }
        guard offset - start <= Self.numberByteCountMax else {
            throw BadInput(.numberOutOfRange, "A number takes at most \(Self.numberByteCountMax) characters.")
        }
        let magnitude: Double
        if significantCount <= 19, let exact = exactDouble(mantissa, exponent) {
            magnitude = exact
        } else {
            magnitude = nearestDouble(start + (isNegative ? 1 : 0))
        }
        guard magnitude.isFinite else {
            throw BadInput(.numberOutOfRange, "The number is beyond what a 64-bit floating-point number holds.")
        }
        if magnitude <= 9_007_199_254_740_992, magnitude == magnitude.rounded(.towardZero) {
            return .integer(isNegative ? -Int64(magnitude) : Int64(magnitude))
        }
        return .decimal(isNegative ? -magnitude : magnitude)
    }

    private mutating func writtenExponent() throws(BadInput) -> Int {
        offset += 1
        var isNegative = false
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") || bytes[offset] == UInt8(ascii: "+") {
            isNegative = bytes[offset] == UInt8(ascii: "-")
            offset += 1
        }
        let first = offset
        var exponent = 0
        while let digit = digit() {
            // No double is this far away; the number can only be zero or out of range.
            exponent = min(exponent * 10 + Int(digit), 100_000)
            offset += 1
        }
        if offset == first { throw syntax("An exponent takes digits.") }
        return isNegative ? -exponent : exponent
    }

    /// Where mantissa and power of ten are both doubles, one multiplication or division rounds once, and so correctly
    /// (W. D. Clinger, "How to read floating point numbers accurately", 1990).
    @inline(__always)
    private func exactDouble(_ mantissa: UInt64, _ exponent: Int) -> Double? {
        guard mantissa <= 1 << 53, (-22...22).contains(exponent) else { return nil }
        return exponent < 0
            ? Double(mantissa) / powerOfTen(-exponent) : Double(mantissa) * powerOfTen(exponent)
    }

    /// The standard library's conversion rounds correctly whatever the length.
    private func nearestDouble(_ start: Int) -> Double {
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
        return Double(text) ?? .infinity
    }
}

/// 10^0 to 10^22: those that doubles hold exactly.
@inline(__always)
private func powerOfTen(_ exponent: Int) -> Double { powersOfTen[exponent] }

private let powersOfTen: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
