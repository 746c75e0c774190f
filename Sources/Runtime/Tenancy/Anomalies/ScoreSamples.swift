internal import Admission
package import ControlPlane
internal import Synchronization

/// A leaderboard whose scores are watched.
package struct ScoredLeaderboard: Hashable, Sendable {
    package var project: ProjectID
    package var id: String

    package init(project: ProjectID, id: String) {
        self.project = project
        self.id = id
    }
}

/// The scores that were entered since they were looked at last: of each leaderboard a sample.
///
/// Divided by leaderboards, so that those who enter scores at once seldom wait for each other, and only for a few
/// nanoseconds for each score.
package final class ScoreSamples: Sendable {
    /// How many leaderboards have a sample at once: some 700 bytes for each. Others have none in this interval.
    package static let leaderboardCountMax = 10_000

    private final class Part: Sendable {
        let samples = Mutex<[ScoredLeaderboard: ScoreSample]>([:])
    }

    private static let partCount = 16
    private let parts = (0..<partCount).map { _ in Part() }
    private let countMax: Int

    package init(leaderboardCountMax: Int = ScoreSamples.leaderboardCountMax) {
        countMax = max(1, leaderboardCountMax / Self.partCount)
    }

    package func add(_ scores: some Sequence<Double>, to leaderboard: ScoredLeaderboard) {
        // The dictionaries take the lower bits.
        let part = parts[Int(UInt(bitPattern: leaderboard.hashValue) >> 32) % parts.count]
        part.samples.withLock { samples in
            guard samples[leaderboard] != nil || samples.count < countMax else { return }
            for score in scores { samples[leaderboard, default: ScoreSample()].add(score) }
        }
    }

    func take() -> [ScoredLeaderboard: ScoreSample] {
        var all: [ScoredLeaderboard: ScoreSample] = [:]
        for part in parts {
            let samples = part.samples.withLock { samples in
                defer { samples = [:] }
                return samples
            }
            all.merge(samples) { first, _ in first }
        }
        return all
    }
}
