extension Anomaly {
    static func requestSurge(observed: Double, expected: Double, deviation: Double) -> Anomaly {
        let usual = expected < 0.05 ? "hardly any are usual" : "\(text(expected)) are usual"
        return Anomaly(
            kind: .requestSurge, observed: observed, expected: expected, deviation: deviation,
            explanation: "\(text(observed)) requests came in one interval where \(usual), "
                + "which is \(text(deviation)) standard deviations more.")
    }

    static func errorShare(
        observed: Double, expected: Double, deviation: Double, errors: UInt64, of requests: UInt64
    ) -> Anomaly {
        Anomaly(
            kind: .errorShare, observed: observed, expected: expected, deviation: deviation,
            explanation: "\(errors) of \(requests) requests failed in one interval, "
                + "\(percent(observed)) where \(percent(expected)) is usual.")
    }

    static func newCountry(_ country: CountryCode, known: [CountryCode], requests: UInt64) -> Anomaly {
        let places = known.sorted().map(\.description).joined(separator: ", ")
        return Anomaly(
            kind: .newCountry, observed: Double(requests), expected: 0, deviation: 0, country: country,
            explanation: "Requests came from \(country) for the first time in 30 days, where until now they came from "
                + "\(places).")
    }

    static func scoreOutlier(observed: Double, _ history: ScoreHistory, deviation: Double) -> Anomaly {
        Anomaly(
            kind: .scoreOutlier, observed: observed, expected: history.mean, deviation: deviation,
            explanation:
                "A score of \(text(observed)) came in, \(text(deviation)) standard deviations better than the mean "
                + "of \(text(history.mean)), where \(text(history.largestDeviation)) were the most of late.")
    }

    static func topScoreShare(
        observed: Double, expected: Double, deviation: Double, count: UInt64, _ history: ScoreHistory
    ) -> Anomaly {
        Anomaly(
            kind: .topScoreShare, observed: observed, expected: expected, deviation: deviation,
            explanation:
                "\(percent(observed)) of \(count) scores in one interval were more than two standard deviations "
                + "better than the mean of \(text(history.mean)), where \(percent(expected)) is usual.")
    }

    private static func percent(_ share: Double) -> String { "\(text(share * 100)) %" }

    /// One digit behind the point for small numbers, none for others.
    static func text(_ number: Double) -> String {
        guard abs(number) < 1e15 else { return "\(number)" }
        if abs(number) >= 100 { return "\(Int64(number.rounded()))" }
        let tenths = Int64((abs(number) * 10).rounded())
        let sign = number < 0 && tenths > 0 ? "-" : ""
        return tenths % 10 == 0 ? "\(sign)\(tenths / 10)" : "\(sign)\(tenths / 10).\(tenths % 10)"
    }
}
