/// Whose turn it is at a shard, so that a project which asks for a great deal makes nobody else wait for all of it.
///
/// Deficit round robin, by Shreedhar and Varghese, with a short cut. In each turn a project may spend a *quantum*. As long as
/// it has some left its work is done at once, in the order of arrival among all projects. What is beyond waits in a queue of
/// the project's own, and in the following turns the queues are served one after the other, a quantum each; what a project
/// could not spend because its next piece of work costs more, it has in addition the next time.
///
/// A turn lies between two calls of `beginTurn`, which nobody calls while nothing waits: so a project that was alone for a
/// while may find that its quantum is spent, and one piece of its work in a quantum's worth waits for the next turn.
///
/// Knows no work, only tickets for it. Invariant: `ring` names every project that has something waiting, once, or else
/// `served` does.
package struct FairQueue: Sendable {
    package struct Bounds: Sendable, Hashable {
        /// What a project may spend in a turn.
        package var quantum: Int
        /// Pieces of work of one project that wait.
        package var countOfProjectMax: Int
        /// Pieces of work of all projects that wait.
        package var countMax: Int

        package init(quantum: Int, countOfProjectMax: Int, countMax: Int) {
            precondition(quantum > 0)
            self.quantum = quantum
            self.countOfProjectMax = countOfProjectMax
            self.countMax = countMax
        }
    }

    /// Names a piece of work that waits.
    package typealias Ticket = UInt64

    private struct Flow: Sendable {
        let project: String
        /// What it may still spend.
        var credit: Int
        /// The turn that the credit is of.
        var turn: UInt64
        var waiting = Line<(ticket: Ticket, cost: Int)>()
    }

    package let bounds: Bounds
    private var flows: [Flow] = []
    private var places: [String: Int] = [:]
    /// Where the project of the last arrival is: the next one is often the same.
    private var lastPlace = 0
    private var turn: UInt64 = 1
    private var lastTicket: Ticket = 0
    /// Those with something waiting, the next to be served first.
    private var ring = Line<Int>()
    /// Whose queue is being served, and how many come behind it in this round.
    private var served: Int?
    private var roundCount = 0
    private var hasServed = false
    /// How much waits.
    package private(set) var count = 0

    /// Projects that are remembered though nothing of them waits.
    static let idleCountMax = 1024

    package init(_ bounds: Bounds) { self.bounds = bounds }

    package var isEmpty: Bool { count == 0 }

    // MARK: Arriving

    /// Whether work is to be done at once. What costs more than is left waits, and so does all that comes behind it.
    package mutating func admits(_ project: String, cost: Int) -> Bool {
        let place = place(of: project)
        if flows[place].turn != turn, flows[place].waiting.isEmpty {
            flows[place].turn = turn
            flows[place].credit = bounds.quantum
        }
        guard flows[place].waiting.isEmpty, flows[place].credit >= cost else { return false }
        flows[place].credit -= cost
        return true
    }

    /// Lets work wait that was not admitted. Nil if too much waits already.
    package mutating func enter(_ project: String, cost: Int) -> Ticket? {
        let place = place(of: project)
        guard count < bounds.countMax, flows[place].waiting.count < bounds.countOfProjectMax else { return nil }
        if flows[place].waiting.isEmpty, served != place { ring.append(place) }
        lastTicket += 1
        flows[place].waiting.append((lastTicket, cost))
        count += 1
        return lastTicket
    }

    @inline(__always)
    private mutating func place(of project: String) -> Int {
        if lastPlace < flows.count, flows[lastPlace].project == project { return lastPlace }
        return find(project)
    }

    @inline(never)
    private mutating func find(_ project: String) -> Int {
        if let place = places[project] {
            lastPlace = place
            return place
        }
        if flows.count >= Self.idleCountMax + count { forgetIdle() }
        lastPlace = flows.count
        places[project] = lastPlace
        flows.append(Flow(project: project, credit: bounds.quantum, turn: turn))
        return lastPlace
    }

    /// Forgets projects of which nothing waits. They may spend a quantum again, which is no more than they get with the next
    /// turn anyway.
    private mutating func forgetIdle() {
        var moved: [Int: Int] = [:]
        var kept: [Flow] = []
        for (place, flow) in flows.enumerated() where !flow.waiting.isEmpty || place == served {
            moved[place] = kept.count
            kept.append(flow)
        }
        flows = kept
        places = [:]
        for (place, flow) in kept.enumerated() { places[flow.project] = place }
        ring = Line(ring.all.compactMap { moved[$0] })
        served = served.flatMap { moved[$0] }
    }

    // MARK: Being served

    /// Everybody may spend a quantum again.
    package mutating func beginTurn() {
        turn += 1
        if let served, !flows[served].waiting.isEmpty { ring.append(served) }
        served = nil
        roundCount = ring.count
        hasServed = false
    }

    /// The next to be done in this turn; nil when all that wait have had theirs.
    package mutating func next() -> Ticket? {
        while true {
            if let place = served {
                if let cost = flows[place].waiting.first?.cost, cost <= flows[place].credit {
                    flows[place].credit -= cost
                    count -= 1
                    hasServed = true
                    return flows[place].waiting.removeFirst().ticket
                }
                served = nil
                if !flows[place].waiting.isEmpty { ring.append(place) }
            }
            if roundCount == 0 {
                // If everything costs more than a quantum, waiting would help nobody.
                if hasServed || ring.isEmpty { return nil }
                roundCount = ring.count
            }
            roundCount -= 1
            let place = ring.removeFirst()
            served = place
            flows[place].credit += bounds.quantum
            flows[place].turn = turn
        }
    }

    /// All that waits, in the order in which it came; nothing waits any more.
    package mutating func removeAll() -> [Ticket] {
        var all: [Ticket] = []
        for place in flows.indices {
            while !flows[place].waiting.isEmpty { all.append(flows[place].waiting.removeFirst().ticket) }
        }
        (ring, served, roundCount, count) = (Line(), nil, 0, 0)
        return all.sorted()
    }
}

/// A queue whose removal at the front does not move the rest.
private struct Line<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    init(_ elements: [Element] = []) { self.elements = elements }

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }
    var all: ArraySlice<Element> { elements[head...] }

    mutating func append(_ element: Element) { elements.append(element) }

    /// Precondition: it is not empty.
    mutating func removeFirst() -> Element {
        let element = elements[head]
        head += 1
        if isEmpty {
            elements.removeAll(keepingCapacity: elements.capacity <= 64)
            head = 0
        } else if head > 1024, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
