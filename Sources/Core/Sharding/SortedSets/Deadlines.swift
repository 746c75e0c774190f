import Leaderboards

/// The plain sets that have a deadline, the earliest first, whether they are in memory or on disk only.
///
/// A binary heap that knows where each set stands in it, so that a deadline can be moved a thousand times without leaving
/// anything behind. Invariant: nobody's deadline is earlier than its parent's, and `places` says where each set stands.
struct Deadlines {
    private var heap: [(deadline: Timestamp, number: UInt32)] = []
    private var places: [UInt32: Int] = [:]

    var memoryBytes: Int { heap.capacity * 16 + places.capacity * 24 }
    var earliest: Timestamp? { heap.first?.deadline }

    /// The deadline of a set, by its number.
    subscript(number: UInt32) -> Timestamp? {
        get { places[number].map { heap[$0].deadline } }
        set {
            switch (places[number], newValue) {
            case (let place?, let deadline?):
                heap[place].deadline = deadline
                settle(place)
            case (nil, let deadline?):
                heap.append((deadline, number))
                settle(heap.count - 1)
            case (let place?, nil): remove(at: place)
            case (nil, nil): break
            }
        }
    }

    func isOver(_ number: UInt32, at now: Timestamp) -> Bool {
        guard let earliest, earliest <= now, let deadline = self[number] else { return false }
        return deadline <= now
    }

    /// Sets whose deadline has come, so many at most, in the order of their numbers.
    func due(at now: Timestamp, countMax: Int = .max) -> [UInt32] {
        var (due, unvisited) = ([UInt32](), [0])
        while due.count < countMax, let place = unvisited.popLast() {
            // What stands below in the heap is later still.
            guard place < heap.count, heap[place].deadline <= now else { continue }
            due.append(heap[place].number)
            unvisited += [2 * place + 2, 2 * place + 1]
        }
        return due.sorted()
    }

    private mutating func remove(at place: Int) {
        places[heap[place].number] = nil
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        settle(place)
    }

    /// Moves what stands at a place up or down to where it belongs.
    private mutating func settle(_ start: Int) {
        let moved = heap[start]
        var place = start
        while place > 0, moved.deadline < heap[(place - 1) / 2].deadline {
            put(heap[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        while let child = earlierChild(of: place), heap[child].deadline < moved.deadline {
            put(heap[child], at: place)
            place = child
        }
        put(moved, at: place)
    }

    private func earlierChild(of place: Int) -> Int? {
        let (left, right) = (2 * place + 1, 2 * place + 2)
        guard left < heap.count else { return nil }
        return right < heap.count && heap[right].deadline < heap[left].deadline ? right : left
    }

    private mutating func put(_ entry: (deadline: Timestamp, number: UInt32), at place: Int) {
        heap[place] = entry
        places[entry.number] = place
    }
}
