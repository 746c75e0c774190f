/// Reads fixed-width numbers and separators from UTF-8, front to back, without allocating.
///
/// Every method either takes exactly what it describes and answers it, or answers nil; a caller stops at the first nil.
struct DigitReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var isAtEnd: Bool { offset == bytes.count }
    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// Exactly `count` decimal digits.
    @inline(__always)
    mutating func number(_ count: Int) -> Int? {
        guard bytes.count - offset >= count else { return nil }
        var number = 0
        for index in offset..<(offset + count) {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number &* 10 &+ Int(digit)
        }
        offset += count
        return number
    }

    @inline(__always)
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    /// `2026-11-23`
    mutating func date() -> CivilDate? {
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2) else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// `04:00`
    mutating func timeOfDay() -> TimeOfDay? {
        guard let hour = number(2), skip(":"), let minute = number(2) else { return nil }
        return TimeOfDay(hour: hour, minute: minute)
    }
}
