internal import CommitLogs
internal import Leaderboards

/// As of when a reader of a log has everything: the last moment at which the log is known to have ended where the reader has come to.
///
/// Moments are this node's own, by `NodeClock.uptime`, and those before the log was asked: so what follows from them may be too old, and
/// is never too young.
struct LogCompleteness {
    /// Nil if nothing is known yet.
    private(set) var time: Duration?
    /// Everything before it was read.
    private var next = LogPosition.start
    /// Ends of the log beyond what was read, oldest first.
    private var ends: [(last: LogPosition, time: Duration)] = []

    static let endCountMax = 64

    mutating func read(upTo next: LogPosition) {
        self.next = max(self.next, next)
        while let end = ends.first, end.last < self.next {
            note(end.time)
            ends.removeFirst()
        }
    }

    /// The log's last record was this one, or there was none, and everything that was acknowledged before `time` is in it.
    mutating func ended(at last: LogPosition?, as time: Duration) {
        guard let last, last >= next else { return note(time) }
        // A reader who is far behind has use for the oldest, and for one newer one.
        if ends.count == Self.endCountMax { ends.removeLast() }
        ends.append((last, time))
    }

    private mutating func note(_ time: Duration) { self.time = max(self.time ?? time, time) }
}
