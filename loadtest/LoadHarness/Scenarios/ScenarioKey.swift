/// A key that a scenario file may have: the one place that knows its type, unit, default and range.
package struct ScenarioKey: Sendable {
    package let name: String
    package let type: String
    package let defaultText: String
    package let range: String
    package let meaning: String
    let read: @Sendable (inout FieldReader, inout Scenario) -> Void

    package static let all: [ScenarioKey] = [
        text("name", \.name, "What the report calls it."),
        text("about", \.about, "A sentence for whoever reads the list."),
        integer("seed", \.seed, 0...1_000_000_000, "", "One seed, one sequence of requests and arrival times."),
        integer("tenants", \.tenants, 1...1000, "", "Each has boards of its own."),
        number("tenant_skew", \.tenantSkew, 0...3, "", "Zipf's exponent: 0 is all tenants alike."),
        integer("boards", \.boards, 1...10_000, "", "Of each tenant."),
        number("board_skew", \.boardSkew, 0...3, "", "Zipf's exponent: 0 is all boards alike."),
        integer("members", \.members, 1...100_000_000, "", "Of each board."),
        number("member_skew", \.memberSkew, 0...3, "", "Zipf's exponent: 0 is uniform, 1 is like players are."),
        integer("preload", \.preload, 0...100_000_000, "", "Members of each board entered before the clock starts."),
        ScenarioKey(
            name: "mix", type: "map: operation to weight", defaultText: "update: 1", range: "weights 1 to 1000",
            meaning: "What is asked, in proportion."
        ) { reader, scenario in
            if let mix = reader.mix("mix") { scenario.mix = mix }
        },
        integer("top_rows", \.topRows, 1...1000, "", "Rows of `top`."),
        integer("radius", \.radius, 0...100, "", "Rows on each side of `around`; `page` has as many."),
        integer("batch_size", \.batchSize, 1...1000, "", "Scores in a `batch` or `bulk`."),
        ScenarioKey(
            name: "arrivals", type: "word", defaultText: "closed", range: "closed, poisson, constant",
            meaning: "When the next request is sent: see below."
        ) { reader, scenario in
            let words = Scenario.Arrivals.allCases.map(\.rawValue)
            if let word = reader.word("arrivals", of: words) { scenario.arrivals = .init(rawValue: word)! }
        },
        number("rate", \.rate, 0...5_000_000, "requests/s", "Of an open loop, which needs one above 0."),
        number("ramp", \.rampSeconds, 0...3600, "seconds", "Of an open loop: from nothing to the rate, in a line."),
        ScenarioKey(
            name: "spikes", type: "list of `at`, `for`, `times`, `mix`", defaultText: "none", range: "up to 20",
            meaning: "Of an open loop: stretches with a multiple of the rate, and a mix of their own."
        ) { reader, scenario in
            scenario.spikes = reader.spikes("spikes")
        },
        integer("connections", \.connections, 1...10_000, "", "Opened before the clock starts."),
        integer("pipeline", \.pipeline, 1...1000, "", "Requests on their way on one connection."),
        number("duration", \.durationSeconds, 0.1...86_400, "seconds", "After it nothing new is sent."),
        integer("requests", \.requestsMax, 1...10_000_000_000, "", "After so many nothing new is sent."),
        number("drain", \.drainSeconds, 0...600, "seconds", "How long answers are awaited after the end."),
    ]

    private static func text(
        _ name: String, _ path: any WritableKeyPath<Scenario, String> & Sendable, _ meaning: String
    )
        -> ScenarioKey
    {
        ScenarioKey(name: name, type: "text", defaultText: "empty", range: "", meaning: meaning) { reader, scenario in
            if let text = reader.text(name) { scenario[keyPath: path] = text }
        }
    }

    private static func integer(
        _ name: String, _ path: any WritableKeyPath<Scenario, Int> & Sendable, _ range: ClosedRange<Int>,
        _ unit: String,
        _ meaning: String
    ) -> ScenarioKey {
        ScenarioKey(
            name: name, type: unit.isEmpty ? "integer" : "integer, \(unit)",
            defaultText: "\(Scenario()[keyPath: path])", range: "\(range.lowerBound) to \(range.upperBound)",
            meaning: meaning
        ) { reader, scenario in
            if let value = reader.integer(name, range) { scenario[keyPath: path] = value }
        }
    }

    private static func number(
        _ name: String, _ path: any WritableKeyPath<Scenario, Double> & Sendable, _ range: ClosedRange<Double>,
        _ unit: String, _ meaning: String
    ) -> ScenarioKey {
        ScenarioKey(
            name: name, type: unit.isEmpty ? "number" : "number, \(unit)",
            defaultText: plain(Scenario()[keyPath: path]),
            range: "\(plain(range.lowerBound)) to \(plain(range.upperBound))", meaning: meaning
        ) { reader, scenario in
            if let value = reader.number(name, range) { scenario[keyPath: path] = value }
        }
    }
}

/// A number without a fraction that says nothing.
func plain(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)" }
