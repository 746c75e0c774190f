import Leaderboards
import Sharding

// What a difference between shard and twin is printed as.

func describe(_ score: Score) -> String {
    (0..<score.count).map { index in
        switch score.value(index) {
        case .integer(let integer): "\(integer)"
        case .decimal(let decimal): "\(decimal)"
        }
    }.joined(separator: ",")
}

func describe(_ rank: Rank?) -> String { rank.map { "\($0)" } ?? "-" }

func describe(_ outcome: SubmissionOutcome) -> String {
    var text = "\(outcome.isReplay ? "replayed " : "")"
    switch outcome.status {
    case .accepted: text += "accepted"
    case .unchanged: text += "unchanged"
    case .refused(let refusal): return text + "refused \(refusal)"
    }
    text += " \(describe(outcome.score)) rank \(describe(outcome.rank))"
    if let previous = outcome.previousScore {
        text += " was \(describe(previous)) rank \(describe(outcome.previousRank))"
    }
    for window in outcome.windows {
        text += " | \(window.window) \(window.season) \(window.accepted ? "" : "unchanged ")\(describe(window.score))"
        text += " rank \(describe(window.rank)) was \(describe(window.previousRank))"
    }
    return text
}

func describe(_ entry: Entry) -> String {
    let metadata = entry.metadata.map { " " + String(decoding: $0, as: UTF8.self) } ?? ""
    let user = String(decoding: entry.user, as: UTF8.self)
    let time = entry.updatedAt?.description ?? "-"
    return "\(entry.rank) \(user) \(describe(entry.score)) \(time)\(metadata)"
}

func describe(_ page: Result<Twin.Answered, Refusal>) -> String {
    switch page {
    case .failure(let refusal): return "\(refusal)"
    case .success(let page):
        let reset = page.nextReset.map { "\($0)" } ?? "-"
        return "\(page.offset) of \(page.total), season \(page.season ?? "-") until \(reset)\n"
            + page.entries.map(describe).joined(separator: "\n")
    }
}
