/// When the next attempt to connect may be made, after some that failed.
///
/// Between two attempts, and while one is under way, calls fail at once: so a server that is gone costs nobody time. One call
/// in a while tries again, so no task has to watch for it coming back.
struct Backoff {
    let bounds: ClosedRange<Duration>
    private var failureCount = 0
    private var next: ContinuousClock.Instant?
    private var isTrying = false

    init(bounds: ClosedRange<Duration>) { self.bounds = bounds }

    /// Whether to try now. Whoever is told so tells the end by `succeeded` or `failed`.
    mutating func mayTry(at now: ContinuousClock.Instant) -> Bool {
        // While all is well, connections are made as they are needed.
        guard let next else { return true }
        guard !isTrying, now >= next else { return false }
        isTrying = true
        return true
    }

    mutating func succeeded() {
        failureCount = 0
        next = nil
        isTrying = false
    }

    /// - Parameter chance: 0 to 1. Nodes that lost the server together don't come back together.
    mutating func failed(at now: ContinuousClock.Instant, chance: Double) {
        var wait = bounds.lowerBound
        for _ in 0..<min(failureCount, 20) where wait < bounds.upperBound { wait *= 2 }
        wait = min(wait, bounds.upperBound)
        failureCount += 1
        next = now + wait * (0.5 + chance / 2)
        isTrying = false
    }
}
