internal import Glibc

/// Chooses one of `count` things: all alike, or the first far more often than the last, as players and pages are.
///
/// With a skew *s* above 0, thing *k* (counted from 0) comes up in proportion to 1 / (k + 1)^s: Zipf's law. It is drawn
/// without a table by rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from
/// monotone discrete distributions", 1996), so ten million things cost no more than ten.
package struct Popularity: Sendable {
    private let count: Int
    private let skew: Double
    private let integralOfFirst: Double
    private let integralOfAll: Double
    private let shortcut: Double

    /// - Parameter skew: 0 for all alike.
    package init(count: Int, skew: Double) {
        self.count = count
        self.skew = skew
        integralOfFirst = Self.integral(1.5, skew) - 1
        integralOfAll = Self.integral(Double(count) + 0.5, skew)
        shortcut = 2 - Self.inverseIntegral(Self.integral(2.5, skew) - Self.height(2, skew), skew)
    }

    package func choose(_ numbers: inout SeededNumbers) -> Int {
        if count == 1 { return 0 }
        if skew == 0 { return numbers.below(count) }
        while true {
            let area = integralOfAll + numbers.unit() * (integralOfFirst - integralOfAll)
            let place = Self.inverseIntegral(area, skew)
            let nearest = min(max((place + 0.5).rounded(.down), 1), Double(count))
            if nearest - place <= shortcut
                || area >= Self.integral(nearest + 0.5, skew) - Self.height(nearest, skew)
            {
                return Int(nearest) - 1
            }
        }
    }

    private static func height(_ place: Double, _ skew: Double) -> Double { exp(-skew * log(place)) }

    /// The integral of `height` from 1, written so that it has no hole where the skew is 1.
    private static func integral(_ place: Double, _ skew: Double) -> Double {
        let logarithm = log(place)
        return relativeExponential((1 - skew) * logarithm) * logarithm
    }

    private static func inverseIntegral(_ area: Double, _ skew: Double) -> Double {
        let scaled = max(area * (1 - skew), -1)
        return exp(relativeLogarithm(scaled) * area)
    }

    /// log(1 + x) / x
    private static func relativeLogarithm(_ x: Double) -> Double {
        abs(x) > 1e-8 ? log1p(x) / x : 1 - x * (0.5 - x * (1 / 3.0 - 0.25 * x))
    }

    /// (exp(x) - 1) / x
    private static func relativeExponential(_ x: Double) -> Double {
        abs(x) > 1e-8 ? expm1(x) / x : 1 + x * 0.5 * (1 + x / 3 * (1 + 0.25 * x))
    }
}
