/// Which scores an identity usually submits: mean and variance by Welford and Chan, in which at most `weightMax` scores
/// count and older ones fade, how far off the best one of an interval gets, and how many are near the top.
struct ScoreHistory: Hashable, Sendable {
    /// How many scores the past is worth.
    static let weightMax = 16_384.0
    /// So many scores make a history.
    static let weightMin = 100.0

    var weight = 0.0
    var mean = 0.0
    var variance = 0.0
    /// The share of scores beyond `topBound`.
    var topShare = 0.0
    /// The largest deviation of late.
    var largestDeviation = 0.0

    var isKnown: Bool { weight >= Self.weightMin }

    /// Not less than a hundredth of the mean: where all scores were alike, the next one is allowed to differ a little.
    var spread: Double { max(variance.squareRoot(), abs(mean) / 100, 1e-9) }

    /// How many standard deviations off is beyond all that is known.
    func deviationBound(_ settings: AnomalySettings) -> Double { max(settings.scoreDeviations, 1.5 * largestDeviation) }

    mutating func learn(_ tally: ScoreTally) {
        guard tally.count > 0 else { return }
        let count = Double(tally.count)
        let total = weight + count
        let difference = tally.mean - mean
        mean += difference * count / total
        variance = (weight * variance + tally.squares + difference * difference * weight * count / total) / total
        weight = min(total, Self.weightMax)
        if let topCount = tally.topCount {
            topShare += (Double(topCount) / count - topShare) * count / (count + 1000)
        }
        // Numbers at the end of what doubles can hold teach nothing.
        if !(mean.isFinite && variance.isFinite) { self = ScoreHistory() }
    }
}

/// The scores of one interval, as they come in. A few words, however many there are.
package struct ScoreTally: Sendable {
    package enum Better: Sendable { case higher, lower }

    /// Greater numbers count as this one: its square is still a double.
    static let magnitudeMax = 1e150

    package private(set) var count = 0
    private(set) var mean = 0.0
    /// The sum of squared distances from the mean.
    private(set) var squares = 0.0
    /// The best one, as submitted.
    package private(set) var best: Double?
    /// How many lie beyond the bound; nil if history knows none yet.
    private(set) var topCount: Int?
    private let better: Better
    private let topBound: Double?
    /// What lies outside counts as if it lay at the edge, so that one absurd score does not make the next one look normal.
    private let accepted: ClosedRange<Double>

    init(_ history: ScoreHistory, better: Better, deviations: Double) {
        self.better = better
        let limits = -Self.magnitudeMax...Self.magnitudeMax
        guard history.isKnown else {
            topBound = nil
            accepted = limits
            return
        }
        let reach = deviations * history.spread
        accepted = limits.clamping(history.mean - reach)...limits.clamping(history.mean + reach)
        topBound = history.mean + (better == .higher ? 2 : -2) * history.spread
        topCount = 0
    }

    /// NaN is passed over.
    package mutating func add(_ score: Double) {
        guard !score.isNaN else { return }
        count += 1
        if best.map({ isBetter(score, than: $0) }) ?? true { best = score }
        if let topBound, isBetter(score, than: topBound) { topCount = (topCount ?? 0) + 1 }
        let value = accepted.clamping(score)
        let difference = value - mean
        mean += difference / Double(count)
        squares += difference * (value - mean)
    }

    /// The best one of all, where only some were added.
    mutating func note(best score: Double) {
        if best.map({ isBetter(score, than: $0) }) ?? true { best = score }
    }

    private func isBetter(_ score: Double, than other: Double) -> Bool {
        better == .higher ? score > other : score < other
    }

    /// How far the best score is on the better side of the mean.
    func deviation(from history: ScoreHistory) -> Double {
        guard let best else { return 0 }
        let distance = (ScoreTally.limit(best) - history.mean) / history.spread
        return better == .higher ? distance : -distance
    }

    private static func limit(_ score: Double) -> Double { (-magnitudeMax...magnitudeMax).clamping(score) }
}
