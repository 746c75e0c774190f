/// The requests that are on their way, and those that still listen for late replies.
struct RequestTable {
    struct Entry {
        var subject: String
        var replies: Request.Replies
        var timeout: Duration
        var deadline: ContinuousClock.Instant
        var lingers: Bool
        /// It had its outcome.
        var isEnded = false
    }

    private var entries: [RequestID: Entry] = [:]
    /// A heap by deadline. What was removed or moved since stays until it comes up.
    private var deadlines: [(deadline: ContinuousClock.Instant, id: RequestID)] = []

    var count: Int { entries.count }
    subscript(id: RequestID) -> Entry? { entries[id] }

    mutating func insert(_ id: RequestID, _ entry: Entry) {
        entries[id] = entry
        push(entry.deadline, id)
    }

    /// Takes the request out, or keeps it for late replies if it wants them.
    mutating func end(_ id: RequestID) {
        if entries[id]?.lingers == true { entries[id]!.isEnded = true } else { entries[id] = nil }
    }

    mutating func remove(_ id: RequestID) { entries[id] = nil }

    mutating func removeAll() {
        entries = [:]
        deadlines = []
    }

    mutating func postpone(_ id: RequestID, from now: ContinuousClock.Instant) {
        guard let entry = entries[id] else { return }
        entries[id]!.deadline = now + entry.timeout
    }

    /// All that have no outcome yet, oldest first.
    var waiting: [RequestID] { entries.filter { !$0.value.isEnded }.keys.sorted() }

    func waiting(on subject: String) -> [RequestID] {
        entries.filter { !$0.value.isEnded && $0.value.subject == subject }.keys.sorted()
    }

    // MARK: Deadlines

    /// When the next one is due, or may be.
    var nextDeadline: ContinuousClock.Instant? { deadlines.first?.deadline }

    /// Takes one that is due off the heap.
    mutating func popDue(at now: ContinuousClock.Instant) -> RequestID? {
        while let first = deadlines.first, first.deadline <= now {
            pop()
            guard let entry = entries[first.id], !entry.isEnded else { continue }
            if entry.deadline <= now { return first.id }
            push(entry.deadline, first.id)
        }
        // Most requests are answered long before: their deadlines would keep waking us for nothing.
        while let first = deadlines.first, entries[first.id].map({ $0.isEnded }) ?? true { pop() }
        return nil
    }

    private mutating func push(_ deadline: ContinuousClock.Instant, _ id: RequestID) {
        deadlines.append((deadline, id))
        var child = deadlines.count - 1
        while child > 0, deadlines[child].deadline < deadlines[(child - 1) / 2].deadline {
            deadlines.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() {
        deadlines.swapAt(0, deadlines.count - 1)
        deadlines.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < deadlines.count && deadlines[child].deadline < deadlines[least].deadline { least = child }
            if least == parent { return }
            deadlines.swapAt(parent, least)
            parent = least
        }
    }
}
