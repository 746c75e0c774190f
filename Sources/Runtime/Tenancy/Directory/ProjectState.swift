internal import Admission
internal import ControlPlane
internal import Leaderboards
internal import Synchronization

/// What is counted and remembered of a project, whatever becomes of its settings meanwhile.
final class ProjectState: Sendable {
    let identity: RateIdentity
    let month = MonthCounter()
    let nonces = Mutex(NonceTable())
    let traffic = TrafficCounter()
    let served = ServedCounter()
    let filtered = FilterCounter()

    init(identity: RateIdentity) { self.identity = identity }
}

/// The requests of a month.
///
/// Counts this node's own from its start on, and is told now and then how many there were on all nodes, as far as that has
/// been written down: the greater number counts. So requests are never counted twice, and those of other nodes a little late.
final class MonthCounter: Sendable {
    private struct Counted: Sendable {
        var month = Int64.min
        var requests: Int64 = 0

        mutating func begin(_ month: Int64) {
            if self.month != month { self = Counted(month: month) }
        }
    }

    private let counted = Mutex(Counted())

    /// Counts more. False if that would be more than `limit`: nothing is counted then.
    func add(_ requests: Int, atMost limit: Int64, at now: Timestamp) -> Bool {
        counted.withLock { counted in
            counted.begin(now.month)
            guard counted.requests + Int64(requests) <= limit else { return false }
            counted.requests += Int64(requests)
            return true
        }
    }

    /// So many were counted everywhere.
    func note(_ total: Int64, in month: Int64) {
        counted.withLock { counted in
            counted.begin(month)
            counted.requests = max(counted.requests, total)
        }
    }
}

extension Timestamp {
    /// Months since January of the year 0, UTC.
    var month: Int64 {
        let date = CivilTime(self).date
        return Int64(date.year) * 12 + Int64(date.month) - 1
    }

    /// Days since 1970-01-01, UTC. Precondition: not before.
    var day: Int { Int(milliseconds / 86_400_000) }
}
