/// A day of the proleptic Gregorian calendar: what a wall calendar shows, in no particular time zone.
///
/// Arithmetic goes through the day number, a count of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level
/// date algorithms"). Years are astronomical: year 0 comes before year 1.
package struct CivilDate: Hashable, Sendable {
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int

    /// Nil unless the day exists and its year is 1 to 9999.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...Self.dayCount(ofMonth: month, year: year)).contains(day)
        else { return nil }
        self.init(existingYear: year, month: month, day: day)
    }

    init(existingYear year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date that lies `dayNumber` days after 1970-01-01.
    package init(dayNumber: Int) {
        // Counted from 0000-03-01, so that the leap day is the last of its year.
        let shifted = dayNumber + 719_468
        let era = flooredQuotient(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    package var dayNumber: Int {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = flooredQuotient(yearFromMarch, 400)
        let yearOfEra = yearFromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package func advanced(byDays days: Int) -> CivilDate { CivilDate(dayNumber: dayNumber + days) }

    package var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        Weekday(rawValue: flooredRemainder(dayNumber + 3, 7) + 1)!
    }

    package static func isLeapYear(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    package static func dayCount(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeapYear(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension CivilDate: Comparable {
    package static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

/// `2026-11-23`
extension CivilDate: CustomStringConvertible {
    package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    /// Reads `2026-11-23`, and nothing else.
    package init?(_ text: String) {
        var text = text
        let date = text.withUTF8 { bytes -> CivilDate? in
            var reader = DigitReader(UnsafeRawBufferPointer(bytes))
            guard let date = reader.date(), reader.isAtEnd else { return nil }
            return date
        }
        guard let date else { return nil }
        self = date
    }
}

/// A day of the week, numbered as in ISO 8601: Monday is 1.
package enum Weekday: Int, Hashable, Sendable, CaseIterable {
    case monday = 1
    case tuesday, wednesday, thursday, friday, saturday, sunday

    /// `monday`
    package var name: String { "\(self)" }
}

/// A week of ISO 8601: it starts on Monday and belongs to the year that has its Thursday, as `2026-W47`.
package struct ISOWeek: Hashable, Sendable {
    package let year: Int
    /// 1 to 52 or 53.
    package let number: Int

    /// The week with this day.
    package init(containing date: CivilDate) {
        let thursday = date.advanced(byDays: 4 - date.weekday.rawValue)
        year = thursday.year
        let newYear = CivilDate(existingYear: thursday.year, month: 1, day: 1)
        number = (thursday.dayNumber - newYear.dayNumber) / 7 + 1
    }

    /// Nil unless the year (1 to 9999) has a week of this number.
    package init?(year: Int, number: Int) {
        guard (1...9999).contains(year), (1...Self.count(inYear: year)).contains(number) else { return nil }
        self.year = year
        self.number = number
    }

    package var monday: CivilDate {
        // January 4th is always in week 1.
        let fourth = CivilDate(existingYear: year, month: 1, day: 4)
        return fourth.advanced(byDays: 7 * (number - 1) + 1 - fourth.weekday.rawValue)
    }

    /// 52, or 53 in a long year.
    package static func count(inYear year: Int) -> Int {
        // December 28th is always in the last week.
        ISOWeek(containing: CivilDate(existingYear: year, month: 12, day: 28)).number
    }
}

extension ISOWeek: CustomStringConvertible {
    package var description: String { "\(padded(year, 4))-W\(padded(number, 2))" }
}

/// Rounds towards negative infinity; the divisor is positive.
func flooredQuotient<Integer: BinaryInteger>(_ dividend: Integer, _ divisor: Integer) -> Integer {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

/// 0 up to the divisor, which is positive.
func flooredRemainder<Integer: BinaryInteger>(_ dividend: Integer, _ divisor: Integer) -> Integer {
    let remainder = dividend % divisor
    return remainder < 0 ? remainder + divisor : remainder
}

/// Decimal digits, with zeros in front up to `width`.
func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}
