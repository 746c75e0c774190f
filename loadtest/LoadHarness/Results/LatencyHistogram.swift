internal import Histogram

/// Latencies in nanoseconds, to three digits, up to an hour: Gil Tene's HDR histogram.
package struct LatencyHistogram {
    package static let nanosecondsMax: UInt64 = 3_600_000_000_000
    private var histogram = Self.empty

    private static var empty: Histogram<UInt64> {
        Histogram(
            lowestDiscernibleValue: 64, highestTrackableValue: nanosecondsMax, numberOfSignificantValueDigits: .three)
    }

    package init() {}

    @inline(__always)
    package mutating func record(_ nanoseconds: Int64, count: Int = 1) {
        let value = UInt64(truncatingIfNeeded: Swift.min(Swift.max(nanoseconds, 0), Int64(Self.nanosecondsMax)))
        histogram.record(value, count: UInt64(truncatingIfNeeded: count))
    }

    package mutating func add(_ other: LatencyHistogram) { histogram.add(other.histogram) }

    package mutating func reset() { histogram.reset() }

    package var count: Int { Int(histogram.totalCount) }

    /// In microseconds.
    package func percentile(_ percent: Double) -> Double {
        count == 0 ? 0 : Double(histogram.valueAtPercentile(percent)) / 1000
    }

    /// In microseconds.
    package var max: Double { Double(histogram.maxRecorded) / 1000 }

    package var summary: LatencySummary {
        guard count > 0 else { return LatencySummary() }
        return LatencySummary(
            mean: rounded(histogram.mean / 1000), p50: rounded(percentile(50)), p90: rounded(percentile(90)),
            p99: rounded(percentile(99)), p999: rounded(percentile(99.9)), p9999: rounded(percentile(99.99)),
            max: rounded(max))
    }

    /// The latency at each of `percentiles`, for a plot.
    package func curve(_ percentiles: [Double]) -> [Double] { percentiles.map { rounded(percentile($0)) } }

    func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

/// Latencies in microseconds.
package struct LatencySummary: Codable, Hashable, Sendable {
    package var mean = 0.0
    package var p50 = 0.0
    package var p90 = 0.0
    package var p99 = 0.0
    package var p999 = 0.0
    package var p9999 = 0.0
    package var max = 0.0

    package init() {}

    package init(
        mean: Double, p50: Double, p90: Double, p99: Double, p999: Double, p9999: Double, max: Double
    ) {
        self.mean = mean
        self.p50 = p50
        self.p90 = p90
        self.p99 = p99
        self.p999 = p999
        self.p9999 = p9999
        self.max = max
    }
}
