/// Divides what is counted since the beginning among the days on which it was counted.
///
/// Invariant: the sum of all days, those in the database among them, is what had been counted when it was last looked.
struct DailyCount: Sendable {
    private struct Day {
        var count: Int64
        /// So much of it is in the database.
        var written: Int64
    }

    private var counted: Int64
    /// Today, and days of which something is not written yet.
    private var days: [Int: Day]

    /// - Parameters:
    ///   - written: what is in the database, by days
    ///   - first: the earliest day that something may be added to
    init(written: [Int: Int64], from first: Int) {
        counted = written.values.reduce(0, +)
        days = written.filter { $0.key >= first }.mapValues { Day(count: $0, written: $0) }
    }

    /// What is to be written.
    var unwritten: [Int: Int64] { days.filter { $0.value.count != $0.value.written }.mapValues(\.count) }

    /// So much has been counted since the beginning; what is new is that day's. A log that was put back to an earlier state
    /// takes no day's count back.
    mutating func note(_ total: Int64, on day: Int) {
        guard total > counted else { return }
        days[day, default: Day(count: 0, written: 0)].count += total - counted
        counted = total
    }

    /// All was written. Of today the number is needed further.
    mutating func noteWritten(today: Int) {
        days = days.filter { $0.key >= today }.mapValues { Day(count: $0.count, written: $0.count) }
    }

    /// Adds the oldest days to the ones behind them until there are so few.
    mutating func limit(to countMax: Int) {
        while days.count > max(1, countMax) {
            let oldest = days.removeValue(forKey: days.keys.min()!)!
            days[days.keys.min()!]!.count += oldest.count - oldest.written
        }
    }
}
