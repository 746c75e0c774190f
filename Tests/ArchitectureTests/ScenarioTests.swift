import Testing

/// The table of faults in docs/reliability.md: all of them, each with tests that exist, or with the reason why there are none.
enum ScenarioTable {
    static let document = "docs/reliability.md"
    static let count = 38
    private static let kinds: Set<Substring> = ["SIM", "K", "P", "F"]

    static func problems(in repository: Repository) -> [String] {
        guard let text = repository.texts[document] else { return ["\(document) is missing"] }
        var problems: [String] = []
        var numbers: [Int] = []
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|").map { $0.filter { $0 != "\\" } }
            guard cells.count == 4, let number = Int(cells[0].filter { $0 != " " }) else { continue }
            numbers.append(number)
            let name = "scenario \(number)"
            let kinds = cells[2].split(whereSeparator: { ", ".contains($0) })
            if kinds.isEmpty || !kinds.allSatisfy(Self.kinds.contains) { problems.append("\(name): kind \(cells[2])") }
            let tests = cells[3].matches(of: /`([\w\/]+)\.(\w+)`/)
            if tests.isEmpty, !cells[3].contains(/not there: \w/) {
                problems.append("\(name): no test, and no reason why")
            }
            for test in tests {
                let path = "Tests/\(test.1).swift"
                // With arguments or without.
                if repository.texts[path]?.contains("func \(test.2)(") != true {
                    problems.append("\(name): there is no \(test.2) in \(path)")
                }
            }
        }
        if numbers != Array(1...count) { problems.append("\(document): scenarios \(numbers) instead of 1 to \(count)") }
        return problems
    }
}

@Suite("Scenarios of faults")
struct ScenarioTests {
    @Test("Each has tests that exist, or says why not")
    func scenarios() { #expect(ScenarioTable.problems(in: .here) == []) }

    @Test("Canary: a missing row, a test that is gone, a row without either and a wrong kind are found")
    func canary() {
        func problems(_ change: (inout [String]) -> Void) -> Int {
            var rows = (1...ScenarioTable.count).map { "| \($0) | a fault | K | `A/Tests.play` |" }
            change(&rows)
            return ScenarioTable.problems(
                in: Repository([
                    ScenarioTable.document: rows.joined(separator: "\n"), "Tests/A/Tests.swift": "func play() {}",
                ])
            ).count
        }
        #expect(problems { _ in } == 0)
        #expect(problems { $0[3] = "| 4 | a fault | SIM, F | not there: it is later work |" } == 0)
        #expect(problems { $0.remove(at: 7) } == 1)
        #expect(problems { $0[3] = "| 4 | a fault | K | `A/Tests.gone` |" } == 1)
        #expect(problems { $0[3] = "| 4 | a fault | K | later |" } == 1)
        #expect(problems { $0[3] = "| 4 | a fault | X | `A/Tests.play` |" } == 1)
    }
}
