import Sharding
import TestSupport
import Testing

/// Whose turn it is: nobody waits for all that somebody else wants.
@Suite("Fair queue")
struct FairQueueTests {
    private let bounds = FairQueue.Bounds(quantum: 10, countOfProjectMax: 20, countMax: 50)

    /// A whole turn.
    private func takeTurn(_ queue: inout FairQueue) -> [UInt64] {
        queue.beginTurn()
        var served: [UInt64] = []
        while let ticket = queue.next() { served.append(ticket) }
        return served
    }

    private func arrive(_ project: String, _ cost: Int, _ queue: inout FairQueue) -> FairQueueTwin.Answer {
        if queue.admits(project, cost: cost) { return .now }
        guard let ticket = queue.enter(project, cost: cost) else { return .never }
        return .later(ticket)
    }

    @Test("up to a quantum is done at once, what is beyond waits, and so does all that comes behind it")
    func quantum() {
        var queue = FairQueue(bounds)
        #expect(arrive("a", 6, &queue) == .now)
        #expect(arrive("a", 5, &queue) == .later(1))
        #expect(arrive("a", 1, &queue) == .later(2), "though there would be credit for it")
        #expect(arrive("b", 10, &queue) == .now, "somebody else's quantum is his own")
        #expect(takeTurn(&queue) == [1, 2])
        #expect(queue.isEmpty)
        #expect(arrive("a", 8, &queue) == .now, "what was left over")
        #expect(arrive("a", 1, &queue) == .later(3))
    }

    @Test("a project that floods is served a quantum in each turn, in turns with the others")
    func roundRobin() {
        var queue = FairQueue(bounds)
        #expect(arrive("a", 10, &queue) == .now)
        for ticket in 1...6 { #expect(arrive("a", 5, &queue) == .later(UInt64(ticket))) }
        #expect(arrive("b", 10, &queue) == .now)
        for ticket in 7...8 { #expect(arrive("b", 5, &queue) == .later(UInt64(ticket))) }
        #expect(takeTurn(&queue) == [1, 2, 7, 8])
        #expect(takeTurn(&queue) == [3, 4])
        #expect(takeTurn(&queue) == [5, 6])
        #expect(takeTurn(&queue) == [])
    }

    @Test("what costs more than a quantum has its turn as well, at once if nobody else wants anything")
    func largeCost() {
        var queue = FairQueue(bounds)
        #expect(arrive("a", 35, &queue) == .later(1))
        #expect(takeTurn(&queue) == [1])
        #expect(arrive("a", 35, &queue) == .later(2))
        #expect(arrive("b", 9, &queue) == .now)
        for ticket in 3...5 { #expect(arrive("b", 9, &queue) == .later(UInt64(ticket))) }
        #expect(takeTurn(&queue) == [3])
        #expect(takeTurn(&queue) == [4])
        #expect(takeTurn(&queue) == [2, 5])
    }

    @Test("both bounds are reached, and not passed")
    func bounded() {
        var queue = FairQueue(bounds)
        for project in ["a", "b", "c"] { #expect(arrive(project, 10, &queue) == .now) }
        for project in ["a", "b"] {
            for _ in 0..<20 { #expect(arrive(project, 1, &queue) != .never) }
            #expect(arrive(project, 1, &queue) == .never)
        }
        for _ in 0..<10 { #expect(arrive("c", 1, &queue) != .never) }
        #expect(arrive("c", 1, &queue) == .never)
        #expect(queue.count == 50)
        let all = queue.removeAll()
        #expect(all == Array(1...50) && queue.isEmpty)
        #expect(takeTurn(&queue) == [])
        #expect(arrive("c", 11, &queue) == .later(51))
    }

    @Test("projects that come and go are forgotten, and those that wait are not")
    func forgetting() {
        var queue = FairQueue(bounds)
        #expect(arrive("first", 13, &queue) == .later(1))
        for number in 0..<5000 { #expect(arrive("project-\(number)", 10, &queue) == .now) }
        #expect(arrive("first", 3, &queue) == .later(2))
        #expect(takeTurn(&queue) == [1, 2])
    }

    @Test("it does what its twin does, whatever comes", arguments: 1...40 as ClosedRange<UInt64>)
    func twin(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bounds = FairQueue.Bounds(
            quantum: 1 + random.below(12), countOfProjectMax: 1 + random.below(10), countMax: 1 + random.below(30))
        var (queue, twin) = (FairQueue(bounds), FairQueueTwin(bounds))
        for step in 0..<600 {
            if random.chance(6) {
                let (served, expected) = (takeTurn(&queue), twin.takeTurn().map(\.ticket))
                #expect(served == expected, "seed \(seed), step \(step)")
                continue
            }
            let (project, cost) = (random.pick(["a", "b", "c", "d"]), 1 + random.below(15))
            let (answer, expected) = (arrive(project, cost, &queue), twin.arrive(project, cost: cost))
            #expect(answer == expected, "seed \(seed), step \(step)")
            #expect(queue.count == twin.waiting.count)
        }
    }

    @Test(
        "nobody starves, shares differ by a quantum at most, and order is kept",
        arguments: 100...119 as ClosedRange<UInt64>)
    func shares(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let quantum = 5 + random.below(20)
        let costMax = 1 + random.below(quantum)
        var queue = FairQueue(FairQueue.Bounds(quantum: quantum, countOfProjectMax: 10_000, countMax: 100_000))
        let projects = (0..<5).map { "project-\($0)" }
        var (owners, costs) = ([UInt64: String](), [UInt64: Int]())
        for project in projects {
            while queue.admits(project, cost: costMax) {}
            for _ in 0..<(400 + random.below(200)) {
                let cost = 1 + random.below(costMax)
                guard let ticket = queue.enter(project, cost: cost) else { continue }
                owners[ticket] = project
                costs[ticket] = cost
            }
        }
        var (spent, last) = ([String: Int](), [String: UInt64]())
        var left = Dictionary(grouping: owners.values) { $0 }.mapValues(\.count)
        for turn in 1...10 {
            for ticket in takeTurn(&queue) {
                let project = owners[ticket]!
                #expect(ticket > last[project, default: 0], "seed \(seed)")
                last[project] = ticket
                spent[project, default: 0] += costs[ticket]!
                left[project]! -= 1
            }
            // All still have something waiting: 400 pieces of 1 at least, 10 quanta of 24 at most.
            #expect(left.values.allSatisfy { $0 > 0 })
            for project in projects {
                // A quantum for each turn, and less than the costliest piece carried over on either side.
                #expect(abs(spent[project, default: 0] - turn * quantum) <= costMax, "seed \(seed), turn \(turn)")
            }
        }
        var turns = 0
        while !queue.isEmpty {
            let served = takeTurn(&queue)
            #expect(!served.isEmpty, "seed \(seed)")
            turns += 1
        }
        #expect(turns <= 600 * costMax / quantum + 1)
    }
}
