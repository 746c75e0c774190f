/// Writing `2026-11-23T19:59:34Z`, with `.123` before the Z when there are milliseconds.
///
/// Years beyond 0001–9999, which only arithmetic produces, get a sign and at least four digits (`+10000-01-01T00:00:00Z`),
/// so that every `Timestamp` can be printed.
extension CivilTime {
    /// No text is longer: a sign, nine digits of year, and `-01-01T00:00:00.000Z`.
    package static let iso8601ByteCountMax = 32

    package var iso8601: String {
        String(unsafeUninitializedCapacity: Self.iso8601ByteCountMax) { buffer in
            writeISO8601(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Writes the ASCII text to the front of the buffer and answers its length. Allocates nothing for years 0001–9999.
    /// Precondition: the buffer has room for `iso8601ByteCountMax` bytes.
    @discardableResult
    package func writeISO8601(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(buffer.count >= Self.iso8601ByteCountMax)
        var writer = DigitWriter(buffer)
        if (1...9999).contains(year) {
            writer.pair(year / 100)
            writer.pair(year % 100)
        } else {
            writer.expandedYear(year)
        }
        writer.byte("-")
        writer.pair(month)
        writer.byte("-")
        writer.pair(day)
        writer.byte("T")
        writer.pair(hour)
        writer.byte(":")
        writer.pair(minute)
        writer.byte(":")
        writer.pair(second)
        if millisecond != 0 {
            writer.byte(".")
            writer.digit(millisecond / 100)
            writer.pair(millisecond % 100)
        }
        writer.byte("Z")
        return writer.count
    }
}

extension Timestamp {
    /// As `CivilTime.writeISO8601(into:)`.
    @discardableResult
    package func writeISO8601(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        CivilTime(self).writeISO8601(into: buffer)
    }
}

private struct DigitWriter {
    let buffer: UnsafeMutableRawBufferPointer
    var count = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    @inline(__always)
    mutating func byte(_ character: Unicode.Scalar) {
        buffer[count] = UInt8(ascii: character)
        count += 1
    }

    @inline(__always)
    mutating func digit(_ digit: Int) {
        buffer[count] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
        count += 1
    }

    @inline(__always)
    mutating func pair(_ number: Int) {
        digit(number / 10)
        digit(number % 10)
    }

    mutating func expandedYear(_ year: Int) {
        byte(year < 0 ? "-" : "+")
        for digit in padded(Int(year.magnitude), 4).utf8 { self.digit(Int(digit) - Int(UInt8(ascii: "0"))) }
    }
}
