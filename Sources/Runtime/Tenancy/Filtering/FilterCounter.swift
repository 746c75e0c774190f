internal import Admission
internal import Synchronization

/// How often each rule was met in a project, whatever becomes of its settings meanwhile.
///
/// Behind a lock, which only what looks like an attack takes.
final class FilterCounter: Sendable {
    private struct Row: Sendable {
        var counts = FilterCounts()
        /// Not said in the log yet.
        var unsaid: Int64 = 0
        var saidAt: MonotonicTime?
    }

    /// How long the log is silent about a rule after it was named: whoever sends attacks doesn't fill the disk as well.
    static let silenceNanoseconds: UInt64 = 60_000_000_000

    private let rows = Mutex<[FilterRule: Row]>([:])

    var counts: [FilterRule: FilterCounts] { rows.withLock { $0.mapValues(\.counts) } }

    /// Counts each rule of the verdict once. Answers those that the log is to name, with how often they were met since it did.
    func count(
        _ verdict: FilterVerdict, refused: Bool, at now: MonotonicTime
    ) -> [(rule: FilterRule, count: Int64)] {
        let rules = Set(verdict.matches.map(\.rule))
        return rows.withLock { rows in
            var said: [(rule: FilterRule, count: Int64)] = []
            for rule in rules.sorted(by: { $0.rawValue < $1.rawValue }) {
                var row = rows[rule] ?? Row()
                if refused { row.counts.refused += 1 } else { row.counts.reported += 1 }
                row.unsaid += 1
                // Added, not subtracted: another thread may have taken a later time and been here first.
                if row.saidAt.map({ $0.nanoseconds + Self.silenceNanoseconds <= now.nanoseconds }) ?? true {
                    said.append((rule, row.unsaid))
                    row.unsaid = 0
                    row.saidAt = now
                }
                rows[rule] = row
            }
            return said
        }
    }
}
