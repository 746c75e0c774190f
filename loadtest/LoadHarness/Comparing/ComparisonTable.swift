/// The rows of a comparison, as data: what is measured on each server, over RESP.
package struct ComparisonTable: Hashable, Sendable {
    package var name = ""
    package var about = ""
    /// How long each turn of a row is.
    package var seconds = 0.7
    /// How many members' ranks are compared before the clock starts.
    package var probes = 200
    package var rows: [Row] = []

    package enum Measure: String, CaseIterable, Sendable {
        /// Requests a second.
        case rate
        /// Of a batch, from sending it to its last reply; of a request where batches have one.
        case p99
        /// Entering all members in order, once.
        case load
        /// How much the process grew by that, for each member.
        case resident
        /// From the start of a stopped server to its first correct rank.
        case restart
    }

    package struct Row: Hashable, Sendable {
        package var name = ""
        package var measure = Measure.rate
        package var operation = Operation.update
        package var connections = 32
        package var pipeline = 1
        package var topRows = 100
        package var radius = 5
        package var goals: [String: Double] = [:]

        /// Rows that are measured in the same run.
        package struct Work: Hashable, Sendable {
            package var operation: Operation
            package var connections: Int
            package var pipeline: Int
            package var topRows: Int
            package var radius: Int
        }

        package var work: Work? {
            guard measure == .rate || measure == .p99 else { return nil }
            return Work(
                operation: operation, connections: connections, pipeline: pipeline, topRows: topRows, radius: radius)
        }

        package var unit: Comparison.Unit {
            switch measure {
            case .rate, .load: .perSecond
            case .p99: .microseconds
            case .resident: .bytes
            case .restart: .seconds
            }
        }
    }

    /// What is to be run, each once, in the order of the rows.
    package var works: [Row.Work] {
        var works: [Row.Work] = []
        for work in rows.compactMap(\.work) where !works.contains(work) { works.append(work) }
        return works
    }
}

extension ComparisonTable {
    package init(file: String) throws {
        self = try ComparisonTable(yaml: try readText(file), file: file)
    }

    /// Reads a table, and refuses it with everything that is wrong with it.
    package init(yaml: String, file: String) throws(FileProblems) {
        let (top, problems) = FieldReader.top(of: yaml)
        guard var reader = top else { throw FileProblems(file: file, problems: problems) }
        name = reader.text("name") ?? name
        about = reader.text("about") ?? about
        seconds = reader.number("seconds", 0.1...600) ?? seconds
        probes = reader.integer("probes", 0...10_000) ?? probes
        for element in reader.mappings("rows", countMax: 100) {
            var element = element
            rows.append(Row(&element))
            element.finish()
            reader.take(element.problems)
        }
        if rows.isEmpty { reader.note("rows", "there must be at least one") }
        reader.finish()
        if !reader.problems.isEmpty { throw FileProblems(file: file, problems: reader.problems) }
    }
}

extension ComparisonTable.Row {
    fileprivate init(_ reader: inout FieldReader) {
        name = reader.text("name") ?? name
        if name.isEmpty { reader.note("name", "is missing") }
        if let word = reader.word("measure", of: ComparisonTable.Measure.allCases.map(\.rawValue)) {
            measure = ComparisonTable.Measure(rawValue: word)!
        }
        if let word = reader.word("operation", of: Operation.allCases.map(\.name)) {
            operation = Operation(name: word)!
        }
        connections = reader.integer("connections", 1...10_000) ?? connections
        pipeline = reader.integer("pipeline", 1...1000) ?? pipeline
        topRows = reader.integer("top_rows", 1...1000) ?? topRows
        radius = reader.integer("radius", 0...100) ?? radius
        if var goals = reader.mapping("goals") {
            for server in goals.keys { self.goals[server] = goals.number(server, 0.001...1000) }
            reader.take(goals.problems)
        }
    }
}
