import Foundation
@testable import LoadHarness
import Testing

@Suite("Reports")
struct ReportTests {
    /// A run that had everything: two operations, batches, a stall, errors.
    private var result: RunResult {
        func summary(_ scale: Double) -> LatencySummary {
            LatencySummary(
                mean: 120 * scale, p50: 100 * scale, p90: 200 * scale, p99: 1500 * scale, p999: 20_000 * scale,
                p9999: 400_000 * scale, max: 1_200_000 * scale)
        }
        let intervals = (0..<12).map { place -> RunResult.IntervalResult in
            let isStalled = place == 6
            return RunResult.IntervalResult(
                at: Double(place), seconds: 1, count: isStalled ? 120 : 5000 + 37 * place, failed: isStalled ? 3 : 0,
                p50: isStalled ? 400_000 : 100, p99: isStalled ? 900_000 : 1500,
                max: isStalled ? 1_200_000 : 4000, waiting: isStalled ? 4800 : 0, wantedPerSecond: 5200)
        }
        let curve = RunResult.curvePercentiles.map { percentile -> RunResult.CurvePoint in
            let microseconds: Double = percentile >= 99 ? 1500 / (100.001 - percentile) : 50 + percentile
            return RunResult.CurvePoint(percentile: percentile, microseconds: microseconds)
        }
        return RunResult(
            scenario: "golden <run>", about: "A run & what came of it.", target: "redis://127.0.0.1:6379", wire: .resp,
            arrivals: .poisson, connections: 64, pipeline: 2, seed: 7, seconds: 12.25,
            all: .init(name: "all", count: 57_562, failed: 3, perSecond: 4698.9, latency: summary(1)),
            operations: [
                .init(name: "update", count: 40_000, failed: 3, perSecond: 3265.3, latency: summary(1)),
                .init(name: "top", count: 17_562, failed: 0, perSecond: 1433.6, latency: summary(1.5)),
            ],
            batch: summary(2), intervals: intervals,
            curve: curve, scheduled: 57_562, dropped: 0, unanswered: 2, reconnections: 1,
            statusCounts: ["2xx": 57_559, "5xx": 3],
            errors: ["ERR <no> \"room\""],
            endedEarly: nil)
    }

    private func compare(_ text: String, _ name: String) throws {
        let path = Repository.path + "/Tests/LoadHarnessTests/Golden/" + name
        // `LAUREL_GOLDEN=write` writes them anew; look at the difference before it is committed.
        if ProcessInfo.processInfo.environment["LAUREL_GOLDEN"] == "write" {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "\(name) differs")
    }

    @Test("The reports of a run are the golden ones")
    func golden() throws {
        try compare(MarkdownReport(result).text, "run.md")
        try compare(JSONReport.text(result), "run.json")
        try compare(HTMLReport(result).text, "run.html")
    }

    @Test("A report as JSON is read back as it was")
    func roundTrip() throws { #expect(try JSONReport.runResult(JSONReport.text(result)) == result) }

    @Test("A page needs nothing from elsewhere, and shows what a server said as text")
    func selfContained() {
        let page = HTMLReport(result).text
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"))
        #expect(page.contains("golden &lt;run&gt;") && page.contains("ERR &lt;no&gt;"))
        #expect(!page.contains("<run>") && !page.contains("<no>") && !page.contains("nan") && !page.contains("inf\""))
        #expect(page.contains("prefers-color-scheme: dark"))
    }

    @Test("A run in which nothing happened can be shown")
    func empty() {
        var result = result
        result.intervals = []
        result.curve = []
        result.operations = []
        #expect(HTMLReport(result).text.contains("</html>"))
    }

    @Test("A run is clean if all was answered well")
    func clean() {
        var result = result
        #expect(!result.isClean)
        (result.all.failed, result.unanswered) = (0, 0)
        #expect(result.isClean)
        result.dropped = 1
        #expect(!result.isClean)
    }

    @Test("Figures have three digits that say something")
    func figures() {
        #expect(
            [0, 3, 950, 999.4, 1000, 12_345, 999_499, 999_500, 1_854_000].map(Figures.rate)
                == ["0", "3", "950", "999", "1k", "12.3k", "999k", "1M", "1.85M"])
        #expect(
            [0.5, 85, 850, 1250, 999_400, 3_400_000].map(Figures.latency)
                == ["0.5 µs", "85 µs", "850 µs", "1.25 ms", "999 ms", "3.4 s"])
        #expect([0, 999, 1000, 1_234_567, -1234].map(Figures.count) == ["0", "999", "1,000", "1,234,567", "-1,234"])
        #expect([0.123, 1.5, 10.24].map(Figures.ratio) == ["0.12", "1.50", "10.2"])
    }

    @Test("Axes end at round numbers, and percentiles stand further apart the rarer they are")
    func axes() {
        let axis = PlotAxis.linear(to: 4870, label: Figures.rate)
        #expect(axis.ticks.map(\.label) == ["0", "1k", "2k", "3k", "4k", "5k"])
        #expect(axis.position(2500) == 0.5)
        let latencies = PlotAxis.logarithmic(80, 30_000, label: Figures.latency)
        #expect(latencies.ticks.map(\.label) == ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms"])
        #expect(abs(latencies.position(1000) - 0.5) < 1e-9)
        #expect(abs(PlotAxis.percentiles.position(99) - 0.4) < 1e-9)
        #expect([3, 7, 0.04, 10].map(PlotAxis.roundStep) == [5, 10, 0.05, 10])
    }
}
