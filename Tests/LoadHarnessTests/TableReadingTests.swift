import LoadHarness
import Testing

@Suite("Tables of a comparison")
struct TableReadingTests {
    @Test("Rows with one work are measured once")
    func works() throws {
        let table = try ComparisonTable(
            yaml: """
                name: t
                seconds: 2
                rows:
                  - {name: load, measure: load, connections: 4, pipeline: 500}
                  - {name: a, operation: update, pipeline: 16, goals: {redis: 5}}
                  - {name: a's p99, measure: p99, operation: update, pipeline: 16}
                  - {name: b, operation: top, top_rows: 10}
                  - {name: memory, measure: resident}
                """, file: "t.yaml")
        #expect(table.seconds == 2)
        #expect(table.works.map(\.operation) == [.update, .top])
        #expect(table.rows[1].goals == ["redis": 5])
        #expect(table.rows.map(\.unit) == [.perSecond, .perSecond, .microseconds, .perSecond, .bytes])
    }

    @Test("All mistakes are reported together")
    func mistakes() throws {
        let text = "rows:\n  - {operation: fly}\n  - {name: a, measure: speed, goals: {redis: fast}}\nsecond: 1\n"
        let problems = try #require(throws: FileProblems.self) { try ComparisonTable(yaml: text, file: "t.yaml") }
        #expect(
            problems.problems.map(\.place) == [
                "rows[0].name", "rows[0].operation", "rows[1].goals.redis", "rows[1].measure", "second",
            ])
        #expect(throws: FileProblems.self) { try ComparisonTable(yaml: "name: empty", file: "t.yaml") }
    }
}
