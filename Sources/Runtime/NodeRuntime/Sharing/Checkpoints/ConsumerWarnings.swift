internal import CommitLogs
internal import Leaderboards

/// What is said of the consumers of one log group that keep it from being cut, and when.
///
/// One that lags holds up many shards in every round, so all of it is one line, and that a minute at most. As long as there is room, a consumer
/// that lags is none of the operator's business.
struct ConsumerWarnings {
    private var heldFor: [String: LogConsumer] = [:]
    private var nextTime: Duration?
    private static let interval: Duration = .seconds(60)

    /// They hold up the cut of a shard in a group that is nearly full.
    mutating func note(_ holders: [LogConsumer]) { for holder in holders { heldFor[holder.name] = holder } }

    /// What is to be said at the end of a round.
    ///
    /// - Parameter problem: why they could not be listed
    mutating func line(log: String, problem: String?, at now: Duration) -> String? {
        defer { heldFor = [:] }
        guard problem != nil || !heldFor.isEmpty else { return nil }
        if let nextTime, now < nextTime { return nil }
        nextTime = now + Self.interval
        if let problem { return "the consumers of \(log) can't be listed, and nothing of it is cut: \(problem)" }
        let holders = heldFor.values.sorted { $0.name < $1.name }.map(\.debt)
        return "\(log) is nearly full and can't be cut further: \(holders.joined(separator: "; "))"
    }
}

extension LogConsumer {
    /// For people.
    package var debt: String {
        guard let floor, let unacknowledgedCount else { return "what consumer \(name) has acknowledged is not known" }
        return "consumer \(name) has not acknowledged \(unacknowledgedCount) records, from position \(floor) on"
    }
}
