/// A run as one page that needs nothing else: figures, plots, and what to know about them, in light and in dark.
package struct HTMLReport {
    private let result: RunResult

    package init(_ result: RunResult) { self.result = result }

    package var text: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped(result.scenario)) · laurel-load</title>
        <style>
        \(HTMLStyle.text)
        </style>
        </head>
        <body>
        <main>
        <header>
        <p class="kind">laurel-load</p>
        <h1>\(escaped(result.scenario))</h1>
        <p>\(escaped(result.about))</p>
        <p class="where">\(escaped(setting))</p>
        </header>
        <section class="cards">
        \(cards.map { "<div class=\"card\"><b>\(escaped($0.value))</b><span>\(escaped($0.name))</span></div>" }.joined(separator: "\n"))
        </section>
        <section class="plots">
        \(RunPlots(result).all.map(\.svg).joined(separator: "\n"))
        </section>
        <section>
        <h2>Operations</h2>
        <div class="wide">
        <table>
        <thead><tr><th>operation</th>\(heads.map { "<th>\($0)</th>" }.joined())</tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody>
        </table>
        </div>
        </section>
        <section>
        <h2>To know</h2>
        <ul>
        \(result.remarks.map { "<li>\(remark($0))</li>" }.joined(separator: "\n"))
        </ul>
        </section>
        </main>
        </body>
        </html>

        """
    }

    private var setting: String {
        let loop =
            switch result.arrivals {
            case .closed: "closed loop"
            case .poisson: "open loop, Poisson arrivals"
            case .constant: "open loop, constant arrivals"
            }
        return "\(result.target) · \(loop) · \(result.connections) connections × \(result.pipeline) · "
            + "\(Figures.seconds(result.seconds)) · seed \(result.seed)"
    }

    private var cards: [(name: String, value: String)] {
        let all = result.all
        return [
            ("per second", Figures.rate(all.perSecond)), ("median", Figures.latency(all.latency.p50)),
            ("99th percentile", Figures.latency(all.latency.p99)), ("slowest", Figures.latency(all.latency.max)),
            ("requests", Figures.count(all.count)), ("failed", Figures.count(all.failed)),
        ]
    }

    private let heads = ["requests", "failed", "per second", "p50", "p90", "p99", "p99.9", "p99.99", "max"]

    private var rows: [String] {
        let operations = result.operations.count > 1 ? result.operations + [result.all] : result.operations
        return operations.map { operation in
            let latency = operation.latency
            let cells =
                [Figures.count(operation.count), Figures.count(operation.failed), Figures.rate(operation.perSecond)]
                + [latency.p50, latency.p90, latency.p99, latency.p999, latency.p9999, latency.max].map(Figures.latency)
            return "<tr><th>\(escaped(operation.name))</th>\(cells.map { "<td>\($0)</td>" }.joined())</tr>"
        }
    }

    /// The Markdown that a remark may have in it.
    private func remark(_ text: String) -> String {
        escaped(text).replacing(/\*\*(.+?)\*\*/) { "<strong>\($0.1)</strong>" }
            .replacing(/`(.+)`/) { "<code>\($0.1)</code>" }
    }
}

/// The plots of a run.
struct RunPlots {
    let result: RunResult

    init(_ result: RunResult) { self.result = result }

    var all: [Plot] {
        [throughput, latencyOverTime, latencyByPercentile]
            + (result.intervals.contains { $0.waiting > 0 } ? [waiting] : [])
    }

    /// The last interval may be a sliver, whose rate says nothing.
    private var intervals: [RunResult.IntervalResult] {
        let usual = result.intervals.first?.seconds ?? 0
        return result.intervals.filter { $0.seconds > usual / 3 }
    }

    private var time: PlotAxis {
        PlotAxis.exact(to: intervals.last.map { $0.at + $0.seconds } ?? 1) { Figures.digits($0) }
    }

    private func middle(_ interval: RunResult.IntervalResult) -> Double { interval.at + interval.seconds / 2 }

    private var throughput: Plot {
        let wanted = intervals.compactMap { interval in interval.wantedPerSecond.map { (middle(interval), $0) } }
        let most = max(intervals.map(\.perSecond).max() ?? 0, wanted.map(\.1).max() ?? 0)
        var lines = [
            Plot.Line(
                name: "answered", colour: "a", style: .area, points: intervals.map { (middle($0), $0.perSecond) })
        ]
        if !wanted.isEmpty { lines.append(.init(name: "wanted", colour: "d", style: .dashed, points: wanted)) }
        if result.all.failed > 0 {
            let failed = intervals.map { (middle($0), Double($0.failed) / $0.seconds) }
            lines.append(.init(name: "failed", colour: "e", style: .solid, points: failed))
        }
        return Plot(
            title: "Requests per second", x: time, y: .linear(to: most, label: Figures.rate), xTitle: "seconds",
            lines: lines)
    }

    private var latencyOverTime: Plot {
        let busy = intervals.filter { $0.count > 0 }
        return Plot(
            title: "Latency over time", x: time,
            y: .logarithmic(
                busy.map(\.p50).min() ?? 1, busy.map(\.max).max() ?? 1, label: Figures.latency), xTitle: "seconds",
            lines: [
                .init(name: "max", colour: "c", style: .solid, points: busy.map { (middle($0), $0.max) }),
                .init(name: "p99", colour: "b", style: .solid, points: busy.map { (middle($0), $0.p99) }),
                .init(name: "p50", colour: "a", style: .solid, points: busy.map { (middle($0), $0.p50) }),
            ])
    }

    private var latencyByPercentile: Plot {
        let points = result.curve.map { ($0.percentile, $0.microseconds) }
        return Plot(
            title: "Latency by percentile", x: .percentiles,
            y: .logarithmic(
                points.map(\.1).filter { $0 > 0 }.min() ?? 1, points.map(\.1).max() ?? 1, label: Figures.latency),
            xTitle: "share of requests that were at least as fast",
            lines: [.init(name: "all", colour: "a", style: .solid, points: points)])
    }

    private var waiting: Plot {
        Plot(
            title: "Waiting for a connection", x: time,
            y: .linear(to: Double(intervals.map(\.waiting).max() ?? 0), label: Figures.rate), xTitle: "seconds",
            lines: [
                .init(
                    name: "waiting", colour: "b", style: .area,
                    points: intervals.map { (middle($0), Double($0.waiting)) })
            ])
    }
}
