internal import Glibc
internal import RESP

/// Numbers as Redis reads them.
extension Argument {
    /// A 64-bit integer written the one canonical way: no "+", no space, no leading zero, no "-0".
    var integer: Int? { parseInteger(span).map { Int($0) } }

    /// A score, an increment or a weight: whatever C's `strtod` reads to the end, except NaN, a leading space, and what
    /// lies beyond a double on either side.
    var double: Double? { parseDouble(span) }

    /// The number of a score bound. Looser than `double`: leading spaces, nothing at all (0), bytes behind a NUL and
    /// numbers beyond a double's range pass.
    var boundDouble: Double? {
        if let value = smallInteger { return value }
        let text = cString
        let scan = text.scanDouble()
        return scan.byteCount == text.count && !scan.value.isNaN ? scan.value : nil
    }

    /// Seconds of a timeout, which Redis reads as a `long double`. What is too large or too small for a double becomes
    /// infinite or the smallest one; Redis does so only up to 1e4932 and calls more than that no float.
    var timeoutSeconds: Double? {
        if let value = smallInteger { return value }
        guard let first, !first.isSpace, count < 5120 else { return nil }
        let scan = scanDouble()
        guard scan.byteCount == count, !scan.value.isNaN else { return nil }
        if scan.isBeyondRange && scan.value.isZero {
            return Double(signOf: scan.value, magnitudeOf: .leastNonzeroMagnitude)
        }
        return scan.value
    }

    /// A cursor, as C's `strtoul` reads it: a sign, leading zeros and nothing at all are fine.
    var cursor: UInt64? {
        var digits = cString
        guard let first = digits.first else { return 0 }
        if first == 0x2B || first == 0x2D { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard let digit = byte.digit else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowedToo) = product.addingReportingOverflow(digit)
            if overflowed || overflowedToo { return nil }
            value = sum
        }
        return first == 0x2D ? 0 &- value : value
    }

    /// Most scores are integers that a double holds exactly; they need no `strtod`.
    private var smallInteger: Double? {
        let isNegative = first == 0x2D
        let digits = isNegative ? dropFirst() : self
        guard (1...15).contains(digits.count) else { return nil }
        var magnitude: UInt64 = 0
        for byte in digits {
            guard let digit = byte.digit else { return nil }
            magnitude = magnitude * 10 + digit
        }
        return isNegative ? -Double(magnitude) : Double(magnitude)
    }

    private func scanDouble() -> (value: Double, byteCount: Int, isBeyondRange: Bool) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { buffer in
            for (index, byte) in enumerated() { buffer[index] = CChar(bitPattern: byte) }
            buffer[count] = 0
            let start = buffer.baseAddress!
            var end: UnsafeMutablePointer<CChar>? = start
            errno = 0
            let value = strtod(start, &end)
            return (value, end! - start, errno == ERANGE)
        }
    }
}

extension Argument {
    func integer(or error: CommandError = .notAnInteger) throws(CommandError) -> Int {
        guard let integer else { throw error }
        return integer
    }

    /// With no error of its own, a number outside `range` is told the range.
    func integer(in range: ClosedRange<Int>, or error: CommandError? = nil) throws(CommandError) -> Int {
        let value = try integer(or: error ?? .notAnInteger)
        guard range.contains(value) else { throw error ?? .outside(range) }
        return value
    }

    func double(or error: CommandError = .notAFloat) throws(CommandError) -> Double {
        guard let double else { throw error }
        return double
    }
}
