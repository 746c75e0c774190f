import Leaderboards
import Testing

@Suite struct WindowDefinitionTests {
    @Test func `A sound window has no problems, and seasons`() {
        let window = WindowDefinition(
            name: "weekly", schedule: .every(.weekly), timeZone: "Europe/Oslo", grace: .seconds(600))
        #expect(window.problems(at: "windows[0]").isEmpty)
        let season = window.season(at: instant("2026-11-20T12:00:00Z"))
        #expect(season?.id == "2026-W47")
        #expect(season.flatMap(window.closing)?.description == "2026-11-22T23:10:00Z")
        #expect(window.season(withID: "2026-W47") == season)
        #expect(window.upcoming(2, after: instant("2026-11-20T12:00:00Z")).map(\.id) == ["2026-W48", "2026-W49"])
    }

    @Test func `All problems are reported together, each with its field`() {
        let window = WindowDefinition(
            name: "every week!", schedule: .every(CalendarCycle(.month, count: 0, day: 29, month: 13)),
            timeZone: "Oslo", grace: .seconds(-1))
        #expect(
            window.problems(at: "windows[2]").map { "\($0.field) \($0.code)" } == [
                "windows[2].name name", "windows[2].count range", "windows[2].day range", "windows[2].month range",
                "windows[2].timezone time_zone", "windows[2].grace_seconds range",
            ])
        #expect(window.problems(at: "").first?.field == "name")
        #expect(window.season(at: instant("2026-11-20T12:00:00Z")) == nil)
        #expect(window.upcoming(3, after: instant("2026-11-20T12:00:00Z")).isEmpty)
    }

    @Test func `The name all-time belongs to the window without resets`() {
        #expect(WindowDefinition.allTime.problems(at: "").isEmpty)
        #expect(
            WindowDefinition(name: "all-time", schedule: .every(.daily)).problems(at: "").map(\.code) == ["reserved"])
        #expect(WindowDefinition(name: "ever", schedule: .allTime).problems(at: "").map(\.code) == ["reserved"])
    }

    @Test func `A fixed window ends after it begins, within the accepted years`() {
        let noon = instant("2026-11-20T12:00:00Z")
        func codes(_ from: Timestamp, _ until: Timestamp) -> [String] {
            WindowDefinition(name: "cup", schedule: .fixed(from: from, until: until)).problems(at: "").map(\.field)
        }
        #expect(codes(noon, noon) == ["until"])
        #expect(codes(noon, before(noon)) == ["until"])
        #expect(codes(noon, Timestamp(milliseconds: .max)) == ["until"])
        #expect(codes(Timestamp(milliseconds: .min), noon) == ["from"])
        #expect(codes(before(noon), noon).isEmpty)
    }

    @Test func `Limits hold exactly`() {
        func problems(_ name: String = "w", _ cycle: CalendarCycle = .daily, _ grace: Duration = .zero) -> Int {
            WindowDefinition(name: name, schedule: .every(cycle), grace: grace).problems(at: "").count
        }
        #expect(problems(String(repeating: "a", count: 64)) == 0)
        #expect(problems(String(repeating: "a", count: 65)) == 1)
        #expect(problems("") == 1)
        #expect(problems("w", CalendarCycle(.day, count: CalendarCycle.countMax)) == 0)
        #expect(problems("w", CalendarCycle(.day, count: CalendarCycle.countMax + 1)) == 1)
        #expect(problems("w", CalendarCycle(.day, anchor: CivilDate(dayNumber: 1_000_000_000))) == 1)
        #expect(problems("w", .daily, WindowDefinition.graceMax) == 0)
        #expect(problems("w", .daily, WindowDefinition.graceMax + .milliseconds(1)) == 1)
    }

    @Test func `Every thousandth year of the longest cycle still has a season`() throws {
        let calendar = try calendar(.every(CalendarCycle(.year, count: 1000)), in: "Pacific/Apia")
        #expect(calendar.season(at: Timestamp.accepted.upperBound)?.id == "9970")
        #expect(calendar.season(at: Timestamp.accepted.lowerBound)?.end != nil)
    }
}
