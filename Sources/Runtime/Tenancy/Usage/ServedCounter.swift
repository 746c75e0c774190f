internal import Synchronization

/// What was let in for a project and is not in the log yet.
///
/// Two additions that nobody waits for; for a batch of commands one of each.
final class ServedCounter: Sendable {
    private let requests = Atomic<UInt64>(0)
    private let reads = Atomic<UInt64>(0)

    func count(requests: Int) { self.requests.add(UInt64(requests), ordering: .relaxed) }
    func count(reads: Int) { self.reads.add(UInt64(reads), ordering: .relaxed) }

    /// Gives it to who reports it, once.
    func take() -> (requests: UInt64, reads: UInt64) {
        (requests.exchange(0, ordering: .relaxed), reads.exchange(0, ordering: .relaxed))
    }

    func putBack(requests: UInt64, reads: UInt64) {
        self.requests.add(requests, ordering: .relaxed)
        self.reads.add(reads, ordering: .relaxed)
    }
}
