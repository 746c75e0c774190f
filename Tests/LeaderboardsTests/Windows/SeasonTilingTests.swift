import Leaderboards
import Testing

/// Every instant belongs to exactly one season, in every zone, for every kind of schedule.
@Suite struct SeasonTilingTests {
    static let schedules: [WindowSchedule] = [
        .every(.daily), .every(CalendarCycle(.day, at: TimeOfDay("02:30")!)),
        .every(CalendarCycle(.day, count: 10, anchor: CivilDate("2026-11-23"), at: TimeOfDay("00:15")!)),
        .every(.weekly), .every(CalendarCycle(.week, count: 3, at: TimeOfDay("04:00")!, weekday: .sunday)),
        .every(.monthly), .every(CalendarCycle(.month, count: 2, at: TimeOfDay("23:59")!, day: 28)),
        .every(.yearly), .every(CalendarCycle(.year, count: 3, anchor: CivilDate("2000-06-01"), day: 26, month: 10)),
    ]
    static let expressions = [
        "0 4 * * *", "30 1,2 * * *", "*/7 * * * *", "@hourly", "0 0 13 * FRI", "0 0 29 2 *", "15 2 * 3,10 SUN",
        "59 23 28-31 * *", "0 0 */2 * MON",
    ]

    @Test(arguments: TimeZoneSamples.ids)
    func `Seasons tile time`(zone: String) throws {
        let schedules = try Self.schedules + Self.expressions.map { .cron(try CronExpression($0)) }
        var random = SeededInstants(seed: 4)
        for schedule in schedules {
            let calendar = try calendar(schedule, in: zone)
            for _ in 0..<60 { try expectTiles(calendar, around: random.instant(in: TimeZoneSamples.span)) }
        }
    }

    /// Random instants seldom meet a change of the clocks; these are all near one.
    @Test(arguments: TimeZoneSamples.ids)
    func `Seasons tile time where the clocks change`(zone: String) throws {
        let schedules = try Self.schedules + Self.expressions.map { .cron(try CronExpression($0)) }
        let rules = try #require(TimeZoneRules(id: zone))
        let changes = changes(in: rules)
        #expect(zone == "UTC" || !changes.isEmpty)
        var random = SeededInstants(seed: 5)
        for schedule in schedules {
            let calendar = try calendar(schedule, in: zone)
            for _ in 0..<60 where !changes.isEmpty {
                let change = changes[Int(random.number(in: 0..<Int64(changes.count)))]
                let distance = random.number(in: -90_000_000..<90_000_000)
                try expectTiles(calendar, around: Timestamp(milliseconds: change.milliseconds + distance))
            }
        }
    }

    private func expectTiles(_ calendar: SeasonCalendar, around instant: Timestamp) throws {
        let place: Comment = "\(calendar.schedule) in \(calendar.timeZone) around \(instant)"
        let season = try #require(calendar.season(at: instant), place)
        let end = try #require(season.end)
        #expect(season.contains(instant), place)
        // The same from first to last moment.
        #expect(calendar.season(at: season.start) == season, place)
        #expect(calendar.season(at: before(end)) == season, place)
        let middle = Timestamp(milliseconds: (season.start.milliseconds + end.milliseconds) / 2)
        #expect(calendar.season(at: middle) == season, place)
        // Its neighbours touch it, and have other names.
        let previous = try #require(calendar.season(at: before(season.start)), place)
        let next = try #require(calendar.season(at: end), place)
        #expect(previous.end == season.start, place)
        #expect(next.start == end, place)
        #expect(previous.id < season.id && season.id < next.id, place)
        // And its name leads back to it.
        #expect(calendar.season(withID: season.id) == season, place)
        #expect(calendar.upcoming(1, after: instant) == [next], place)
    }

    private func changes(in rules: TimeZoneRules) -> [Timestamp] {
        let hour: Int64 = 3_600_000
        let (first, last) = (TimeZoneSamples.span.lowerBound.milliseconds, TimeZoneSamples.span.upperBound.milliseconds)
        var changes: [Timestamp] = []
        var offset = rules.offsetSeconds(at: TimeZoneSamples.span.lowerBound)
        for milliseconds in stride(from: first, to: last, by: Int(6 * hour)) {
            let instant = Timestamp(milliseconds: milliseconds)
            let new = rules.offsetSeconds(at: instant)
            if new != offset { changes.append(instant) }
            offset = new
        }
        return changes
    }

    @Test(arguments: ["Europe/Oslo", "Pacific/Apia", "America/Sao_Paulo"])
    func `A century of days passes one by one`(zone: String) throws {
        let calendar = try calendar(.every(.daily), in: zone)
        var season = try #require(calendar.season(withID: "1970-01-01"))
        var count = 0
        while season.id < "2070-01-01" {
            let next = try #require(calendar.season(at: season.end!))
            guard next.start == season.end, next.id > season.id else {
                Issue.record("\(season) is followed by \(next)")
                return
            }
            season = next
            count += 1
        }
        // Samoa never lived 2011-12-30.
        #expect(count == 75 * 365 + 25 * 366 - (zone == "Pacific/Apia" ? 1 : 0))
    }
}
