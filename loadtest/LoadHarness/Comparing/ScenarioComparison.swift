/// Runs one scenario on several running servers, in turns: A B A B.
package struct ScenarioComparison {
    package var scenario: Scenario
    package var servers: [ServerSpecification]
    package var repeats: Int
    package var progress: @Sendable (_ server: String, RunProgress) -> Void

    package init(
        scenario: Scenario, servers: [ServerSpecification], repeats: Int,
        progress: @escaping @Sendable (_ server: String, RunProgress) -> Void
    ) {
        self.scenario = scenario
        self.servers = servers
        self.repeats = repeats
        self.progress = progress
    }

    package func run() throws -> Comparison {
        var results: [String: [RunResult]] = [:]
        for turn in 0..<repeats {
            for server in servers {
                guard case .running(let target) = server.place else {
                    throw HarnessError("\(server.name): a scenario is compared on servers that run, by their addresses")
                }
                let progress = progress
                let run = LoadRun(scenario, target) { progress(server.name, $0) }
                results[server.name, default: []].append(try run.run(prepares: turn == 0))
            }
        }
        return Self.comparison(scenario, servers.map(\.name), results)
    }

    /// For each operation its rate, median and 99th percentile.
    static func comparison(_ scenario: Scenario, _ servers: [String], _ results: [String: [RunResult]]) -> Comparison {
        var rows: [Comparison.Row] = []
        let names = scenario.operations.map(\.name) + (scenario.operations.count > 1 ? ["all"] : [])
        for name in names {
            func values(_ figure: (RunResult.OperationResult) -> Double) -> [String: [Double]] {
                results.mapValues { $0.compactMap { ($0.operations + [$0.all]).first { $0.name == name } }.map(figure) }
            }
            rows.append(.init(name: name, unit: .perSecond, values: values(\.perSecond)))
            rows.append(.init(name: "\(name), p50", unit: .microseconds, values: values(\.latency.p50)))
            rows.append(.init(name: "\(name), p99", unit: .microseconds, values: values(\.latency.p99)))
        }
        let remarks = servers.flatMap { server in
            (results[server] ?? []).filter { !$0.isClean }.map { result in
                "\(server): \(result.all.failed) failed, \(result.unanswered) unanswered, \(result.dropped) never sent: "
                    + (result.errors.first ?? result.endedEarly ?? "")
            }
        }
        return Comparison(
            name: scenario.name, about: scenario.about, servers: servers, members: scenario.members,
            repeats: results.values.map(\.count).max() ?? 0, answersAgree: nil,
            rows: rows.filter { !$0.values.isEmpty },
            remarks: remarks)
    }
}
