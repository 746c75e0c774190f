internal import Glibc

/// Where values stand along a side of a plot, and which of them are labelled.
package struct PlotAxis {
    package enum Scale: Sendable { case linear, logarithmic, percentile }

    package let scale: Scale
    private let low: Double
    private let high: Double
    package let ticks: [(value: Double, label: String)]

    /// From zero to a round number at or above `most`.
    package static func linear(to most: Double, count: Int = 5, label: (Double) -> String) -> PlotAxis {
        let step = roundStep(max(most, 1e-9) / Double(count))
        let high = (max(most, 1e-9) / step).rounded(.up) * step
        let ticks = (0...Int((high / step).rounded())).map { Double($0) * step }
        return PlotAxis(.linear, 0, high, ticks.map { ($0, label($0)) })
    }

    /// From zero to exactly `most`, as time goes.
    package static func exact(to most: Double, label: (Double) -> String) -> PlotAxis {
        let step = roundStep(max(most, 1e-9) / 6)
        let ticks = (0...Int(max(most, 1e-9) / step)).map { Double($0) * step }
        return PlotAxis(.linear, 0, max(most, 1e-9), ticks.map { ($0, label($0)) })
    }

    /// Whole powers of ten around the values.
    package static func logarithmic(_ least: Double, _ most: Double, label: (Double) -> String) -> PlotAxis {
        let low = log10(max(least, 1)).rounded(.down)
        let high = max(log10(max(most, 1)).rounded(.up), low + 1)
        let ticks = (Int(low)...Int(high)).map { pow(10, Double($0)) }
        return PlotAxis(.logarithmic, pow(10, low), pow(10, high), ticks.map { ($0, label($0)) })
    }

    /// 50, 90, 99, 99.9 … at equal distances.
    package static let percentiles = PlotAxis(
        .percentile, 0, 99.999,
        [(0, "0"), (50, "50"), (90, "90"), (99, "99"), (99.9, "99.9"), (99.99, "99.99"), (99.999, "99.999 %")])

    private init(_ scale: Scale, _ low: Double, _ high: Double, _ ticks: [(value: Double, label: String)]) {
        self.scale = scale
        self.low = low
        self.high = high
        self.ticks = ticks
    }

    /// From 0 at the low end to 1 at the high end.
    package func position(_ value: Double) -> Double {
        let position =
            switch scale {
            case .linear: (value - low) / (high - low)
            case .logarithmic: (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low))
            case .percentile: log10(1 - value / 100) / log10(1 - high / 100)
            }
        return min(max(position, 0), 1)
    }

    /// 1, 2 or 5 times a power of ten, at or above `step`.
    package static func roundStep(_ step: Double) -> Double {
        let power = pow(10, log10(step).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= step * (1 - 1e-9) } ?? 10 * power
    }
}
