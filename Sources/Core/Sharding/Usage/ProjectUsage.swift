/// What a project did and what it has: in one shard, or in all of a node's.
package struct ProjectUsage: Hashable, Sendable {
    package var counters = UsageCounters()
    package var holdings = Holdings()

    package init(counters: UsageCounters = UsageCounters(), holdings: Holdings = Holdings()) {
        self.counters = counters
        self.holdings = holdings
    }

    package static func += (sum: inout ProjectUsage, other: ProjectUsage) {
        sum.counters += other.counters
        sum.holdings += other.holdings
    }
}

/// What a project did, ever since it was first counted. Changed by operations and by nothing else, so that a replay comes
/// to the same numbers.
package struct UsageCounters: Hashable, Sendable {
    /// Submissions that changed the all-time entry, over HTTP or as a ZADD to a leaderboard with a definition.
    package var scoresAccepted: UInt64 = 0
    /// Submissions whose outcome stands in a record, and which left the all-time entry as it was. What a shard refuses for
    /// a mistake in it becomes part of no record, and is not counted.
    package var scoresUnchanged: UInt64 = 0
    /// Entries of plain sets that were added, changed or taken away one by one.
    package var setEntriesChanged: UInt64 = 0
    /// Plain sets are among them.
    package var leaderboardsCreated: UInt64 = 0
    package var leaderboardsDeleted: UInt64 = 0
    /// What gateways said that they did for the project.
    package var readsReported: UInt64 = 0
    package var requestsReported: UInt64 = 0

    package init() {}

    package static func += (sum: inout UsageCounters, other: UsageCounters) {
        for counter in all { sum[keyPath: counter] &+= other[keyPath: counter] }
    }

    /// In the order in which they are stored.
    static var all: [WritableKeyPath<UsageCounters, UInt64>] {
        [
            \.scoresAccepted, \.scoresUnchanged, \.setEntriesChanged, \.leaderboardsCreated, \.leaderboardsDeleted,
            \.readsReported, \.requestsReported,
        ]
    }
}

/// What a project has.
package struct Holdings: Hashable, Sendable {
    /// Plain sets are among them.
    package var leaderboards = 0
    /// Rows of all boards: all-time, open and sealed seasons.
    package var entries = 0
    /// By the measure of `StoredBytes`.
    package var storedBytes = 0

    package init(leaderboards: Int = 0, entries: Int = 0, storedBytes: Int = 0) {
        self.leaderboards = leaderboards
        self.entries = entries
        self.storedBytes = storedBytes
    }

    package static func += (sum: inout Holdings, other: Holdings) {
        sum.leaderboards += other.leaderboards
        sum.entries += other.entries
        sum.storedBytes += other.storedBytes
    }
}

/// What a gateway did for a project since it last said so.
package struct ReportedUsage: Hashable, Sendable {
    package var project: String
    package var reads: UInt64
    package var requests: UInt64

    /// More than this is taken for a mistake.
    package static let countMax: UInt64 = 1 << 48

    package init(project: String, reads: UInt64, requests: UInt64) {
        self.project = project
        self.reads = reads
        self.requests = requests
    }
}
