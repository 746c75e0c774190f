/// Reading `2026-11-23T20:59:34.5+01:00`: the date and time of RFC 3339, straight from UTF-8 and without allocating, since
/// every submitted score may carry one.
///
/// - T and Z may be lower case; nothing else may stand between date and time, not even the space that the RFC tolerates.
/// - A fraction has one to nine digits; what is finer than a millisecond is cut off.
/// - An offset is `Z` or `±hh:mm` up to 23:59; `-00:00` counts as `Z`.
/// - A leap second, `:60`, is taken only where one can be, at 23:59:60 UTC, and read as the last millisecond before it
///   (`23:59:59.999`): it stays in its day, and sorts after everything that came before.
/// - The instant must lie in `Timestamp.accepted`, the years 0001 to 9999 of UTC.
extension Timestamp {
    package init?(rfc3339 bytes: UnsafeRawBufferPointer) {
        guard let (date, time) = minute(of: bytes) else { return nil }
        var reader = DigitReader(bytes, from: fixedByteCount)
        guard reader.skip(":"),
            let second = reader.number(2), second <= 60,
            let fraction = reader.fractionMilliseconds(),
            let offset = reader.offsetMinutes(), reader.isAtEnd
        else { return nil }
        let minutes = date.dayNumber * 1440 + time.hour * 60 + time.minute - offset
        let milliseconds: Int
        if second == 60 {
            guard flooredRemainder(minutes, 1440) == 1439 else { return nil }
            milliseconds = minutes * 60_000 + 59_999
        } else {
            milliseconds = minutes * 60_000 + second * 1000 + fraction
        }
        self.init(milliseconds: Int64(milliseconds))
        guard Self.accepted.contains(self) else { return nil }
    }

    package init?(rfc3339 text: String) {
        var text = text
        let timestamp = text.withUTF8 { Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }
        guard let timestamp else { return nil }
        self = timestamp
    }
}

/// The first 16 bytes have a fixed shape, `0000-00-00T00:00`: they are read as two words, eight characters at a time.
private func minute(of bytes: UnsafeRawBufferPointer) -> (CivilDate, TimeOfDay)? {
    guard bytes.count >= fixedByteCount,
        let front = digits(of: word(bytes, at: 0) ^ 0x2D30_302D_3030_3030, slack: 0x0F06_060F_0606_0606),
        // Whether T is upper or lower case is one bit.
        let back = digits(
            of: (word(bytes, at: 8) ^ 0x3030_3A30_3054_3030) & ~0x20_0000, slack: 0x0606_0F06_060F_0606),
        let date = CivilDate(
            year: pair(front, 0) * 100 + pair(front, 2), month: pair(front, 5), day: pair(back, 0)),
        let time = TimeOfDay(hour: pair(back, 3), minute: pair(back, 6))
    else { return nil }
    return (date, time)
}

private let fixedByteCount = 16

/// The first character is the lowest byte.
private func word(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

/// Checks characters after the exclusive or with their shape, which leaves the value of a digit and 0 of a separator.
/// A value of at most 9 stays below 16 when 6 is added; anything but 0 does not when 15 is.
private func digits(of difference: UInt64, slack: UInt64) -> UInt64? {
    (difference | (difference &+ slack)) & 0xF0F0_F0F0_F0F0_F0F0 == 0 ? difference : nil
}

/// The number that stands at two neighbouring places.
private func pair(_ digits: UInt64, _ index: UInt64) -> Int {
    let pair = digits >> (8 * index)
    return Int(pair & 0xF) * 10 + Int(pair >> 8 & 0xF)
}

extension DigitReader {
    /// 0 if there is no fraction; nil if it is malformed.
    fileprivate mutating func fractionMilliseconds() -> Int? {
        guard skip(".") else { return 0 }
        var milliseconds = 0
        var count = 0
        while let byte = next, byte &- UInt8(ascii: "0") <= 9 {
            if count < 3 { milliseconds = milliseconds * 10 + Int(byte - UInt8(ascii: "0")) }
            count += 1
            guard count <= 9, number(1) != nil else { return nil }
        }
        switch count {
        case 0: return nil
        case 1: return milliseconds * 100
        case 2: return milliseconds * 10
        default: return milliseconds
        }
    }

    /// How far the local time is ahead of UTC.
    fileprivate mutating func offsetMinutes() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hour = number(2), hour < 24, skip(":"), let minute = number(2), minute < 60 else { return nil }
        return sign * (hour * 60 + minute)
    }
}
