import Leaderboards
import Testing

/// Seasons against a calendar that was worked out elsewhere, and against what anyone can look up.
@Suite struct SeasonGoldenTests {
    @Test func `Daily seasons begin and end when the clocks say so`() throws {
        for row in CalendarGolden.rows(CalendarGolden.days) {
            let calendar = try calendar(.every(CalendarCycle(.day, at: TimeOfDay(row[1])!)), in: row[0])
            let season = Season(id: row[2], start: instant(row[3]), end: instant(row[4]))
            #expect(calendar.season(at: season.start) == season)
            #expect(calendar.season(at: before(season.end!)) == season)
            #expect(calendar.season(withID: season.id) == season)
        }
    }

    @Test func `Weekly seasons are ISO weeks`() throws {
        for row in CalendarGolden.rows(CalendarGolden.weeks) { try expect(row, with: .weekly) }
    }

    @Test func `Monthly seasons are calendar months`() throws {
        for row in CalendarGolden.rows(CalendarGolden.months) { try expect(row, with: .monthly) }
    }

    private func expect(_ row: [String], with cycle: CalendarCycle) throws {
        let calendar = try calendar(.every(cycle), in: row[0])
        let season = Season(id: row[2], start: instant(row[3]), end: instant(row[4]))
        #expect(calendar.season(at: instant(row[1])) == season, "\(row)")
        #expect(calendar.season(withID: row[2]) == season)
    }

    @Test(arguments: [
        // Weeks from Sunday and from Saturday take the name of the ISO week that they share most days with.
        (CalendarCycle(.week, weekday: .sunday), "2026-W48", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"),
        (CalendarCycle(.week, weekday: .thursday), "2026-W47", "2026-11-19T00:00:00Z", "2026-11-26T00:00:00Z"),
        (CalendarCycle(.week, weekday: .friday), "2026-W48", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z"),
        (
            CalendarCycle(.week, count: 2, anchor: CivilDate("2026-11-11")), "2026-W46", "2026-11-09T00:00:00Z",
            "2026-11-23T00:00:00Z"
        ),
        (CalendarCycle(.week, count: 2), "2026-W46", "2026-11-09T00:00:00Z", "2026-11-23T00:00:00Z"),
        (
            CalendarCycle(.day, count: 3, anchor: CivilDate("2027-01-01")), "2026-11-20", "2026-11-20T00:00:00Z",
            "2026-11-23T00:00:00Z"
        ),
        (CalendarCycle(.month, count: 3), "2026-10", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        (CalendarCycle(.month, day: 25), "2026-10", "2026-10-25T00:00:00Z", "2026-11-25T00:00:00Z"),
        (
            CalendarCycle(.month, count: 5, anchor: CivilDate("2026-08-31"), day: 28), "2026-08",
            "2026-08-28T00:00:00Z", "2027-01-28T00:00:00Z"
        ),
        (CalendarCycle(.year, day: 6, month: 4), "2026", "2026-04-06T00:00:00Z", "2027-04-06T00:00:00Z"),
        (CalendarCycle(.year, count: 4), "2026", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        (
            CalendarCycle(.day, at: TimeOfDay("23:30")!), "2026-11-21", "2026-11-21T23:30:00Z",
            "2026-11-22T23:30:00Z"
        ),
    ])
    func `Cycles keep their anchor, their first day and their reset`(
        cycle: CalendarCycle, id: String, start: String, end: String
    ) throws {
        let calendar = try calendar(.every(cycle), in: "UTC")
        let season = Season(id: id, start: instant(start), end: instant(end))
        #expect(calendar.season(at: instant("2026-11-22T12:00:00Z")) == season)
        #expect(calendar.season(withID: id) == season)
    }

    @Test func `A season of February ends on the 29th in leap years only`() throws {
        let calendar = try calendar(.every(.monthly), in: "Europe/Oslo")
        func days(_ id: String) -> Int? {
            calendar.season(withID: id).map { Int(($0.end!.milliseconds - $0.start.milliseconds) / 86_400_000) }
        }
        #expect(["2023-02", "2024-02", "2100-02", "2000-02"].map(days) == [28, 29, 28, 29])
    }

    @Test func `A day that was never lived has no season`() throws {
        let apia = try calendar(.every(.daily), in: "Pacific/Apia")
        #expect(apia.season(withID: "2011-12-30") == nil)
        #expect(apia.season(withID: "2011-12-29")?.end == apia.season(withID: "2011-12-31")?.start)
    }

    @Test func `Names that the schedule does not have lead to no season`() throws {
        let weeks = try calendar(.every(CalendarCycle(.week, count: 2)), in: "UTC")
        for id in ["2026-W47", "2026-W54", "2026-W4", "2026-46", "2026-W46 ", "", "2026-11-09", "once"] {
            #expect(weeks.season(withID: id) == nil, "\(id)")
        }
        let cron = try calendar(.cron(CronExpression("0 4 * * *")), in: "UTC")
        #expect(cron.season(withID: "2026-11-23T04:00")?.start == instant("2026-11-23T04:00:00Z"))
        for id in ["2026-11-23T05:00", "2026-11-23", "2026-11-23T04:00:00"] { #expect(cron.season(withID: id) == nil) }
    }

    @Test func `Cron seasons are named after the clocks at their start, uniquely even when an hour occurs twice`()
        throws
    {
        let calendar = try calendar(.cron(CronExpression("*/30 * * * *")), in: "Europe/Oslo")
        let ids = calendar.upcoming(6, after: instant("2026-10-24T23:45:00Z")).map(\.id)
        #expect(
            ids == [
                "2026-10-25T02:00", "2026-10-25T02:30", "2026-10-25T03:00", "2026-10-25T03:30", "2026-10-25T04:00",
                "2026-10-25T04:30",
            ])
        let gap = calendar.upcoming(3, after: instant("2026-03-29T00:20:00Z"))
        #expect(gap.map(\.id) == ["2026-03-29T01:30", "2026-03-29T03:00", "2026-03-29T03:30"])
    }

    @Test func `A fixed window is one season and nothing outside`() throws {
        let (from, until) = (instant("2026-11-23T03:00:00Z"), instant("2026-12-24T03:00:00Z"))
        let calendar = try calendar(.fixed(from: from, until: until), in: "Europe/Oslo")
        let season = Season(id: "2026-11-23T04:00", start: from, end: until)
        #expect(calendar.season(at: before(from)) == nil)
        #expect(calendar.season(at: from) == season)
        #expect(calendar.season(at: before(until)) == season)
        #expect(calendar.season(at: until) == nil)
        #expect(calendar.season(withID: season.id) == season)
        #expect(calendar.upcoming(10, after: before(from)) == [season])
        #expect(calendar.upcoming(10, after: from).isEmpty)
    }

    @Test func `All time is one season without end`() throws {
        let calendar = try calendar(.allTime, in: "UTC")
        #expect(calendar.season(at: Timestamp.accepted.lowerBound) == .allTime)
        #expect(calendar.season(at: Timestamp.accepted.upperBound) == .allTime)
        #expect(calendar.season(withID: "all-time") == .allTime)
        #expect(calendar.upcoming(10, after: instant("2026-11-23T03:00:00Z")).isEmpty)
    }

    @Test func `Instants that Laurel does not accept have no season`() throws {
        let calendar = try calendar(.every(.daily), in: "Europe/Oslo")
        #expect(calendar.season(at: Timestamp(milliseconds: .min)) == nil)
        #expect(calendar.season(at: Timestamp(milliseconds: .max)) == nil)
        #expect(calendar.season(at: Timestamp.accepted.lowerBound) != nil)
        #expect(calendar.season(at: Timestamp.accepted.upperBound) != nil)
    }

    @Test func `The preview of resets is bounded`() throws {
        let calendar = try calendar(.every(.weekly), in: "Europe/Oslo")
        let upcoming = calendar.upcoming(.max, after: instant("2026-11-23T19:59:34Z"))
        #expect(upcoming.count == SeasonCalendar.upcomingMax)
        #expect(upcoming.prefix(3).map(\.id) == ["2026-W49", "2026-W50", "2026-W51"])
        #expect(calendar.upcoming(0, after: instant("2026-11-23T19:59:34Z")).isEmpty)
        #expect(calendar.upcoming(-1, after: instant("2026-11-23T19:59:34Z")).isEmpty)
    }
}

func before(_ instant: Timestamp) -> Timestamp { Timestamp(milliseconds: instant.milliseconds - 1) }

func calendar(_ schedule: WindowSchedule, in zone: String) throws -> SeasonCalendar {
    let rules = try #require(TimeZoneRules(id: zone))
    return try #require(SeasonCalendar(schedule, in: rules))
}
