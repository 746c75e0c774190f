import Leaderboards
import Sharding

/// A submission as a test writes it.
struct Entrant {
    var leaderboard = "a"
    var user: String
    var score: [Column.Value]
    var at: Timestamp?
    var metadata = ""
    var attributes: [(name: String, value: String)] = []
    var requestKey = ""
    var line: UInt64 = 0
}

extension SubmissionBatch {
    init(_ entrants: [Entrant]) {
        self.init()
        for entrant in entrants { append(entrant) }
    }

    mutating func append(_ entrant: Entrant) {
        var submission = Submission()
        submission.leaderboard = append(entrant.leaderboard.utf8)
        submission.user = append(entrant.user.utf8)
        submission.score = Score(entrant.score)
        submission.at = entrant.at
        submission.metadata = append(entrant.metadata.utf8)
        var attributes: [UInt8] = []
        for (name, value) in entrant.attributes {
            attributes += [UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        submission.attributes = append(attributes)
        submission.requestKey = append(entrant.requestKey.utf8)
        submission.line = entrant.line
        submissions.append(submission)
    }
}
