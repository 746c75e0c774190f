/// Compares what an identity does with what it did: requests, its share of errors, countries, scores. Nothing is compared
/// with other identities, so a busy one is no anomaly and a quiet one that wakes up is.
///
/// How a surge is told from a busy morning: it is more than `surgeFactor` times the mean of the last half hour or so, more
/// than twice the busiest half hour of the last days, more than `deviations` standard deviations above the mean, with at
/// least Poisson's deviation, and more than a few dozen requests at all. Growth from day to day is followed by the means.
///
/// While something unusual goes on it is learned from at an eighth of the usual weight, and no more than the bound: a short
/// incident leaves little behind, and what stays becomes usual within hours, which ends the incident.
package struct AnomalyDetector: Sendable {
    package let settings: AnomalySettings

    /// Intervals with so few requests or scores say nothing about shares.
    private static let shareCountMin: UInt64 = 20
    /// The most quiet intervals that are carried out one by one; more leave nothing that would matter.
    private static let skippedIntervalsMax = 50_000
    /// A peak fades to half within 2839 intervals, two days of minutes.
    private static let peakFading = 1 - 1.0 / 4096
    /// How far below its bound a value must fall to be calm.
    private static let calmFraction = 0.6

    package init(_ settings: AnomalySettings = AnomalySettings()) { self.settings = settings }

    /// Once for each interval, in order. Usually answers with nothing; at most one anomaly of each kind, and for countries
    /// up to `AnomalyState.countryCountMax`.
    package func update(_ state: inout AnomalyState, with counts: IntervalCounts) -> [Anomaly] {
        var found: [Anomaly] = []
        let isLearning = state.intervalCount < settings.learningIntervals
        state.intervalCount = state.intervalCount == .max ? .max : state.intervalCount + 1
        if let surge = observeRequests(&state, Double(counts.requests), isLearning) { found.append(surge) }
        if let rise = observeErrors(&state, counts, isLearning) { found.append(rise) }
        observeCountries(&state, counts, isLearning, &found)
        observeScores(&state, counts.scores, isLearning, &found)
        return found
    }

    /// The same as so many updates with nothing in them, for identities that are not looked at while they are quiet.
    package func skip(_ state: inout AnomalyState, intervals: Int) {
        precondition(intervals >= 0)
        for _ in 0..<min(intervals, Self.skippedIntervalsMax) { _ = update(&state, with: IntervalCounts()) }
        let rest = UInt32(clamping: max(0, intervals - Self.skippedIntervalsMax))
        state.intervalCount =
            state.intervalCount.addingReportingOverflow(rest).overflow ? .max : state.intervalCount + rest
    }

    private func observeRequests(_ state: inout AnomalyState, _ observed: Double, _ isLearning: Bool) -> Anomaly? {
        let mean = state.requests.mean
        let deviation = max(state.requests.variance, mean, 1).squareRoot()
        let bound = [
            mean + settings.deviations * deviation, settings.surgeFactor * mean, 2 * state.peak,
            Double(settings.surgeRequestCountMin),
        ].max()!
        let isNew = state.surge.observe(
            isOver: !isLearning && observed > bound, isCalm: observed <= bound * Self.calmFraction,
            calmIntervals: settings.calmIntervals)
        state.requests.learn(
            isLearning ? observed : min(observed, bound), memory: settings.memoryIntervals,
            isUnusual: state.surge.isOpen)
        let isSettled = state.intervalCount > settings.memoryIntervals
        state.peak = isSettled ? max(state.peak * Self.peakFading, state.requests.mean) : state.requests.mean
        guard isNew else { return nil }
        return .requestSurge(observed: observed, expected: mean, deviation: (observed - mean) / deviation)
    }

    private func observeErrors(_ state: inout AnomalyState, _ counts: IntervalCounts, _ isLearning: Bool) -> Anomaly? {
        guard counts.requests >= Self.shareCountMin else {
            // Too few to learn from; but whoever stopped has ended the incident.
            _ = state.errorRise.observe(isOver: false, isCalm: true, calmIntervals: settings.calmIntervals)
            return nil
        }
        // A key that was nearly idle until now has no share that could have risen.
        let isKnown = !isLearning && state.errors.count >= settings.memoryIntervals
        let errors = min(counts.errors, counts.requests)
        let share = Double(errors) / Double(counts.requests)
        let usual = state.errors.mean
        let deviation = Self.deviation(ofShare: usual, count: counts.requests, variance: state.errors.variance)
        let isOver = share >= usual + settings.shareRise && share > usual + settings.deviations * deviation
        let isNew = state.errorRise.observe(
            isOver: isKnown && isOver, isCalm: share < usual + settings.shareRise / 2,
            calmIntervals: settings.calmIntervals)
        state.errors.learn(
            isKnown ? min(share, usual + settings.shareRise) : share, memory: settings.memoryIntervals,
            isUnusual: state.errorRise.isOpen)
        guard isNew else { return nil }
        return .errorShare(
            observed: share, expected: usual, deviation: (share - usual) / deviation, errors: errors,
            of: counts.requests)
    }

    /// At least that of a binomial distribution, with a share that is neither 0 nor 1.
    private static func deviation(ofShare share: Double, count: UInt64, variance: Double) -> Double {
        let share = (0.005...0.995).clamping(share)
        return max(variance, share * (1 - share) / Double(count)).squareRoot()
    }

    private func observeCountries(
        _ state: inout AnomalyState, _ counts: IntervalCounts, _ isLearning: Bool, _ found: inout [Anomaly]
    ) {
        let now = state.intervalCount
        state.countries.removeAll { now - $0.lastSeen > AnomalyState.countryIntervalsMax }
        // The first ones of all are no change.
        let known = state.countries.map(\.code)
        for country in counts.countries.prefix(IntervalCounts.countryCountMax) {
            if let index = state.countries.firstIndex(where: { $0.code == country }) {
                state.countries[index].lastSeen = now
                continue
            }
            if state.countries.count == AnomalyState.countryCountMax {
                let oldest = state.countries.indices.min {
                    state.countries[$0].lastSeen < state.countries[$1].lastSeen
                }!
                state.countries.remove(at: oldest)
            } else if !isLearning, !known.isEmpty {
                found.append(.newCountry(country, known: known, requests: counts.requests))
            }
            state.countries.append(AnomalyState.KnownCountry(code: country, lastSeen: now))
        }
    }

    private func observeScores(
        _ state: inout AnomalyState, _ tally: ScoreTally?, _ isLearning: Bool, _ found: inout [Anomaly]
    ) {
        let history = state.scores
        guard let tally, tally.count > 0, history.isKnown else {
            _ = state.outlier.observe(isOver: false, isCalm: true, calmIntervals: settings.calmIntervals)
            _ = state.topRise.observe(isOver: false, isCalm: true, calmIntervals: settings.calmIntervals)
            if let tally { state.scores.learn(tally) }
            return
        }
        state.scores.learn(tally)
        let deviation = tally.deviation(from: history)
        let bound = history.deviationBound(settings)
        let isOver = !isLearning && deviation > bound
        if state.outlier.observe(
            isOver: isOver, isCalm: deviation <= bound * Self.calmFraction, calmIntervals: settings.calmIntervals)
        {
            found.append(.scoreOutlier(observed: tally.best ?? 0, history, deviation: deviation))
        }
        // What was reported is learned slowly, and never at once.
        let largest = history.largestDeviation
        state.scores.largestDeviation =
            isOver
            ? largest + (min(deviation, 2 * bound) - largest) / Double(8 * settings.memoryIntervals)
            : max(largest * Self.peakFading, deviation)
        observeTop(&state, tally, history, isLearning, &found)
    }

    private func observeTop(
        _ state: inout AnomalyState, _ tally: ScoreTally, _ history: ScoreHistory, _ isLearning: Bool,
        _ found: inout [Anomaly]
    ) {
        let count = UInt64(tally.count)
        let share = Double(tally.topCount ?? 0) / Double(count)
        let deviation = Self.deviation(ofShare: history.topShare, count: count, variance: 0)
        let isOver =
            !isLearning && count >= Self.shareCountMin && share >= history.topShare + settings.shareRise
            && share > history.topShare + settings.deviations * deviation
        if state.topRise.observe(
            isOver: isOver, isCalm: share < history.topShare + settings.shareRise / 2,
            calmIntervals: settings.calmIntervals)
        {
            found.append(
                .topScoreShare(
                    observed: share, expected: history.topShare, deviation: (share - history.topShare) / deviation,
                    count: count, history))
        }
    }
}
