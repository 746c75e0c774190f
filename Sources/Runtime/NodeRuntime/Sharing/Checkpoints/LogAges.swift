package import Leaderboards

/// How old a log is where: its end as it was now and then.
///
/// Records don't say when they were written, and a process only knows what it has seen. So after a start nothing counts as old
/// until the process has run for so long; until then the log is cut by its size alone, or by what other nodes have seen.
package struct LogAges: Sendable {
    private let keep: Duration
    private var samples: [(time: Duration, end: LogPosition)] = []
    private static let sampleCountMax = 64

    package init(keep: Duration) { self.keep = keep }

    /// The log ends before `end` now.
    package mutating func note(end: LogPosition, at now: Duration) {
        if let last = samples.last, now - last.time < keep / (Self.sampleCountMax / 2) { return }
        samples.append((now, end))
        // One of those that are too old is enough.
        while samples.count > 1, samples[1].time <= now - keep { samples.removeFirst() }
    }

    /// What lies below is older than is to be kept; nil if nothing is known to be.
    package func aged(at now: Duration) -> LogPosition? { samples.last { $0.time <= now - keep }?.end }
}
