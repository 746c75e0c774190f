/// Of the scores of one interval: how many there were, the extremes, and a few that stand for all.
///
/// Each score has the same chance to be among the few (Vitter's algorithm R). Chance comes from a generator with a fixed seed: the
/// same scores in the same order leave the same sample.
package struct ScoreSample: Sendable {
    /// So many stand for all.
    package static let keptCountMax = 64

    package private(set) var count = 0
    private(set) var kept: [Double] = []
    private var highest = -Double.infinity
    private var lowest = Double.infinity
    private var seed: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init() {}

    /// NaN is passed over.
    package mutating func add(_ score: Double) {
        guard !score.isNaN else { return }
        count += 1
        highest = max(highest, score)
        lowest = min(lowest, score)
        if kept.count < Self.keptCountMax {
            kept.append(score)
        } else {
            let place = nextNumber() % UInt64(count)
            if place < UInt64(kept.count) { kept[Int(place)] = score }
        }
    }

    /// As if only the few had come, and the best of all.
    package func tally(
        for state: AnomalyState, better: ScoreTally.Better, _ settings: AnomalySettings
    ) -> ScoreTally {
        var tally = state.tally(better, settings)
        for score in kept { tally.add(score) }
        if count > 0 { tally.note(best: better == .higher ? highest : lowest) }
        return tally
    }

    /// Xorshift: plenty for this, and a few instructions.
    private mutating func nextNumber() -> UInt64 {
        seed ^= seed << 13
        seed ^= seed >> 7
        seed ^= seed << 17
        return seed
    }
}
