import Synchronization

/// What a node owes, kept outside of it: every acknowledged score, every score of which nobody knows, and what readers
/// have seen.
struct Ledger {
    /// One entry of a ranking that a submission changes. Rankings over all years follow from these.
    struct Account: Hashable {
        var board: TortureBoard
        var user: Int
        var year: Int
    }

    private struct Balance {
        var settled: Int?
        /// May have been entered or not, each by itself.
        var open: [Int] = []

        /// Every value that would be right.
        func possible(isSum: Bool) -> Set<Int?> {
            open.reduce(into: [settled]) { values, amount in
                values.formUnion(values.map { isSum ? ($0 ?? 0) + amount : max($0 ?? 0, amount) })
            }
        }
    }

    private var balances: [Account: Balance] = [:]
    /// Requests with a key that have not been answered for all of their submissions; sent again until they are.
    private(set) var pending: [(request: LoadRequest, isAcknowledged: [Bool])] = []
    /// Some that were answered, to be sent again all the same.
    private(set) var answered: [LoadRequest] = []
    /// All-time scores that a reader was shown: they must have been durable.
    private var seen: [Account: Int] = [:]

    private(set) var acknowledgedCount = 0
    private(set) var openCount = 0
    private(set) var repeatedCount = 0

    /// Enters what became of a request.
    mutating func enter(_ request: LoadRequest, _ fates: [LoadAnswer.Fate]) {
        for (submission, fate) in zip(request.submissions, fates) {
            switch fate {
            case .acknowledged: acknowledge(submission)
            case .acknowledgedBefore, .refused: break
            // With a key it will be known once it was sent again.
            case .open where request.key == nil:
                openCount += 1
                balances[Account(submission), default: Balance()].open.append(submission.amount)
            case .open: break
            }
        }
        guard request.key != nil else { return }
        if fates.allSatisfy({ $0 == .acknowledged }) {
            if answered.count < 8 { answered.append(request) }
        } else {
            pending.append((request, fates.map { $0 == .acknowledged }))
        }
    }

    mutating func acknowledge(_ submission: Submission) {
        acknowledgedCount += 1
        let (old, new) = (balances[Account(submission)]?.settled, submission.amount)
        balances[Account(submission), default: Balance()].settled =
            submission.board.isSum ? (old ?? 0) + new : max(old ?? 0, new)
    }

    mutating func see(_ board: TortureBoard, user: Int, score: Int) {
        let account = Account(board: board, user: user, year: 0)
        seen[account] = max(seen[account] ?? 0, score)
    }

    /// Everything that was sent with a key and not answered has now been answered.
    mutating func settlePending() {
        for (request, isAcknowledged) in pending {
            repeatedCount += 1
            for (submission, isAcknowledged) in zip(request.submissions, isAcknowledged) where !isAcknowledged {
                acknowledge(submission)
            }
        }
        pending = []
        answered = []
    }

    /// What a node that holds `state` has lost, or has too much.
    func problems(in state: TortureState, exceptFor others: Set<Account> = []) -> [String] {
        var problems: [String] = []
        for (account, balance) in balances where !others.contains(account) {
            let value = state.seasons[account]
            if !balance.possible(isSum: account.board.isSum).contains(value) {
                problems.append(
                    "\(account): \(value.map(String.init) ?? "nothing"), though \(balance.settled ?? 0) was acknowledged"
                        + (balance.open.isEmpty ? "" : " and \(balance.open) may have been entered"))
            }
        }
        for account in state.seasons.keys where balances[account] == nil && !others.contains(account) {
            problems.append("\(account): \(state.seasons[account]!), though nothing was sent")
        }
        for (account, score) in seen where state.allTime[account] ?? 0 < score {
            problems.append("\(account): \(state.allTime[account] ?? 0), though \(score) was shown")
        }
        return problems.sorted()
    }

    /// What was open is known now.
    mutating func adopt(_ state: TortureState) {
        for account in Array(balances.keys) { balances[account] = Balance(settled: state.seasons[account]) }
    }
}

extension Ledger.Account {
    init(_ submission: Submission) {
        self.init(board: submission.board, user: submission.user, year: submission.year)
    }
}

/// A ledger that the connections of a load write into.
final class SharedLedger: Sendable {
    private let ledger: Mutex<Ledger>

    init(_ ledger: Ledger) { self.ledger = Mutex(ledger) }

    var value: Ledger { ledger.withLock { $0 } }

    @discardableResult
    func update<Result: Sendable>(_ body: (inout sending Ledger) -> sending Result) -> Result {
        ledger.withLock { body(&$0) }
    }
}
