import Leaderboards
import NodeRuntime
import Sharding

/// What has become of an upload so far.
struct UploadTally {
    private(set) var lineCount = 0
    /// The last line that is settled.
    private(set) var lastLine: UInt64 = 0
    private(set) var accepted = 0
    private(set) var unchanged = 0
    private(set) var rejected = 0
    /// Covered by an earlier part of the same upload.
    private(set) var skipped = 0
    private(set) var errors: [UploadError] = []
    private(set) var position = LogPosition.start
    /// Why the upload can't go on, and the line it is to be taken up again from.
    private(set) var interruption: (problem: Problem, line: UInt64)?

    /// Enters a part and what the node answered to its submissions, in the same order.
    mutating func settle(_ part: UploadPart, _ answers: [SubmissionAnswer]) {
        var errors = part.errors
        rejected += part.errorCount
        for (submission, answer) in zip(part.batch.submissions, answers) {
            position = max(position, answer.position)
            switch answer.outcome {
            case .success(let outcome):
                switch outcome.status {
                case .accepted: accepted += 1
                case .unchanged: unchanged += 1
                case .refused(.alreadyUploaded): skipped += 1
                case .refused(let refusal): refuse(submission.line, Problem(refusal), &errors)
                }
            case .failure(let error): refuse(submission.line, Problem(error), &errors)
            }
        }
        let room = UploadError.countMax - self.errors.count
        self.errors += errors.sorted { $0.line < $1.line }.prefix(room)
        lineCount += part.lineCount
        lastLine = part.lastLine
    }

    private mutating func refuse(_ line: UInt64, _ problem: Problem, _ errors: inout [UploadError]) {
        if problem.isTransient {
            if interruption == nil { interruption = (problem, line) }
            return
        }
        rejected += 1
        if errors.count < 2 * UploadError.countMax { errors.append(UploadError(line: line, problem)) }
    }

    /// Nothing of the part was done, or it isn't known what.
    mutating func interrupt(_ part: UploadPart, _ problem: Problem) {
        interruption = (problem, part.lastLine - UInt64(part.lineCount) + 1)
    }
}

extension JSONWriter {
    /// After each part, where a client asked to be kept informed.
    mutating func progress(_ tally: UploadTally) {
        object {
            $0.member("line", Int(tally.lastLine))
            $0.countMembers(tally)
        }
        newline()
    }

    /// At the end.
    mutating func summary(_ tally: UploadTally) {
        object {
            $0.countMembers(tally)
            $0.member("lines", tally.lineCount)
            $0.name("errors")
            $0.array(tally.errors) { writer, error in
                writer.object {
                    $0.member("line", Int(error.line))
                    $0.member("code", error.code.rawValue)
                    $0.member("message", error.message)
                }
            }
            $0.member("errors_omitted", tally.rejected - tally.errors.count)
            if let interruption = tally.interruption {
                $0.member("resume_from_line", Int(interruption.line))
                $0.name("error")
                $0.problemElement(interruption.problem)
            }
        }
    }

    private mutating func countMembers(_ tally: UploadTally) {
        member("accepted", tally.accepted)
        member("unchanged", tally.unchanged)
        member("rejected", tally.rejected)
        member("skipped", tally.skipped)
        member("position", tally.position)
    }
}
