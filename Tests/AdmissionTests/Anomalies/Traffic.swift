import Admission
import Foundation
import TestSupport

/// Made-up traffic of one identity, minute by minute.
struct Traffic {
    var random: SplitMix64

    init(seed: Int) { random = SplitMix64(seed: UInt64(seed)) }

    /// 0 up to, but not including, 1.
    mutating func uniform() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

    /// Knuth's way, in pieces so that `exp` stays a number.
    mutating func poisson(_ mean: Double) -> UInt64 {
        var count: UInt64 = 0
        var rest = mean
        while rest > 0 {
            let limit = exp(-min(rest, 100))
            var product = uniform()
            while product > limit {
                count += 1
                product *= uniform()
            }
            rest -= 100
        }
        return count
    }

    /// Box and Muller's.
    mutating func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }

    mutating func exponential() -> Double { -log(1 - uniform()) }

    /// Busiest in the evening, quietest in the morning, by a factor of four.
    static func day(_ minute: Int) -> Double { 1 + 0.6 * sin(2 * .pi * Double(minute) / 1440) }
}

extension AnomalyDetector {
    /// Lets `intervals` go by and gives what was reported, with the interval.
    func run(
        _ state: inout AnomalyState, _ intervals: Range<Int>, _ counts: (Int) -> IntervalCounts
    ) -> [(interval: Int, anomaly: Anomaly)] {
        intervals.flatMap { interval in update(&state, with: counts(interval)).map { (interval, $0) } }
    }
}
