import Leaderboards
import Testing

@Suite struct CivilDateTests {
    @Test func `Day numbers, weekdays and ISO weeks are those of an independent calendar`() throws {
        for row in CalendarGolden.rows(CalendarGolden.isoWeeks) {
            let date = try #require(CivilDate(row[0]))
            #expect(date.description == row[0])
            #expect(ISOWeek(containing: date).description == row[1])
            #expect(date.weekday.rawValue == Int(row[2]))
            #expect(date.dayNumber == Int(row[3]))
        }
    }

    @Test func `Every day from year 1 to 9999 follows the one before`() {
        var expected = CivilDate(year: 1, month: 1, day: 1)!
        var weekday = expected.weekday.rawValue
        for number in expected.dayNumber...CivilDate(year: 9999, month: 12, day: 31)!.dayNumber {
            let date = CivilDate(dayNumber: number)
            guard date == expected, date.dayNumber == number, date.weekday.rawValue == weekday else {
                Issue.record("day \(number) is \(date), expected \(expected)")
                return
            }
            expected = following(date)
            weekday = weekday % 7 + 1
        }
    }

    /// Counts as children do.
    private func following(_ date: CivilDate) -> CivilDate {
        CivilDate(year: date.year, month: date.month, day: date.day + 1)
            ?? CivilDate(year: date.year, month: date.month + 1, day: 1)
            ?? CivilDate(year: date.year + 1, month: 1, day: 1) ?? date
    }

    @Test func `Leap years skip three centuries of four`() {
        #expect([1600, 2000, 2024, 2400].allSatisfy(CivilDate.isLeapYear))
        #expect([1700, 1900, 2023, 2100].allSatisfy { !CivilDate.isLeapYear($0) })
        #expect(CivilDate.dayCount(ofMonth: 2, year: 2024) == 29)
        #expect(CivilDate.dayCount(ofMonth: 2, year: 2100) == 28)
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "0000-01-01", "2026-1-01", "26-01-01", "",
    ])
    func `A day that does not exist is no date`(text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test func `A long year has 53 weeks`() {
        #expect((2000...2040).filter { ISOWeek.count(inYear: $0) == 53 } == [2004, 2009, 2015, 2020, 2026, 2032, 2037])
        #expect(ISOWeek(year: 2026, number: 53)?.monday.description == "2026-12-28")
        #expect(ISOWeek(year: 2027, number: 53) == nil)
    }
}
