import LoadHarness
import Testing

@Suite("Scenario files")
struct ScenarioReadingTests {
    @Test("Every key is read")
    func everything() throws {
        let scenario = try Scenario(
            yaml: """
                name: all
                about: Everything.
                seed: 7
                tenants: 3
                tenant_skew: 1.5
                boards: 2
                board_skew: 0.5
                members: 1_000
                member_skew: 0.9
                preload: 500
                mix: {update: 60, rank: 30, top: 10}
                top_rows: 50
                radius: 2
                batch_size: 10
                arrivals: poisson
                rate: 250.5
                ramp: 5
                spikes:
                  - {at: 10, for: 2, times: 8}
                  - {at: 20, for: 1, times: 0.5, mix: {top: 1}}
                connections: 8
                pipeline: 2
                duration: 30
                requests: 5000
                drain: 3
                """, file: "all.yaml")
        var expected = Scenario()
        (expected.name, expected.about, expected.seed) = ("all", "Everything.", 7)
        (expected.tenants, expected.tenantSkew, expected.boards, expected.boardSkew) = (3, 1.5, 2, 0.5)
        (expected.members, expected.memberSkew, expected.preload) = (1000, 0.9, 500)
        expected.mix = Mix([.init(.update, 60), .init(.rank, 30), .init(.top, 10)])
        (expected.topRows, expected.radius, expected.batchSize) = (50, 2, 10)
        (expected.arrivals, expected.rate, expected.rampSeconds) = (.poisson, 250.5, 5)
        expected.spikes = [
            .init(start: 10, seconds: 2, times: 8), .init(start: 20, seconds: 1, times: 0.5, mix: .only(.top)),
        ]
        (expected.connections, expected.pipeline, expected.durationSeconds) = (8, 2, 30)
        (expected.requestsMax, expected.drainSeconds) = (5000, 3)
        #expect(scenario == expected)
        #expect(scenario.operations == [.update, .rank, .top])
    }

    @Test("All mistakes are reported together, with their lines")
    func mistakes() throws {
        let text = """
            name: [a]
            members: many
            membres: 5
            pipeline: 0
            connections: 20000
            mix: {update: 0, updaet: 1}
            arrivals: sometimes
            duration: 1e9
            rate: 5
            preload: 200000
            spikes:
              - {at: 5, for: 1}
              - {at: 1, for: 1, times: 2, wide: 3}
            """
        let problems = try #require(throws: FileProblems.self) { try Scenario(yaml: text, file: "x.yaml") }
        let known = ScenarioKey.all.map(\.name).sorted().joined(separator: ", ")
        let operations = Operation.allCases.map(\.name).joined(separator: ", ")
        #expect(
            problems.problems.map(\.description) == [
                "line 1: name: must be text", "line 2: members: must be a whole number, and is 'many'",
                "line 3: membres: there is no such key; known are \(known)",
                "line 4: pipeline: must be 1 to 1000, and is 0",
                "line 5: connections: must be 1 to 10000, and is 20000",
                "line 6: mix.updaet: is no operation; there are \(operations)",
                "line 6: mix.update: must be 1 to 1000, and is 0",
                "line 7: arrivals: must be one of closed, poisson, constant, and is 'sometimes'",
                "line 8: duration: must be 0.1 to 86400, and is 1000000000",
                "line 9: rate: a closed loop has none; say arrivals: poisson",
                "line 10: preload: is more than the 100000 members of a board",
                "line 11: spikes: a closed loop has none; say arrivals: poisson",
                "line 12: spikes[0].times: is missing",
                "line 13: spikes[1].wide: there is no such key; known are at, for, mix, times",
            ])
    }

    @Test(
        "What is no mapping at all is refused with its line",
        arguments: [("- a\n", 1), ("", 1), ("a: b: c\n", 1), ("name: x\nname: y\n", 1), ("ok: [\n\n", 3)])
    func malformed(text: String, line: Int) throws {
        let problems = try #require(throws: FileProblems.self) { try Scenario(yaml: text, file: "x.yaml") }
        #expect(problems.problems.first?.line == line, "\(problems)")
    }

    @Test("An open loop wants a rate, and its spikes one after the other")
    func openLoops() throws {
        func problems(_ text: String) -> [String] {
            do {
                _ = try Scenario(yaml: text, file: "x.yaml")
                return []
            } catch {
                return error.problems.map(\.message)
            }
        }
        #expect(problems("arrivals: constant") == ["an open loop needs a rate above 0"])
        let spikes = "spikes: [{at: 5, for: 2, times: 2}, {at: 6, for: 2, times: 2}]"
        #expect(problems("arrivals: poisson\nrate: 1\n\(spikes)") == ["they must come one after the other"])
        #expect(problems("boards: 10000\ntenants: 1000\nmembers: 1000000").count == 1)
    }

    @Test("Every scenario and every table that is shipped is well-formed")
    func shipped() throws {
        let scenarios = try Repository.files("loadtest/scenarios")
        let names = try scenarios.map { try Scenario(file: $0).name }
        #expect(
            names == [
                "bulk-import", "launch-spike", "overload", "read-mostly-web-page", "season-end", "steady-game",
                "ten-million-members", "whale-tenant",
            ])
        let tables = try Repository.files("loadtest/tables").map { try ComparisonTable(file: $0) }
        #expect(tables.map(\.rows.count) == [4, 13])
    }

    @Test("docs/load-testing.md describes each key with its type, default and range")
    func documented() throws {
        let document = try Repository.text("docs/load-testing.md")
        for key in ScenarioKey.all {
            let row = "| `\(key.name)` | \(key.type) | \(key.defaultText) | \(key.range) | \(key.meaning) |"
            #expect(document.contains(row), "\(row)")
        }
        for operation in Operation.allCases {
            let (summary, resp, http) = operation.meaning
            let row = "| `\(operation.name)` | \(summary) | \(resp) | \(http) |"
            #expect(document.contains(row), "\(row)")
        }
    }
}
