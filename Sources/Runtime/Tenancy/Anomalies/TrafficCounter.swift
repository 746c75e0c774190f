internal import Admission
internal import Synchronization

/// What came from a key, or to a project, since it was looked at last.
final class TrafficCounter: Sendable {
    private let requests = Atomic<UInt64>(0)
    private let errors = Atomic<UInt64>(0)

    /// Two additions that nobody waits for. Which interval they fall into matters to nobody.
    func count(_ requests: Int, refused: Int) {
        self.requests.add(UInt64(requests), ordering: .relaxed)
        if refused > 0 { errors.add(UInt64(refused), ordering: .relaxed) }
    }

    func take() -> IntervalCounts {
        IntervalCounts(
            requests: requests.exchange(0, ordering: .relaxed), errors: errors.exchange(0, ordering: .relaxed))
    }
}

extension Subjects {
    /// Counts requests of which some were refused, for the project and the key.
    func count(_ requests: Int, refused: Int) {
        project.state.traffic.count(requests, refused: refused)
        key?.use.traffic.count(requests, refused: refused)
    }
}
