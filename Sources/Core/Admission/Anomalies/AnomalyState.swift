/// What is remembered of one identity, a key or a project: some 200 bytes. Made by `AnomalyDetector` interval by interval;
/// an empty one knows nothing yet.
package struct AnomalyState: Hashable, Sendable {
    /// The most countries that are remembered. Whoever is known in so many is at home everywhere: no country is new to him.
    package static let countryCountMax = 16
    /// A country not seen for so many intervals is forgotten: 30 days of minutes.
    package static let countryIntervalsMax: UInt32 = 43_200

    /// Since the first one.
    package internal(set) var intervalCount: UInt32 = 0
    var requests = Baseline()
    /// The greatest mean of the last days, fading: so that a quiet night does not make the morning a surge.
    var peak = 0.0
    var errors = Baseline()
    var scores = ScoreHistory()
    /// In the order in which they were first seen.
    var countries: [KnownCountry] = []
    var surge = Incident()
    var errorRise = Incident()
    var outlier = Incident()
    var topRise = Incident()

    struct KnownCountry: Hashable, Sendable {
        var code: CountryCode
        /// The `intervalCount` then.
        var lastSeen: UInt32
    }

    package init() {}

    /// What to gather the next interval's scores in.
    package func tally(_ better: ScoreTally.Better, _ settings: AnomalySettings) -> ScoreTally {
        ScoreTally(scores, better: better, deviations: scores.deviationBound(settings))
    }
}
