import Sharding

/// What `FairQueue` is to do, told without any structure: lists that are searched from the start.
struct FairQueueTwin {
    struct Waiting: Equatable {
        let ticket: UInt64
        let project: String
        let cost: Int
    }

    let bounds: FairQueue.Bounds
    private var credits: [String: Int] = [:]
    /// In the order of arrival.
    private(set) var waiting: [Waiting] = []
    /// Projects with something waiting, in the order in which they are served.
    private var order: [String] = []
    private var lastTicket: UInt64 = 0

    init(_ bounds: FairQueue.Bounds) { self.bounds = bounds }

    enum Answer: Equatable { case now, later(UInt64), never }

    mutating func arrive(_ project: String, cost: Int) -> Answer {
        let own = waiting.filter { $0.project == project }
        if own.isEmpty, credits[project, default: bounds.quantum] >= cost {
            credits[project, default: bounds.quantum] -= cost
            return .now
        }
        if waiting.count >= bounds.countMax || own.count >= bounds.countOfProjectMax { return .never }
        if own.isEmpty { order.append(project) }
        lastTicket += 1
        waiting.append(Waiting(ticket: lastTicket, project: project, cost: cost))
        return .later(lastTicket)
    }

    /// A whole turn: who is served in it.
    mutating func takeTurn() -> [Waiting] {
        for project in credits.keys where !order.contains(project) { credits[project] = nil }
        var served: [Waiting] = []
        while served.isEmpty, !order.isEmpty {
            for project in order {
                credits[project, default: bounds.quantum] += bounds.quantum
                while let place = waiting.firstIndex(where: { $0.project == project }),
                    waiting[place].cost <= credits[project]!
                {
                    credits[project]! -= waiting[place].cost
                    served.append(waiting.remove(at: place))
                }
                // To the end, if something is left.
                order.removeFirst()
                if waiting.contains(where: { $0.project == project }) { order.append(project) }
            }
        }
        return served
    }
}
