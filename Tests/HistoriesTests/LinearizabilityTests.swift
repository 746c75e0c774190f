import Histories
import TestSupport
import Testing

typealias BoardHistory = History<LeaderboardModel.Call, LeaderboardModel.Answer>

/// Each history here is wrong in one way, or looks wrong and isn't.
@Suite("Linearizability of a leaderboard")
struct LinearizabilityTests {
    private typealias Standing = LeaderboardModel.Standing

    private func check(
        _ rule: LeaderboardModel.Rule = .sum, users: Int = 3, placesMax: Int = 100_000,
        _ build: (inout BoardHistory) -> Void
    ) -> Verdict {
        var history = BoardHistory()
        build(&history)
        return LinearizabilityChecker(LeaderboardModel(rule, users: users), history, placesMax: placesMax).check()
    }

    private func isImpossible(_ verdict: Verdict) -> Bool {
        if case .impossible = verdict { true } else { false }
    }

    @Test("What one client sees alone is right, with each rule")
    func sequential() {
        for (rule, scores) in [(LeaderboardModel.Rule.best, [5, 5]), (.sum, [5, 8]), (.set, [5, 3])] {
            let verdict = check(rule) { history in
                history.add(.submit(user: 0, score: 5), .entry(score: scores[0], rank: 1), from: 1)
                history.add(.submit(user: 0, score: 3), .entry(score: scores[1], rank: 1), from: 3)
                history.add(.score(user: 0), .score(scores[1]), from: 5)
                history.add(.score(user: 1), .score(nil), from: 7)
                history.add(.rank(user: 2), .standing(nil), from: 9)
            }
            #expect(verdict == .linearizable, "\(rule)")
        }
    }

    @Test("A lost write is found: acknowledged, and no later read shows it")
    func lostWrite() {
        let verdict = check { history in
            history.add(.submit(user: 0, score: 5), .entry(score: 5, rank: 1), from: 1)
            history.add(.submit(user: 0, score: 2), .entry(score: 7, rank: 1), from: 3)
            history.add(.score(user: 0), .score(5), from: 5)
        }
        #expect(isImpossible(verdict))
    }

    @Test("A write done twice is found, acknowledged or unknown")
    func twice() {
        for answer in [LeaderboardModel.Answer.entry(score: 5, rank: 1), nil] {
            let verdict = check { history in
                history.add(.submit(user: 0, score: 5), answer, from: 1)
                history.add(.score(user: 0), .score(10), from: 3)
            }
            #expect(isImpossible(verdict))
        }
    }

    @Test("A stale read is found, and one at the same time as the write is none")
    func staleRead() {
        func read(at moment: Int) -> Verdict {
            check { history in
                history.add(.submit(user: 0, score: 1), .entry(score: 1, rank: 1), from: 1)
                history.add(client: 1, .submit(user: 0, score: 1), .entry(score: 2, rank: 1), from: 10, to: 20)
                history.add(client: 2, .score(user: 0), .score(1), from: moment, to: moment + 5)
            }
        }
        #expect(read(at: 12) == .linearizable)
        #expect(read(at: 18) == .linearizable)
        #expect(isImpossible(read(at: 21)))
    }

    @Test("Reads that go back are found, though each alone could be explained")
    func readsGoBack() {
        let verdict = check { history in
            history.add(.submit(user: 0, score: 4), .entry(score: 4, rank: 1), from: 1, to: 50)
            history.add(client: 1, .score(user: 0), .score(4), from: 10)
            history.add(client: 2, .score(user: 0), .score(nil), from: 20)
        }
        #expect(isImpossible(verdict))
    }

    @Test("A rank that is off by one is found, in a submission's answer, a rank and a list")
    func rankOffByOne() {
        func history(_ last: (inout BoardHistory) -> Void) -> Verdict {
            check { history in
                history.add(.submit(user: 0, score: 9), .entry(score: 9, rank: 1), from: 1)
                history.add(.submit(user: 1, score: 9), .entry(score: 9, rank: 1), from: 3)
                last(&history)
            }
        }
        for (rank, isRight) in [(2, false), (3, true)] {
            let submitted = history { $0.add(.submit(user: 2, score: 5), .entry(score: 5, rank: rank), from: 5) }
            #expect(isImpossible(submitted) != isRight)
            let asked = history {
                $0.add(.submit(user: 2, score: 5), nil, from: 5)
                $0.add(.rank(user: 2), .standing(Standing(user: 2, score: 5, rank: rank)), from: 7)
            }
            #expect(isImpossible(asked) != isRight)
            let listed = history {
                $0.add(.submit(user: 2, score: 5), nil, from: 5)
                let standings = [(1, 9, 1), (0, 9, 1), (2, 5, rank)].map { Standing(user: $0, score: $1, rank: $2) }
                $0.add(.top(10), .top(standings), from: 7)
            }
            #expect(isImpossible(listed) != isRight)
        }
    }

    @Test("A list that is unsorted, has somebody twice or lacks somebody is found")
    func lists() {
        func list(_ standings: [(Int, Int, Int)], limit: Int = 10) -> Verdict {
            check { history in
                history.add(.submit(user: 0, score: 9), .entry(score: 9, rank: 1), from: 1)
                history.add(.submit(user: 1, score: 7), .entry(score: 7, rank: 2), from: 3)
                history.add(
                    .top(limit), .top(standings.map { Standing(user: $0, score: $1, rank: $2) }), from: 5)
            }
        }
        #expect(list([(0, 9, 1), (1, 7, 2)]) == .linearizable)
        #expect(list([(0, 9, 1)], limit: 1) == .linearizable)
        #expect(isImpossible(list([(1, 7, 2), (0, 9, 1)])))
        #expect(isImpossible(list([(0, 9, 1), (0, 9, 1)])))
        #expect(isImpossible(list([(0, 9, 1)])))
        #expect(isImpossible(list([(1, 7, 2)], limit: 1)))
    }

    @Test("Two histories after a fork can't be one: each owner shows its own writes only")
    func fork() {
        let verdict = check { history in
            history.add(client: 0, .submit(user: 0, score: 1), .entry(score: 1, rank: 1), from: 1)
            // Two owners at once.
            history.add(client: 1, .submit(user: 0, score: 1), .entry(score: 2, rank: 1), from: 10, to: 15)
            history.add(client: 2, .submit(user: 0, score: 1), .entry(score: 2, rank: 1), from: 11, to: 16)
        }
        #expect(isImpossible(verdict))
    }

    @Test("What nobody knows may happen at once, much later or never, but not before it was sent, and once")
    func unknown() {
        func reads(_ scores: Int?...) -> Verdict {
            check { history in
                history.add(.submit(user: 0, score: 3), nil, from: 10)
                for (index, score) in scores.enumerated() {
                    history.add(client: 1, .score(user: 0), .score(score), from: 20 + 2 * index)
                }
            }
        }
        #expect(reads(3, 3) == .linearizable)
        #expect(reads(nil, nil, 3) == .linearizable)
        #expect(reads(nil, nil) == .linearizable)
        #expect(isImpossible(reads(3, nil)))
        #expect(isImpossible(reads(3, 6)))
        let early = check { history in
            history.add(client: 1, .score(user: 0), .score(3), from: 1)
            history.add(.submit(user: 0, score: 3), nil, from: 10)
        }
        #expect(isImpossible(early))
    }

    @Test("What was refused must not show")
    func refused() {
        let recorder = HistoryRecorder<LeaderboardModel.Call, LeaderboardModel.Answer>()
        recorder.refuse(recorder.invoke(.submit(user: 0, score: 3), by: 0))
        func verdict(_ score: Int?) -> Verdict {
            var history = recorder.history
            history.add(.score(user: 0), .score(score), from: 10)
            return LinearizabilityChecker(LeaderboardModel(.sum, users: 1), history).check()
        }
        #expect(verdict(nil) == .linearizable)
        #expect(isImpossible(verdict(3)))
    }

    @Test("A search that grows beyond its bound says that it decided nothing")
    func bound() {
        let verdict = check(users: 1, placesMax: 1000) { history in
            for number in 0..<40 { history.add(client: number, .submit(user: 0, score: 1 << number), nil, from: 1) }
            history.add(client: 99, .score(user: 0), .score(-1), from: 10)
        }
        #expect(verdict == .undecided)
    }

    // MARK: Against a dumb twin

    @Test("Histories that were made in some order are found to be so; with many clients, and some who never hear")
    func madeHistories() {
        for seed in 0..<30 as Range<UInt64> {
            var maker = HistoryMaker(seed: seed, clients: 5, operations: 120)
            let model = LeaderboardModel(maker.rule, users: 4)
            #expect(LinearizabilityChecker(model, maker.make()).check() == .linearizable, "seed \(seed)")
        }
    }

    @Test("Of short histories with a changed answer the search says what trying every order says")
    func twin() {
        var impossible = 0
        for seed in 0..<400 as Range<UInt64> {
            var maker = HistoryMaker(seed: seed, clients: 3, operations: 6)
            var history = maker.make()
            var random = SplitMix64(seed: seed)
            history.change(using: &random)
            let model = LeaderboardModel(maker.rule, users: 4)
            let due = everyOrder(model, history)
            impossible += due ? 0 : 1
            #expect((LinearizabilityChecker(model, history).check() == .linearizable) == due, "seed \(seed)")
        }
        #expect(impossible > 100 && impossible < 400)
    }

    /// Tries all orders.
    private func everyOrder(_ model: LeaderboardModel, _ history: BoardHistory) -> Bool {
        func goOn(_ left: [BoardHistory.Operation], _ state: LeaderboardModel.State) -> Bool {
            if left.allSatisfy({ $0.isUnknown }) { return true }
            for (index, operation) in left.enumerated() {
                var others = left
                others.remove(at: index)
                guard others.allSatisfy({ $0.end >= operation.invoked }) else { continue }
                if let state = model.step(state, operation.call, operation.answer), goOn(others, state) { return true }
            }
            return false
        }
        return goOn(history.operations, model.initial)
    }
}
