internal import Foundation

/// Reads everything back that a ledger knows of, and compares.
package struct LedgerCheck {
    private let ledger: Ledger
    private let target: Target
    private static let membersAtOnce = 500

    package init(_ ledger: Ledger, _ target: Target) {
        self.ledger = ledger
        self.target = target
    }

    /// - Parameter seconds: how long the server may take until it answers, after a crash for instance.
    package func run(waitingSeconds seconds: Double = 60) throws -> LedgerFindings {
        let question = try connect(seconds)
        var findings = LedgerFindings()
        var first = 0
        while first < ledger.acknowledged.count {
            let members = first..<min(first + Self.membersAtOnce, ledger.acknowledged.count)
            let found = try target.wire == .resp ? scoresOverRESP(members, question) : scoresOverHTTP(members, question)
            for member in members { findings.note(member, ledger.judge(member, found: found[Ledger.name(member)])) }
            first = members.upperBound
        }
        return findings
    }

    private func connect(_ seconds: Double) throws -> Question {
        let deadline = Date(timeIntervalSinceNow: seconds)
        var last: any Error = HarnessError("no answer")
        while Date() < deadline {
            do {
                let question = try Question(target)
                switch target.wire {
                case .resp: if try !question.ask("ZCARD", ledger.board).isError { return question }
                case .http: if try question.http("GET", "/readyz").status == 200 { return question }
                }
            } catch {
                last = error
            }
            usleep(20_000)
        }
        throw HarnessError("the server does not come back: \(last)")
    }

    private func scoresOverRESP(_ members: Range<Int>, _ question: Question) throws -> [String: Int] {
        let names = members.map(Ledger.name)
        guard case .list(let replies) = try question.ask(["ZMSCORE", ledger.board] + names),
            replies.count == names.count
        else { throw HarnessError("ZMSCORE was not answered with a list") }
        var scores: [String: Int] = [:]
        for (name, reply) in zip(names, replies) {
            if case .text(let text) = reply { scores[name] = Double(text).map { Int($0) } ?? -1 }
        }
        return scores
    }

    private struct Ranks: Decodable {
        struct Entry: Decodable {
            var user: String
            var score: Double
        }
        var entries: [Entry]
    }

    private func scoresOverHTTP(_ members: Range<Int>, _ question: Question) throws -> [String: Int] {
        let names = members.map { "\"\(Ledger.name($0))\"" }.joined(separator: ",")
        let answer = try question.http("POST", "/v1/leaderboards/\(ledger.board)/ranks", body: "{\"users\":[\(names)]}")
        guard answer.status == 200,
            let ranks = try? JSONDecoder().decode(Ranks.self, from: Data(answer.body.utf8))
        else { throw HarnessError("the ranks were not answered: \(answer.status) \(answer.body.prefix(200))") }
        return Dictionary(ranks.entries.map { ($0.user, Int($0.score)) }) { first, _ in first }
    }
}
