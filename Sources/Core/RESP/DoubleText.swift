internal import Glibc

/// Writes a finite double as Redis 7.0 does (`%.17g`) to the start of `bytes`, which take 32 at least.
///
/// Not the shortest text that reads back the same, but the one existing clients see: 0.1 is `0.10000000000000001`.
/// - Returns: how many bytes it takes, 24 at most
@unsafe func writeDouble(_ value: Double, to bytes: UnsafeMutableRawBufferPointer) -> Int {
    precondition(value.isFinite && bytes.count >= 32)
    if let decimal = SeventeenDigits(value) { return unsafe decimal.write(isNegative: value < 0, to: bytes) }
    return unsafe withVaList([value]) { arguments in
        Int(unsafe vsnprintf(bytes.baseAddress, bytes.count, "%.17g", arguments))
    }
}

/// The 17 leading decimal digits of a double, rounded as C does it: to the nearest, and to even between two.
///
/// `%g` writes magnitudes from 1e-4 to 1e17 without an exponent. There the digits are one product of the significand and a
/// power of ten, which 128 bits hold without error, and a shift; C's way through arbitrary precision takes ten times as long.
private struct SeventeenDigits {
    /// At least 10^16, less than 10^17.
    let digits: UInt64
    /// Of the first digit: 0 if it is the ones.
    let exponent: Int

    /// Nil if the magnitude is elsewhere.
    init?(_ value: Double) {
        let magnitude = value.magnitude
        // From 2^53 on, doubles are integers, which are written as such before it comes here.
        guard magnitude >= 1e-4, magnitude < 0x1p53 else { return nil }
        let significand = magnitude.significandBitPattern | 1 << 52
        let shift = UInt64(52 - Int(magnitude.exponent))
        // log10(2) is a little more than this, so the guess is right or one too low.
        var exponent = (Int(magnitude.exponent) * 1233) >> 12
        while true {
            let product = UInt128(significand) * powersOfTen[16 - exponent]
            var quotient = shift == 0 ? product : product >> UInt128(shift)
            if shift > 0 {
                let rest = product & (1 << UInt128(shift) - 1)
                let half: UInt128 = 1 << UInt128(shift - 1)
                if rest > half || (rest == half && quotient & 1 == 1) { quotient += 1 }
            }
            if quotient >= 100_000_000_000_000_000 {
                exponent += 1
            } else if quotient < 10_000_000_000_000_000 {
                exponent -= 1
            } else {
                (digits, self.exponent) = (UInt64(truncatingIfNeeded: quotient), exponent)
                return
            }
        }
    }

    @unsafe func write(isNegative: Bool, to bytes: UnsafeMutableRawBufferPointer) -> Int {
        var significant = digits
        var digitCount = 17
        while significant % 10 == 0 {
            significant /= 10
            digitCount -= 1
        }
        var start = 0
        if isNegative {
            unsafe bytes[0] = UInt8(ascii: "-")
            start = 1
        }
        if exponent < 0 {
            // 0.000ddd, with one zero less behind the point than the exponent says.
            let end = start + 1 - exponent + digitCount
            unsafe zeros(start..<(end - digitCount), in: bytes)
            unsafe bytes[start + 1] = UInt8(ascii: ".")
            unsafe writeDigits(of: significant, endingAt: end, in: bytes)
            return end
        }
        let wholeCount = exponent + 1
        if digitCount <= wholeCount {
            // ddd000
            unsafe writeDigits(of: significant, endingAt: start + digitCount, in: bytes)
            unsafe zeros((start + digitCount)..<(start + wholeCount), in: bytes)
            return start + wholeCount
        }
        // ddd.ddd: the digits behind the point are written one to the right of where they would stand without it.
        let end = start + digitCount + 1
        unsafe writeDigits(of: significant, endingAt: end, in: bytes)
        for index in start..<(start + wholeCount) { unsafe bytes[index] = unsafe bytes[index + 1] }
        unsafe bytes[start + wholeCount] = UInt8(ascii: ".")
        return end
    }

    @unsafe private func zeros(_ range: Range<Int>, in bytes: UnsafeMutableRawBufferPointer) {
        for index in range { unsafe bytes[index] = UInt8(ascii: "0") }
    }
}

private let powersOfTen: InlineArray<22, UInt128> = [
    1, 10, 100, 1000, 10000, 100000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    100_000_000_000_000_000_000, 1_000_000_000_000_000_000_000,
]
