/// "Minute hour day-of-month month day-of-week", the five fields of cron: `0 4 * * MON` is Mondays at 04:00 local time.
///
/// A field is `*`, a number, a range `a-b`, either of the last two parts of a list `a,b-c`, and `*` and ranges may have a
/// step: `*/15`, `8-18/2`. Months and weekdays have names (`JAN`, `MON`, any case), and Sunday is both 0 and 7. `@hourly`,
/// `@daily`, `@midnight`, `@weekly` (Sunday), `@monthly`, `@yearly` and `@annually` stand for whole expressions.
///
/// Days follow the rule of Vixie's cron: if both day fields are restricted (neither begins with `*`), a day that matches
/// one of them will do; otherwise it must match both.
///
/// When clocks change: a firing in the hour that is skipped happens at the moment of the change; one in the hour that
/// occurs twice happens the first time only. Hence every firing happens once, and an hourly season is two hours long
/// on the night on which clocks are put back.
package struct CronExpression: Hashable, Sendable {
    /// As it was written.
    package let text: String

    /// Bit *n* is set if the field matches *n*.
    let minutes: UInt64
    let hours: UInt64
    let days: UInt64
    let months: UInt64
    /// Sunday is bit 0.
    let weekdays: UInt64
    let dayRule: DayRule

    enum DayRule: Hashable, Sendable {
        /// The day of the month or the day of the week matches.
        case either
        /// Both do.
        case both
    }

    package static let byteCountMax = 256
}

extension CronExpression: CustomStringConvertible {
    package var description: String { text }
}

extension CronExpression {
    /// The first firing after `instant`.
    package func next(after instant: Timestamp, in rules: TimeZoneRules) -> Timestamp {
        interval(containing: instant, in: rules).end
    }

    /// The last firing that was not after `instant`.
    package func previous(atOrBefore instant: Timestamp, in rules: TimeZoneRules) -> Timestamp {
        interval(containing: instant, in: rules).start
    }
}

extension CronExpression: LocalSteps {
    func step(atOrBefore local: CivilTime) -> CivilTime {
        if matches(local.date), let time = lastTime(atOrBefore: local.timeOfDay) {
            return CivilTime(local.date, at: time)
        }
        return CivilTime(lastDay(before: local.date), at: lastTime(atOrBefore: .last)!)
    }

    func step(after local: CivilTime) -> CivilTime {
        if matches(local.date), let time = firstTime(after: local.timeOfDay) { return CivilTime(local.date, at: time) }
        return CivilTime(firstDay(after: local.date), at: firstTimeOfDay)
    }
}

// MARK: - Times within a day

extension CronExpression {
    private var firstTimeOfDay: TimeOfDay {
        TimeOfDay(existingHour: hours.trailingZeroBitCount, minute: minutes.trailingZeroBitCount)
    }

    private func firstTime(after time: TimeOfDay) -> TimeOfDay? {
        if hours.hasBit(time.hour), let minute = minutes.firstBit(atOrAbove: time.minute + 1) {
            return TimeOfDay(existingHour: time.hour, minute: minute)
        }
        guard let hour = hours.firstBit(atOrAbove: time.hour + 1) else { return nil }
        return TimeOfDay(existingHour: hour, minute: minutes.trailingZeroBitCount)
    }

    private func lastTime(atOrBefore time: TimeOfDay) -> TimeOfDay? {
        if hours.hasBit(time.hour), let minute = minutes.lastBit(below: time.minute + 1) {
            return TimeOfDay(existingHour: time.hour, minute: minute)
        }
        guard let hour = hours.lastBit(below: time.hour), let minute = minutes.lastBit(below: 60) else { return nil }
        return TimeOfDay(existingHour: hour, minute: minute)
    }
}

// MARK: - Days

extension CronExpression {
    /// The calendar repeats after 400 years, days of the week included: an expression that matches no day in as many
    /// never does, and parsing has refused it.
    private static let monthsToSearch = 400 * 12

    private func matches(_ date: CivilDate) -> Bool { days(inMonth: date.month, of: date.year).hasBit(date.day) }

    private func firstDay(after date: CivilDate) -> CivilDate {
        var (year, month, day) = (date.year, date.month, date.day + 1)
        for _ in 0...Self.monthsToSearch {
            if let day = days(inMonth: month, of: year).firstBit(atOrAbove: day) {
                return CivilDate(existingYear: year, month: month, day: day)
            }
            (year, month, day) = month == 12 ? (year + 1, 1, 1) : (year, month + 1, 1)
        }
        preconditionFailure("\(text) never fires")
    }

    private func lastDay(before date: CivilDate) -> CivilDate {
        var (year, month, end) = (date.year, date.month, date.day)
        for _ in 0...Self.monthsToSearch {
            if let day = days(inMonth: month, of: year).lastBit(below: end) {
                return CivilDate(existingYear: year, month: month, day: day)
            }
            (year, month, end) = month == 1 ? (year - 1, 12, 32) : (year, month - 1, 32)
        }
        preconditionFailure("\(text) never fires")
    }

    /// Bit *n* is set if the expression fires on the *n*-th of the month.
    private func days(inMonth month: Int, of year: Int) -> UInt64 {
        guard months.hasBit(month) else { return 0 }
        let first = CivilDate(existingYear: year, month: month, day: 1).weekday.rawValue % 7
        // Seven bits that repeat, turned so that bit 0 is the weekday of the 1st; then the 1st is moved to bit 1.
        let week = (weekdays >> UInt64(first) | weekdays << UInt64(7 - first)) & 0b111_1111
        let byWeekday = (week | week << 7 | week << 14 | week << 21 | week << 28) << 1
        let ofMonth: UInt64 = (1 << UInt64(CivilDate.dayCount(ofMonth: month, year: year)) - 1) << 1
        return (dayRule == .either ? days | byWeekday : days & byWeekday) & ofMonth
    }
}

extension TimeOfDay {
    fileprivate static let last = TimeOfDay(existingHour: 23, minute: 59)
}

extension UInt64 {
    func hasBit(_ index: Int) -> Bool { self >> UInt64(index) & 1 == 1 }

    /// The index of the first bit set at `index` or above.
    fileprivate func firstBit(atOrAbove index: Int) -> Int? {
        let rest = self >> UInt64(index)
        return rest == 0 ? nil : index + rest.trailingZeroBitCount
    }

    /// The index of the last bit set below `index`.
    fileprivate func lastBit(below index: Int) -> Int? {
        let rest = self & (1 << UInt64(index) - 1)
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }
}
