/// A run in Markdown: what was asked, what came back, and what to know about the figures.
package struct MarkdownReport {
    private let result: RunResult

    package init(_ result: RunResult) { self.result = result }

    package var text: String {
        var lines = ["# \(result.scenario)", ""]
        if !result.about.isEmpty { lines += [result.about, ""] }
        lines += [
            "\(result.target), \(arrivals), \(result.connections) connections, "
                + "\(result.pipeline == 1 ? "one request at a time" : "\(result.pipeline) requests at a time") on each, "
                + "\(Figures.seconds(result.seconds)), seed \(result.seed).", "",
        ]
        lines += [
            "| operation | requests | failed | per second | p50 | p90 | p99 | p99.9 | max |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        lines += result.operations.map(row)
        if result.operations.count > 1 { lines.append(row(result.all)) }
        if let batch = result.batch {
            lines += ["", "A batch of \(result.pipeline), from sending it to its last reply: \(latencies(batch))."]
        }
        lines.append("")
        lines += result.remarks.map { "- \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private var arrivals: String {
        switch result.arrivals {
        case .closed: "closed loop"
        case .poisson: "open loop, Poisson arrivals"
        case .constant: "open loop, constant arrivals"
        }
    }

    private func row(_ operation: RunResult.OperationResult) -> String {
        let latency = operation.latency
        let cells =
            [operation.name, Figures.count(operation.count), Figures.count(operation.failed)]
            + [Figures.rate(operation.perSecond)]
            + [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(Figures.latency)
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func latencies(_ summary: LatencySummary) -> String {
        "p50 \(Figures.latency(summary.p50)), p99 \(Figures.latency(summary.p99)), max \(Figures.latency(summary.max))"
    }
}

extension RunResult {
    /// Whether every request was answered, and none with an error.
    package var isClean: Bool { all.failed == 0 && unanswered == 0 && dropped == 0 && endedEarly == nil }

    /// What a reader of the figures has to know.
    package var remarks: [String] {
        var remarks: [String] = []
        if arrivals == .closed {
            remarks.append(
                "Closed loop: a slow server is asked less, so these latencies show its bad moments too rarely. Compare them with those of other closed loops only."
            )
        } else {
            remarks.append(
                "Latencies count from the time a request was due, waiting for a connection included.")
        }
        if let scheduled { remarks.append("\(Figures.count(scheduled)) requests were due.") }
        if let endedEarly { remarks.append("**Ended early**: \(endedEarly).") }
        if dropped > 0 { remarks.append("**\(Figures.count(dropped)) requests were never sent**: too many waited.") }
        if unanswered > 0 {
            remarks.append("**\(Figures.count(unanswered)) requests were not answered**; those sent count as failed.")
        }
        if reconnections > 0 {
            remarks.append("Connections that broke and were opened again: \(Figures.count(reconnections)).")
        }
        if all.failed > 0 { remarks.append("**\(Figures.count(all.failed)) requests failed.**") }
        if !statusCounts.isEmpty {
            let counts = statusCounts.sorted { $0.key < $1.key }.map { "\(Figures.count($0.value)) × \($0.key)" }
            remarks.append("Responses by status: \(counts.joined(separator: ", ")).")
        }
        remarks += errors.map { "Error: `\($0)`" }
        return remarks
    }
}
