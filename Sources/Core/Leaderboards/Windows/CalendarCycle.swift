/// Every n days, weeks, months or years, at a time of day: "every second week, Sunday at 04:00".
///
/// Periods of the unit are numbered along the calendar, and every `count`-th of them begins a season, counted in both
/// directions from the one that contains `anchor`.
package struct CalendarCycle: Hashable, Sendable {
    package enum Period: String, Hashable, Sendable, CaseIterable {
        case day, week, month, year
    }

    package let period: Period
    /// 1 to `countMax`.
    package let count: Int
    /// A day of a period that begins a season. If nil, the first period that begins in 1970 or later does, so that
    /// quarters start in January and two-year seasons in even years.
    package let anchor: CivilDate?
    /// When the reset happens, in local time.
    package let time: TimeOfDay
    /// The day on which weeks begin.
    package let weekday: Weekday
    /// The day of the month on which months and years begin, 1 to 28, so that every month has it.
    package let day: Int
    /// The month in which years begin, 1 to 12.
    package let month: Int

    package init(
        _ period: Period, count: Int = 1, anchor: CivilDate? = nil, at time: TimeOfDay = .midnight,
        weekday: Weekday = .monday, day: Int = 1, month: Int = 1
    ) {
        self.period = period
        self.count = count
        self.anchor = anchor
        self.time = time
        self.weekday = weekday
        self.day = day
        self.month = month
    }

    package static let countMax = 1000
    package static let dayMax = 28

    package static let daily = CalendarCycle(.day)
    package static let weekly = CalendarCycle(.week)
    package static let monthly = CalendarCycle(.month)
    package static let yearly = CalendarCycle(.year)

    func problems(at field: String) -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        func check(_ number: Int, in range: ClosedRange<Int>, _ name: String) {
            guard !range.contains(number) else { return }
            problems.append(
                DefinitionProblem(
                    field: path(field, name), code: "range",
                    message: "\(name) is \(range.lowerBound) to \(range.upperBound), not \(number)."))
        }
        check(count, in: 1...Self.countMax, "count")
        check(day, in: 1...Self.dayMax, "day")
        check(month, in: 1...12, "month")
        // A date that was written has such a year; one that was calculated or decoded may not.
        if let anchor, !(1...9999).contains(anchor.year) {
            problems.append(
                DefinitionProblem(
                    field: path(field, "anchor"), code: "range", message: "The anchor lies in the years 0001 to 9999."))
        }
        return problems
    }
}

extension CalendarCycle: LocalSteps {
    func step(atOrBefore local: CivilTime) -> CivilTime {
        // Before the reset, the season is that of the day before.
        let date = local.timeOfDay < time ? local.date.advanced(byDays: -1) : local.date
        return step(cycle(of: date))
    }

    func step(after local: CivilTime) -> CivilTime {
        let date = local.timeOfDay < time ? local.date.advanced(byDays: -1) : local.date
        return step(cycle(of: date) + 1)
    }

    private func step(_ cycle: Int) -> CivilTime {
        CivilTime(firstDay(ofPeriod: anchorPeriod + cycle * count), at: time)
    }

    private func cycle(of date: CivilDate) -> Int { flooredQuotient(periodNumber(of: date) - anchorPeriod, count) }

    private var anchorPeriod: Int {
        if let anchor { return periodNumber(of: anchor) }
        let epoch = CivilDate(dayNumber: 0)
        let period = periodNumber(of: epoch)
        return firstDay(ofPeriod: period) < epoch ? period + 1 : period
    }

    /// Consecutive periods have consecutive numbers.
    private func periodNumber(of date: CivilDate) -> Int {
        switch period {
        case .day: date.dayNumber
        case .week: flooredQuotient(date.dayNumber - firstWeekStart, 7)
        case .month: date.year * 12 + date.month - (date.day < day ? 1 : 0)
        case .year: date.year - ((date.month, date.day) < (month, day) ? 1 : 0)
        }
    }

    private func firstDay(ofPeriod number: Int) -> CivilDate {
        switch period {
        case .day: CivilDate(dayNumber: number)
        case .week: CivilDate(dayNumber: number * 7 + firstWeekStart)
        case .month:
            CivilDate(
                existingYear: flooredQuotient(number - 1, 12), month: flooredRemainder(number - 1, 12) + 1, day: day)
        case .year: CivilDate(existingYear: number, month: month, day: day)
        }
    }

    /// The day number of a day on which a week begins: 1970-01-05 was a Monday.
    private var firstWeekStart: Int { 4 + weekday.rawValue - 1 }
}

/// Seasons are called by the period they begin with: `2026-11-23`, `2026-W47`, `2026-11`, `2026`.
extension CalendarCycle {
    func seasonID(of step: CivilTime) -> String {
        let date = step.date
        return switch period {
        case .day: date.description
        case .week: ISOWeek(containing: date.advanced(byDays: Self.daysToMiddleOfWeek)).description
        case .month: "\(padded(date.year, 4))-\(padded(date.month, 2))"
        case .year: padded(date.year, 4)
        }
    }

    /// The step that a season of this name would begin with.
    func step(ofSeason id: some StringProtocol) -> CivilTime? {
        var id = String(id)
        let date = id.withUTF8 { bytes in
            var reader = DigitReader(UnsafeRawBufferPointer(bytes))
            let date = firstDay(&reader)
            return reader.isAtEnd ? date : nil
        }
        return date.map { CivilTime($0, at: time) }
    }

    private func firstDay(_ reader: inout DigitReader) -> CivilDate? {
        switch period {
        case .day: return reader.date()
        case .week:
            guard let year = reader.number(4), reader.skip("-"), reader.skip("W"), let number = reader.number(2),
                let week = ISOWeek(year: year, number: number)
            else { return nil }
            let earliest = week.monday.advanced(byDays: -Self.daysToMiddleOfWeek)
            return earliest.advanced(byDays: flooredRemainder(weekday.rawValue - earliest.weekday.rawValue, 7))
        case .month:
            guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2) else { return nil }
            return CivilDate(year: year, month: month, day: day)
        case .year:
            guard let year = reader.number(4) else { return nil }
            return CivilDate(year: year, month: month, day: day)
        }
    }

    /// A week that does not begin on Monday shares days with two ISO weeks. It takes the name of the one with which it
    /// shares more: the one that holds its fourth day.
    private static let daysToMiddleOfWeek = 3
}
