internal import Admission

/// The scores of a leaderboard in an interval.
struct ScoredInterval: Sendable {
    var sample: ScoreSample
    var better: ScoreTally.Better
}

/// What is remembered of the scores of leaderboards: of those to which some came of late.
struct WatchedLeaderboards: Sendable {
    private struct Watched: Sendable {
        var state = AnomalyState()
        var better: ScoreTally.Better
        /// The interval in which a score came last.
        var lastSeen: Int
    }

    private var watched: [ScoredLeaderboard: Watched] = [:]
    private var interval = 0

    var count: Int { watched.count }

    func better(of leaderboard: ScoredLeaderboard) -> ScoreTally.Better? { watched[leaderboard]?.better }

    var kept: [KeptAnomalyState] {
        watched.map { leaderboard, entry in
            KeptAnomalyState(
                .leaderboard(leaderboard, entry.better, quietIntervals: interval - entry.lastSeen), entry.state)
        }
    }

    mutating func enter(
        _ state: AnomalyState, of leaderboard: ScoredLeaderboard, _ better: ScoreTally.Better, quietIntervals: Int,
        atMost countMax: Int
    ) {
        guard watched.count < countMax || watched[leaderboard] != nil else { return }
        watched[leaderboard] = Watched(state: state, better: better, lastSeen: interval - quietIntervals)
    }

    /// Those without scores are caught up with when some come again.
    mutating func endInterval(
        with scored: [ScoredLeaderboard: ScoredInterval], _ detector: AnomalyDetector,
        _ configuration: AnomalyWatch.Configuration
    ) -> [(ScoredLeaderboard, Anomaly)] {
        interval += 1
        let oldest = interval - configuration.quietIntervalsMax
        if oldest > 0 { watched = watched.filter { $0.value.lastSeen >= oldest } }
        var found: [(ScoredLeaderboard, Anomaly)] = []
        for (leaderboard, scores) in scored.sorted(by: { $0.key < $1.key }) {
            let hasRoom = watched.count < configuration.leaderboardCountMax
            guard
                var entry = watched[leaderboard]
                    ?? (hasRoom ? Watched(better: scores.better, lastSeen: interval - 1) : nil)
            else { continue }
            detector.skip(&entry.state, intervals: interval - entry.lastSeen - 1)
            let tally = scores.sample.tally(for: entry.state, better: entry.better, detector.settings)
            found += detector.update(&entry.state, with: IntervalCounts(scores: tally)).map { (leaderboard, $0) }
            entry.lastSeen = interval
            watched[leaderboard] = entry
        }
        return found
    }
}

extension ScoredLeaderboard: Comparable {
    package static func < (left: ScoredLeaderboard, right: ScoredLeaderboard) -> Bool {
        (left.project, left.id) < (right.project, right.id)
    }
}
