/// How much must be different before it is called an anomaly. Every number is brought into its range.
///
/// The defaults take an interval for a minute.
package struct AnomalySettings: Hashable, Sendable {
    package static let learningIntervalsAccepted = 10...100_000
    package static let memoryIntervalsAccepted = 4...10_000
    package static let calmIntervalsAccepted = 1...100
    package static let deviationsAccepted = 3.0...100.0
    package static let surgeFactorAccepted = 1.5...100.0
    package static let surgeRequestCountMinAccepted = 10...1_000_000_000
    package static let shareRiseAccepted = 0.05...1.0

    /// How long nothing is reported: a day, so that its course and its countries are known.
    package let learningIntervals: Int
    /// How far back the running means reach. Short enough to follow the course of a day, so that needs no model of its own.
    package let memoryIntervals: Int
    /// How many intervals in a row must be as usual before an incident is over.
    package let calmIntervals: Int
    /// Standard deviations, for requests and shares.
    package let deviations: Double
    /// Standard deviations, for one score. Scores have longer tails than counts.
    package let scoreDeviations: Double
    /// How many times the mean of late a surge is at the least.
    package let surgeFactor: Double
    /// A surge has more requests than this: ten times next to nothing is still nothing.
    package let surgeRequestCountMin: Int
    /// How far a share of errors or of top scores must rise: 0.2 is from 3 % to 23 %.
    package let shareRise: Double

    package init(
        learningIntervals: Int = 1440, memoryIntervals: Int = 32, calmIntervals: Int = 5, deviations: Double = 6,
        scoreDeviations: Double = 8, surgeFactor: Double = 3, surgeRequestCountMin: Int = 30, shareRise: Double = 0.2
    ) {
        self.learningIntervals = Self.learningIntervalsAccepted.clamping(learningIntervals)
        self.memoryIntervals = Self.memoryIntervalsAccepted.clamping(memoryIntervals)
        self.calmIntervals = Self.calmIntervalsAccepted.clamping(calmIntervals)
        self.deviations = Self.deviationsAccepted.clamping(deviations)
        self.scoreDeviations = Self.deviationsAccepted.clamping(scoreDeviations)
        self.surgeFactor = Self.surgeFactorAccepted.clamping(surgeFactor)
        self.surgeRequestCountMin = Self.surgeRequestCountMinAccepted.clamping(surgeRequestCountMin)
        self.shareRise = Self.shareRiseAccepted.clamping(shareRise)
    }
}

/// What an identity did in one interval.
package struct IntervalCounts: Sendable {
    /// The most countries of an interval that are looked at.
    package static let countryCountMax = 64

    package var requests: UInt64
    /// Requests that were answered with an error of the client's. More than `requests` count as that many.
    package var errors: UInt64
    /// Where requests came from, each country once, as far as a trusted proxy said.
    package var countries: [CountryCode]
    /// Scores that were submitted, gathered in what `AnomalyState.tally` gave at the interval's start.
    package var scores: ScoreTally?

    package init(requests: UInt64 = 0, errors: UInt64 = 0, countries: [CountryCode] = [], scores: ScoreTally? = nil) {
        self.requests = requests
        self.errors = errors
        self.countries = countries
        self.scores = scores
    }
}
