package import Leaderboards

/// Scores on their way to a shard. Names stay where they were in the request's bytes, so that a batch of a thousand
/// submissions is two arrays and not five thousand strings.
package struct SubmissionBatch: Sendable {
    package var bytes: [UInt8]
    package var submissions: [Submission]

    package init(bytes: [UInt8] = [], submissions: [Submission] = []) {
        self.bytes = bytes
        self.submissions = submissions
    }

    package var count: Int { submissions.count }

    package mutating func append(_ text: some Collection<UInt8>) -> Submission.Slice {
        let slice = Submission.Slice(offset: bytes.count, count: text.count)
        bytes.append(contentsOf: text)
        return slice
    }

    package func text(_ slice: Submission.Slice) -> ArraySlice<UInt8> {
        bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)]
    }

    package func string(_ slice: Submission.Slice) -> String { String(decoding: text(slice), as: UTF8.self) }
}

/// One score of one member, to be entered into every board of a leaderboard at once.
package struct Submission: Sendable {
    /// Where a text stands in the batch's bytes. Empty means absent.
    package struct Slice: Sendable, Hashable {
        package var offset: UInt32
        package var count: UInt32

        package init(offset: Int = 0, count: Int = 0) {
            self.offset = UInt32(offset)
            self.count = UInt32(count)
        }
        package static let absent = Slice()
        package var isEmpty: Bool { count == 0 }
    }

    /// The leaderboard's id.
    package var leaderboard = Slice.absent
    package var user = Slice.absent
    /// As submitted: the shard turns it into the columns' types.
    package var score = Score()
    /// When the score was reached, if the client says so.
    package var at: Timestamp?
    /// A JSON object, at most 1 KiB.
    package var metadata = Slice.absent
    /// Values of dimensions: pairs of name and value, each with a length byte ahead.
    package var attributes = Slice.absent
    /// The client's key for this submission: the answer to it is remembered and given again.
    package var requestKey = Slice.absent
    /// For a line of an upload: its 1-based number. 0 otherwise.
    package var line: UInt64 = 0

    package init() {}
}

/// What became of a submission.
package struct SubmissionOutcome: Sendable, Hashable {
    package enum Status: Sendable, Hashable {
        /// The entry changed.
        case accepted
        /// The standing score is as good or better.
        case unchanged
        /// Nothing changed.
        case refused(Refusal)
    }

    package var status: Status
    /// The all-time entry after and before, with its rank.
    package var score = Score()
    package var previousScore: Score?
    package var rank: Rank?
    package var previousRank: Rank?
    package var windows: [WindowOutcome] = []
    /// The submission was answered before; this is the same answer again.
    package var isReplay = false

    package init(status: Status) { self.status = status }
}

/// What became of a submission in one window's season.
package struct WindowOutcome: Sendable, Hashable {
    package var window: String
    package var season: String
    package var accepted: Bool
    package var score: Score
    package var rank: Rank?
    package var previousRank: Rank?

    package init(
        window: String, season: String, accepted: Bool, score: Score, rank: Rank?, previousRank: Rank?
    ) {
        self.window = window
        self.season = season
        self.accepted = accepted
        self.score = score
        self.rank = rank
        self.previousRank = previousRank
    }
}

/// Why a command changed nothing.
package enum Refusal: Error, Sendable, Hashable {
    case unknownLeaderboard
    case leaderboardExists
    /// The definition was changed by someone else in the meantime.
    case versionConflict(current: UInt32)
    case invalidDefinition([DefinitionProblem])
    /// What can't be changed once scores are in.
    case immutable(field: String)
    case unknownUser
    case unknownWindow
    case unknownSeason
    case unknownDimension
    case score(ScoreError)
    /// The season that the score's time falls into is closed.
    case seasonClosed(window: String, season: String)
    /// The score's time is more than five minutes ahead.
    case timeInFuture
    /// The request key was used for another submission.
    case requestKeyReused
    /// The leaderboard, or the shard, has as much as it may have.
    case limitReached(what: String, limit: Int)
    /// The project has as much as its plan lets it have, in all its shards together.
    case planLimit(what: String, limit: Int)
    /// An earlier part of the same upload covers this line.
    case alreadyUploaded
}
