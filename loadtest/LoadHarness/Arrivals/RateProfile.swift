internal import Glibc

/// How many requests a second are wanted at each moment of a run, and so how many until then.
///
/// A line for each stretch of time: rising in the ramp, level behind it, a multiple in a spike. What lies under the lines
/// is the number of requests; an arrival is where that number reaches the arrival's own.
package struct RateProfile: Sendable {
    /// A stretch in which the rate goes from one value to another in a line.
    private struct Stretch {
        var start: Double
        var seconds: Double
        var startRate: Double
        var endRate: Double
        /// Requests before it.
        var before: Double

        var requests: Double { (startRate + endRate) / 2 * seconds }
    }

    private var stretches: [Stretch] = []

    package init(_ scenario: Scenario) {
        self.init(
            rate: scenario.rate, rampSeconds: scenario.rampSeconds, spikes: scenario.spikes,
            seconds: scenario.durationSeconds)
    }

    package init(rate: Double, rampSeconds: Double, spikes: [Scenario.Spike], seconds: Double) {
        var bounds: [Double] = [0, rampSeconds, seconds]
        for spike in spikes { bounds += [spike.start, spike.start + spike.seconds] }
        bounds = Set(bounds.filter { (0...seconds).contains($0) }).sorted()
        var before = 0.0
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let middle = (start + end) / 2
            let times = spikes.first { $0.start <= middle && middle < $0.start + $0.seconds }?.times ?? 1
            func value(_ time: Double) -> Double { rate * times * (rampSeconds > 0 ? min(time / rampSeconds, 1) : 1) }
            let stretch = Stretch(
                start: start, seconds: end - start, startRate: value(start), endRate: value(end), before: before)
            before += stretch.requests
            stretches.append(stretch)
        }
    }

    /// All requests of the run.
    package var total: Double { stretches.last.map { $0.before + $0.requests } ?? 0 }

    /// The wanted rate, in requests a second.
    package func rate(at time: Double) -> Double {
        guard let stretch = stretches.last(where: { $0.start <= time }), time <= stretch.start + stretch.seconds else {
            return 0
        }
        return stretch.startRate + (stretch.endRate - stretch.startRate) * (time - stretch.start) / stretch.seconds
    }

    /// When so many requests have been wanted, in seconds; nil if never.
    ///
    /// - Parameter hint: the stretch that the last answer was in. Questions come in order.
    package func time(of requests: Double, hint: inout Int) -> Double? {
        while hint < stretches.count, stretches[hint].before + stretches[hint].requests < requests { hint += 1 }
        guard hint < stretches.count else { return nil }
        let stretch = stretches[hint]
        let wanted = requests - stretch.before
        let slope = (stretch.endRate - stretch.startRate) / stretch.seconds
        // startRate·t + slope·t²/2 = wanted, in the form that does not divide by a slope of nothing.
        let root = sqrt(max(stretch.startRate * stretch.startRate + 2 * slope * wanted, 0))
        let sum = stretch.startRate + root
        return stretch.start + (sum > 0 ? min(2 * wanted / sum, stretch.seconds) : 0)
    }
}
