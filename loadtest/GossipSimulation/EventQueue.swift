/// What will happen, soonest first; of what happens at once, what was planned first.
struct EventQueue<Event> {
    private struct Entry {
        var time: Int64
        var order: UInt64
        var event: Event

        func precedes(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var order: UInt64 = 0

    var nextTime: Int64? { entries.first?.time }

    mutating func add(_ event: Event, at time: Int64) {
        order += 1
        entries.append(Entry(time: time, order: order, event: event))
        var index = entries.count - 1
        while index > 0, entries[index].precedes(entries[(index - 1) / 2]) {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func removeFirst() -> (time: Int64, event: Event)? {
        guard let first = entries.first else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < entries.count && entries[child].precedes(entries[least]) { least = child }
            guard least != index else { break }
            entries.swapAt(index, least)
            index = least
        }
        return (first.time, first.event)
    }
}
