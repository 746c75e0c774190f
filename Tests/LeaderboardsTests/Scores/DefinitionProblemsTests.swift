import Leaderboards
import Testing

/// What a definition may be.
@Suite("Definitions")
struct DefinitionProblemsTests {
    private let points = Column(name: "points", type: .integer, order: .descending, operator: .best)

    @Test("a plain definition has no problems, nor has the fullest one")
    func sound() {
        #expect(LeaderboardDefinition(columns: [points]).problems().isEmpty)
        let columns = (0..<5).map { Column(name: "c\($0)", type: .decimal, order: .ascending, operator: .sum) }
        let windows = (0..<8).map {
            WindowDefinition(
                name: "w\($0)", schedule: .every(.weekly), timeZone: "Europe/Oslo", grace: .seconds(604_800))
        }
        let full = LeaderboardDefinition(
            columns: columns, tie: .member, windows: windows, dimensions: ["country", "team", "device", "league"])
        #expect(full.problems().isEmpty)
    }

    @Test("all problems are reported together, each with its field")
    func together() {
        let definition = LeaderboardDefinition(
            columns: [
                Column(name: "a b", type: .integer, order: .descending, operator: .best, minimum: .decimal(1.5)),
                Column(
                    name: "c", type: .integer, order: .descending, operator: .best, minimum: .integer(2),
                    maximum: .integer(1)),
                Column(name: "c", type: .decimal, order: .descending, operator: .best, maximum: .decimal(.nan)),
            ],
            windows: [
                WindowDefinition(name: "w", schedule: .every(.daily), timeZone: "Mars/Base"),
                WindowDefinition(name: "w", schedule: .every(.daily), grace: .seconds(-1)),
            ],
            dimensions: ["country", "", "country", "team", "device"])
        let found = Set(definition.problems().map { "\($0.field) \($0.code)" })
        #expect(
            found == [
                "columns[0].name name", "columns[0].min type", "columns[1].min range", "columns[2].name duplicate",
                "columns[2].max type", "windows[0].timezone time_zone", "windows[1].name duplicate",
                "windows[1].grace_seconds range", "dimensions[1] name", "dimensions[2] duplicate",
                "dimensions dimension_count",
            ])
    }

    @Test("there are one to five columns", arguments: [0, 6])
    func columnCount(count: Int) {
        let columns = (0..<count).map { Column(name: "c\($0)", type: .integer, order: .ascending, operator: .best) }
        #expect(LeaderboardDefinition(columns: columns).problems().map(\.code) == ["column_count"])
    }

    @Test("there are at most eight windows")
    func windowCount() {
        let windows = (0..<9).map { WindowDefinition(name: "w\($0)", schedule: .every(.daily)) }
        #expect(LeaderboardDefinition(columns: [points], windows: windows).problems().map(\.code) == ["window_count"])
    }

    @Test("a minimum may equal the maximum")
    func equalBounds() {
        var column = points
        column.minimum = .integer(5)
        column.maximum = .integer(5)
        #expect(LeaderboardDefinition(columns: [column]).problems().isEmpty)
    }

    @Test("ids are 1 to 128 of a few harmless characters")
    func ids() {
        for good in ["a", "Season-1_x.y:z", String(repeating: "a", count: 128)] {
            #expect(LeaderboardDefinition.isID(Array(good.utf8)), "\(good)")
        }
        for bad in ["", "a b", "ä", "a/b", "a\u{0}", String(repeating: "a", count: 129)] {
            #expect(!LeaderboardDefinition.isID(Array(bad.utf8)), "\(bad)")
        }
    }

    @Test("keys sort by project, then id")
    func keys() {
        let keys = [("b", "a"), ("a", "b"), ("a", "a")].map { LeaderboardKey(project: $0.0, id: $0.1) }
        #expect(keys.sorted().map(\.description) == ["a/a", "a/b", "b/a"])
    }
}
