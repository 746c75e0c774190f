import Leaderboards
import Sharding

extension JSONWriter {
    /// What became of a submission in all of its boards.
    mutating func outcome(
        _ outcome: SubmissionOutcome, of submission: Submission, in batch: SubmissionBatch, at position: LogPosition
    ) {
        object {
            $0.name("leaderboard")
            $0.string(batch.bytes[submission.leaderboard])
            $0.name("user")
            $0.string(batch.bytes[submission.user])
            $0.member("accepted", outcome.status == .accepted)
            $0.score(outcome.score)
            $0.previousScore(outcome.previousScore, columnCount: outcome.score.count)
            $0.member("rank", outcome.rank)
            $0.member("previous_rank", outcome.previousRank)
            $0.name("windows")
            $0.array(outcome.windows) { $0.window($1) }
            if outcome.isReplay { $0.member("replayed", true) }
            $0.member("position", position)
        }
    }

    private mutating func window(_ outcome: WindowOutcome) {
        object {
            $0.member("window", outcome.window)
            $0.member("season", outcome.season)
            $0.member("accepted", outcome.accepted)
            $0.score(outcome.score)
            $0.member("rank", outcome.rank)
            $0.member("previous_rank", outcome.previousRank)
        }
    }
}

/// Scores: `score` where there is one column, `scores` where there are several. What a reader that keeps numbers as
/// doubles would change is written as a string beside it.
extension JSONWriter {
    @inline(__always)
    mutating func score(_ score: Score) {
        if score.count == 1 {
            name("score")
            number(score.value(0))
            guard score.needsStrings else { return }
            name("score_string")
            quoted(score.value(0))
        } else {
            name("scores")
            values(score)
            guard score.needsStrings else { return }
            name("score_strings")
            array(0..<score.count) { $0.quoted(score.value($1)) }
        }
    }

    mutating func previousScore(_ score: Score?, columnCount: Int) {
        guard let score else {
            name(columnCount == 1 ? "previous_score" : "previous_scores")
            return null()
        }
        if columnCount == 1 {
            name("previous_score")
            number(score.value(0))
            guard score.needsStrings else { return }
            name("previous_score_string")
            quoted(score.value(0))
        } else {
            name("previous_scores")
            values(score)
            guard score.needsStrings else { return }
            name("previous_score_strings")
            array(0..<score.count) { $0.quoted(score.value($1)) }
        }
    }

    private mutating func values(_ score: Score) {
        array(0..<score.count) { $0.number(score.value($1)) }
    }
}

extension Score {
    /// An integer is beyond ±2^53.
    fileprivate var needsStrings: Bool {
        for index in 0..<count {
            if case .integer(let integer) = value(index), integer.magnitude > 1 << 53 { return true }
        }
        return false
    }
}

extension [UInt8] {
    @inline(__always)
    subscript(slice: Submission.Slice) -> ArraySlice<UInt8> {
        self[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)]
    }
}
