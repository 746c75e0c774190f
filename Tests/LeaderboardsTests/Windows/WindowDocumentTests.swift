import Leaderboards
import Testing

@Suite struct WindowDocumentTests {
    static let definitions: [WindowDefinition] = [
        .allTime, WindowDefinition(name: "daily", schedule: .every(.daily), timeZone: "Europe/Oslo"),
        WindowDefinition(
            name: "fortnight",
            schedule: .every(
                CalendarCycle(
                    .week, count: 2, anchor: CivilDate("2026-01-05"), at: TimeOfDay("04:00")!, weekday: .sunday)),
            grace: .seconds(90)),
        WindowDefinition(
            name: "tax", schedule: .every(CalendarCycle(.year, day: 6, month: 4)), timeZone: "Europe/London"),
        WindowDefinition(name: "cron", schedule: .cron(try! CronExpression("0 4 * * MON"))),
        WindowDefinition(
            name: "cup",
            schedule: .fixed(from: instant("2026-06-11T18:00:00Z"), until: instant("2026-07-19T22:00:00.500Z"))),
    ]

    @Test(arguments: definitions)
    func `A definition survives the way to its document and back`(definition: WindowDefinition) {
        var problems: [DefinitionProblem] = []
        #expect(WindowDocument(definition).definition(at: "w", problems: &problems) == definition)
        #expect(problems.isEmpty)
    }

    @Test func `Everything wrong with a document is reported at once`() {
        var document = WindowDocument(name: "a b")
        document.every = "week"
        document.count = 0
        document.anchor = "5 January"
        document.at = "4am"
        document.weekday = "Sun"
        document.day = 3
        document.timezone = "CET"
        document.graceSeconds = -1
        expect(
            document,
            [
                "day unused", "anchor date", "at time", "weekday weekday", "name name", "count range",
                "timezone time_zone", "grace_seconds range",
            ])
    }

    @Test func `A window has exactly one kind of schedule`() {
        var document = WindowDocument(name: "w")
        expect(document, [" schedule"])
        document.every = "day"
        document.cron = "@daily"
        expect(document, [" schedule"])
        document.every = nil
        expect(document, [])
        document.count = 2
        expect(document, ["count unused"])
        document.count = nil
        document.cron = "0 0 30 2 *"
        expect(document, ["cron cron"])
        document.cron = nil
        document.from = "2026-06-11"
        expect(document, ["until required", "from timestamp"])
        document.from = nil
        document.every = "fortnight"
        document.weekday = "sunday"
        expect(document, ["every period"])
    }

    private func expect(
        _ document: WindowDocument, _ expected: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var problems: [DefinitionProblem] = []
        let definition = document.definition(at: "", problems: &problems)
        #expect((definition == nil) == !expected.isEmpty, sourceLocation: sourceLocation)
        #expect(problems.map { "\($0.field) \($0.code)" } == expected, sourceLocation: sourceLocation)
    }
}
