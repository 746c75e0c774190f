/// A request that is due, with the time for which it was scheduled.
package struct DueRequest: Hashable, Sendable {
    /// Nanoseconds from the start of the run.
    package var scheduled: Int64
    /// How many came before it.
    package var number: Int
}

/// Who waits in an open loop: requests whose time has come and that found no free connection.
///
/// A request's latency counts from its scheduled time, so what it waits here is the server's doing and is seen. Leaving
/// it out, as a loop does that sends the next request after the last answer, is called coordinated omission.
/// Invariant: requests leave in the order of their times, each once.
package struct OpenLoopQueue: Sendable {
    /// More wait nowhere: by then the server is far behind, and the run says so.
    package static let waitingMax = 1 << 22

    private var schedule: ArrivalSchedule
    private var upcoming: DueRequest?
    private var ring: [DueRequest] = []
    private var head = 0
    package private(set) var waiting = 0
    /// Requests that found the queue full and were never sent.
    package private(set) var droppedCount = 0
    package private(set) var scheduledCount = 0
    private let capacity: Int

    package init(_ schedule: ArrivalSchedule, waitingMax: Int = Self.waitingMax) {
        self.schedule = schedule
        capacity = waitingMax
        ring = [DueRequest](repeating: DueRequest(scheduled: 0, number: 0), count: 1024)
        upcoming = self.schedule.next().map { DueRequest(scheduled: $0, number: 0) }
    }

    /// When the next request is due; nil after the last.
    package var nextDue: Int64? { upcoming?.scheduled }

    package var isFinished: Bool { upcoming == nil && waiting == 0 }

    /// Lets in what is due by `now`.
    package mutating func advance(to now: Int64) {
        while let request = upcoming, request.scheduled <= now {
            scheduledCount += 1
            upcoming = schedule.next().map { DueRequest(scheduled: $0, number: request.number + 1) }
            if waiting == capacity {
                droppedCount += 1
                continue
            }
            if waiting == ring.count { grow() }
            ring[(head + waiting) & (ring.count - 1)] = request
            waiting += 1
        }
    }

    /// The one that waits longest.
    package mutating func take() -> DueRequest? {
        guard waiting > 0 else { return nil }
        defer {
            head = (head + 1) & (ring.count - 1)
            waiting -= 1
        }
        return ring[head]
    }

    private mutating func grow() {
        var larger = [DueRequest](repeating: ring[0], count: ring.count * 2)
        for place in 0..<waiting { larger[place] = ring[(head + place) & (ring.count - 1)] }
        ring = larger
        head = 0
    }
}
