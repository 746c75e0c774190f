/// What a clock and a calendar on the wall show, to the millisecond, in no particular time zone.
///
/// As a reading of UTC it corresponds to exactly one `Timestamp` (`init(_:)`, `asUTC`); as a reading of another zone it
/// takes `TimeZoneRules` to tell which instant is meant, if any.
package struct CivilTime: Hashable, Sendable {
    package let date: CivilDate
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let millisecond: Int

    /// Nil unless the date exists, its year is 1 to 9999, and the clock shows 00:00:00.000 to 23:59:59.999.
    package init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
    ) {
        guard let date = CivilDate(year: year, month: month, day: day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1000).contains(millisecond)
        else { return nil }
        self.date = date
        self.hour = hour
        self.minute = minute
        self.second = second
        self.millisecond = millisecond
    }

    package init(_ date: CivilDate, at time: TimeOfDay = .midnight) {
        self.date = date
        hour = time.hour
        minute = time.minute
        second = 0
        millisecond = 0
    }

    /// The reading of a clock that shows UTC.
    package init(_ timestamp: Timestamp) {
        let dayNumber = flooredQuotient(timestamp.milliseconds, Self.millisecondsPerDay)
        // In [0, 86 400 000); subtracting the product could overflow near Int64.min.
        let sinceMidnight = Int(flooredRemainder(timestamp.milliseconds, Self.millisecondsPerDay))
        date = CivilDate(dayNumber: Int(dayNumber))
        hour = sinceMidnight / 3_600_000
        minute = sinceMidnight / 60_000 % 60
        second = sinceMidnight / 1000 % 60
        millisecond = sinceMidnight % 1000
    }

    /// The instant at which a clock that shows UTC reads so.
    package var asUTC: Timestamp {
        let seconds = (hour * 60 + minute) * 60 + second
        return Timestamp(
            milliseconds: Int64(date.dayNumber) * Self.millisecondsPerDay + Int64(seconds * 1000 + millisecond))
    }

    static let millisecondsPerDay: Int64 = 86_400_000
}

extension CivilTime {
    package var year: Int { date.year }
    package var month: Int { date.month }
    package var day: Int { date.day }
    package var weekday: Weekday { date.weekday }
    package var isoWeek: ISOWeek { ISOWeek(containing: date) }

    /// Seconds and milliseconds are left off.
    package var timeOfDay: TimeOfDay { TimeOfDay(existingHour: hour, minute: minute) }
}

extension CivilTime: Comparable {
    package static func < (left: CivilTime, right: CivilTime) -> Bool {
        if left.date != right.date { return left.date < right.date }
        return (left.hour, left.minute, left.second, left.millisecond)
            < (right.hour, right.minute, right.second, right.millisecond)
    }
}

/// A minute of the day, as `04:00`.
package struct TimeOfDay: Hashable, Sendable {
    package let hour: Int
    package let minute: Int

    /// Nil unless 00:00 to 23:59.
    package init?(hour: Int, minute: Int) {
        guard (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
        self.init(existingHour: hour, minute: minute)
    }

    init(existingHour hour: Int, minute: Int) {
        self.hour = hour
        self.minute = minute
    }

    package static let midnight = TimeOfDay(existingHour: 0, minute: 0)
}

extension TimeOfDay: Comparable {
    package static func < (left: TimeOfDay, right: TimeOfDay) -> Bool {
        (left.hour, left.minute) < (right.hour, right.minute)
    }
}

extension TimeOfDay: CustomStringConvertible {
    package var description: String { "\(padded(hour, 2)):\(padded(minute, 2))" }

    /// Reads `04:00`, and nothing else.
    package init?(_ text: String) {
        var text = text
        let time = text.withUTF8 { bytes -> TimeOfDay? in
            var reader = DigitReader(UnsafeRawBufferPointer(bytes))
            guard let time = reader.timeOfDay(), reader.isAtEnd else { return nil }
            return time
        }
        guard let time else { return nil }
        self = time
    }
}
