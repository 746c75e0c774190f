/// The scores between two bounds, as in `ZCOUNT key (1.5 +inf`.
struct ScoreRange: Equatable, Sendable {
    let min: ScoreBound
    let max: ScoreBound

    init(min: Argument, max: Argument) throws(CommandError) {
        guard let min = ScoreBound(min), let max = ScoreBound(max) else { throw .invalidScoreBound }
        self.min = min
        self.max = max
    }

    func contains(_ score: Double) -> Bool {
        (min.isExclusive ? score > min.score : score >= min.score)
            && (max.isExclusive ? score < max.score : score <= max.score)
    }
}

/// A number, with a "(" ahead if it does not belong to the range itself.
struct ScoreBound: Equatable, Sendable {
    let score: Double
    let isExclusive: Bool

    init?(_ text: Argument) {
        isExclusive = text.first == 0x28
        guard let score = (isExclusive ? text.dropFirst() : text).boundDouble else { return nil }
        self.score = score
    }
}
