internal import NIOCore

extension ReplyWriter {
    /// A double in Redis' text, see `writeDouble(_:to:)`; `inf` and `-inf` for infinities, `nan` for NaN.
    package mutating func double(_ value: Double) {
        if let integer = exactInteger(value) { return integerDouble(integer) }
        if value.isNaN { return finished("nan") }
        if value.isInfinite { return finished(value < 0 ? "-inf" : "inf") }
        unsafe withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { bytes in
            let count = unsafe writeDouble(value, to: bytes)
            startDouble(count)
            unsafe buffer.writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
            endLine()
        }
    }

    private mutating func integerDouble(_ integer: Int64) {
        if version == .v3 { return header(",", integer) }
        startDouble(decimalDigitCount(integer.magnitude) + (integer < 0 ? 1 : 0))
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 24) { unsafe writeInteger(integer, to: $0) }
        endLine()
    }

    private mutating func finished(_ text: StaticString) {
        startDouble(text.utf8CodeUnitCount)
        buffer.writeStaticString(text)
        endLine()
    }

    private mutating func startDouble(_ count: Int) {
        switch version {
        case .v2: header("$", Int64(count))
        case .v3: buffer.writeInteger(UInt8(ascii: ","))
        }
    }
}

/// The value if `%.17g` writes it as a plain integer: 17 digits at most, and no negative zero.
func exactInteger(_ value: Double) -> Int64? {
    guard value.magnitude < 1e17, !(value.isZero && value.sign == .minus) else { return nil }
    return Int64(exactly: value)
}
