/// One leaderboard with one column, the greatest score first, and equal scores sharing a rank with a gap behind (1-1-3): in its
/// simplest form, as a list of scores.
package struct LeaderboardModel: SequentialModel {
    package enum Rule: Sendable {
        case best
        case sum
        case set
    }

    package enum Call: Hashable, Sendable {
        case submit(user: Int, score: Int)
        case score(user: Int)
        case rank(user: Int)
        /// Everybody, if there are no more than so many.
        case top(Int)
    }

    package enum Answer: Hashable, Sendable {
        /// The entry after a submission, and its rank.
        case entry(score: Int, rank: Int)
        case score(Int?)
        case standing(Standing?)
        case top([Standing])
    }

    package struct Standing: Hashable, Sendable {
        package var user: Int
        package var score: Int
        package var rank: Int

        package init(user: Int, score: Int, rank: Int) {
            self.user = user
            self.score = score
            self.rank = rank
        }
    }

    /// Each user's score, nil where there is none.
    package typealias State = [Int?]

    private let rule: Rule
    private let userCount: Int

    package init(_ rule: Rule, users: Int) {
        self.rule = rule
        userCount = users
    }

    package var initial: State { Array(repeating: nil, count: userCount) }

    package func changes(_ call: Call) -> Bool {
        if case .submit = call { true } else { false }
    }

    package func step(_ state: State, _ call: Call, _ answer: Answer?) -> State? {
        switch (call, answer) {
        case (.submit(let user, let score), let answer):
            var after = state
            after[user] = entered(score, over: state[user])
            guard let answer else { return after }
            guard case .entry(let found, let rank) = answer, let due = after[user] else { return nil }
            return found == due && rank == Self.rank(of: due, in: after) ? after : nil
        case (_, nil): return state
        case (.score(let user), .score(let found)?): return state[user] == found ? state : nil
        case (.rank(let user), .standing(let found)?): return found == standing(of: user, in: state) ? state : nil
        case (.top(let count), .top(let found)?): return isTop(found, count, of: state) ? state : nil
        default: return nil
        }
    }

    private func entered(_ score: Int, over old: Int?) -> Int {
        switch rule {
        case .best: max(old ?? score, score)
        case .sum: (old ?? 0) + score
        case .set: score
        }
    }

    private static func rank(of score: Int, in state: State) -> Int { 1 + state.count { $0 ?? .min > score } }

    private func standing(of user: Int, in state: State) -> Standing? {
        state[user].map { Standing(user: user, score: $0, rank: Self.rank(of: $0, in: state)) }
    }

    /// Among equals any order will do.
    private func isTop(_ found: [Standing], _ count: Int, of state: State) -> Bool {
        let scores = state.compactMap { $0 }.sorted(by: >)
        guard found.map(\.score) == Array(scores.prefix(count)), Set(found.map(\.user)).count == found.count else {
            return false
        }
        return found.allSatisfy { standing(of: $0.user, in: state) == $0 }
    }
}
