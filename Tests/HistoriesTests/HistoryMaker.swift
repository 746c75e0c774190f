import Histories
import TestSupport

/// Makes histories that are right by construction: each operation happens at a moment within its time, on one state.
struct HistoryMaker {
    let rule: LeaderboardModel.Rule
    private var random: SplitMix64
    private let clients: Int
    private let count: Int

    init(seed: UInt64, clients: Int, operations: Int) {
        random = SplitMix64(seed: seed)
        rule = random.pick([.best, .sum, .set])
        self.clients = clients
        count = operations
    }

    mutating func make() -> BoardHistory {
        var history = BoardHistory()
        var state: [Int?] = Array(repeating: nil, count: 4)
        var moment = 0
        /// What each client waits for: begun, perhaps carried out.
        var open: [(index: Int, answer: LeaderboardModel.Answer?)?] = Array(repeating: nil, count: clients)
        while history.operations.count < count || open.contains(where: { $0 != nil }) {
            moment += 1
            let client = random.below(clients)
            guard let waiting = open[client] else {
                guard history.operations.count < count else { continue }
                let call = nextCall()
                history.add(client: client, call, nil, from: moment)
                open[client] = (history.operations.count - 1, nil)
                continue
            }
            if let answer = waiting.answer {
                history.operations[waiting.index].outcome = .answered(answer, at: moment)
                open[client] = nil
            } else if random.chance(percent: 10) {
                // Never heard of again, whether it was carried out or not.
                if random.chance(percent: 50) { _ = carryOut(history.operations[waiting.index].call, &state) }
                open[client] = nil
            } else {
                open[client] = (waiting.index, carryOut(history.operations[waiting.index].call, &state))
            }
        }
        return history
    }

    private mutating func nextCall() -> LeaderboardModel.Call {
        let user = random.below(4)
        switch random.below(5) {
        case 0, 1: return .submit(user: user, score: 1 + random.below(9))
        case 2: return .score(user: user)
        case 3: return .rank(user: user)
        default: return .top(1 + random.below(5))
        }
    }

    private func carryOut(_ call: LeaderboardModel.Call, _ state: inout [Int?]) -> LeaderboardModel.Answer {
        func standing(_ user: Int) -> LeaderboardModel.Standing? {
            guard let score = state[user] else { return nil }
            return .init(user: user, score: score, rank: 1 + state.compactMap { $0 }.count { $0 > score })
        }
        switch call {
        case .submit(let user, let score):
            let old = state[user]
            switch rule {
            case .best: state[user] = old.map { max($0, score) } ?? score
            case .sum: state[user] = (old ?? 0) + score
            case .set: state[user] = score
            }
            let entry = standing(user)!
            return .entry(score: entry.score, rank: entry.rank)
        case .score(let user): return .score(state[user])
        case .rank(let user): return .standing(standing(user))
        case .top(let count):
            let all = (0..<4).compactMap(standing).sorted { ($1.score, $0.user) < ($0.score, $1.user) }
            return .top(Array(all.prefix(count)))
        }
    }
}

extension History {
    /// Gives one operation another's answer, as a store that mixes things up would.
    mutating func change(using random: inout SplitMix64) {
        let answered = operations.indices.filter { !operations[$0].isUnknown }
        guard answered.count > 1 else { return }
        let (one, other) = (random.pick(answered), random.pick(answered))
        guard let answer = operations[other].answer else { return }
        operations[one].outcome = .answered(answer, at: operations[one].end)
    }
}

extension History.Operation {
    var isUnknown: Bool { if case .unknown = outcome { true } else { false } }
    var answer: Answer? { if case .answered(let answer, _) = outcome { answer } else { nil } }
    var end: Int { if case .answered(_, let end) = outcome { end } else { .max } }
}
