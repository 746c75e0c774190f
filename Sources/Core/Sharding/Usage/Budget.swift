/// What a project may have; nil is as much as it likes.
package struct PlanLimits: Hashable, Sendable {
    /// Rows of all boards.
    package var entriesMax: Int?
    /// Plain sets are among them.
    package var leaderboardsMax: Int?
    /// By the measure of `StoredBytes`.
    package var storedBytesMax: Int?

    package init(entriesMax: Int? = nil, leaderboardsMax: Int? = nil, storedBytesMax: Int? = nil) {
        self.entriesMax = entriesMax
        self.leaderboardsMax = leaderboardsMax
        self.storedBytesMax = storedBytesMax
    }
}

/// What a project may have, and what it has in all shards together, as far as that is known.
package struct Budget: Hashable, Sendable {
    package var limits: PlanLimits
    package var used: Holdings

    package init(_ limits: PlanLimits, used: Holdings = Holdings()) {
        self.limits = limits
        self.used = used
    }
}

/// How far a project's holdings in one shard may grow. Not part of the shard's state: a command is measured by it before it
/// becomes an operation, and no operation ever is, so that a replay comes to the same state under any limits.
struct Allowance {
    private(set) var limits = PlanLimits()
    private(set) var ceiling = Holdings(leaderboards: .max, entries: .max, storedBytes: .max)

    init() {}

    /// - Parameter own: what the shard has of it
    init(_ budget: Budget, own: Holdings) {
        limits = budget.limits
        ceiling.leaderboards = Self.ceiling(own.leaderboards, limits.leaderboardsMax, used: budget.used.leaderboards)
        ceiling.entries = Self.ceiling(own.entries, limits.entriesMax, used: budget.used.entries)
        ceiling.storedBytes = Self.ceiling(own.storedBytes, limits.storedBytesMax, used: budget.used.storedBytes)
    }

    private static func ceiling(_ own: Int, _ limit: Int?, used: Int) -> Int {
        guard let limit else { return .max }
        let (sum, isBeyond) = own.addingReportingOverflow(limit - used)
        return isBeyond ? .max : sum
    }
}

extension UsageAccount {
    /// Whether so much more is within the plan.
    @inline(__always)
    func admits(entries: Int, storedBytes: Int) -> Bool {
        holdings.entries <= allowance.ceiling.entries - entries
            && holdings.storedBytes <= allowance.ceiling.storedBytes - storedBytes
    }

    /// Refuses what would be beyond the plan. Of what does not grow nothing is refused, even if there is too much of it.
    func require(_ growth: Holdings) throws(Refusal) {
        let (ceiling, limits) = (allowance.ceiling, allowance.limits)
        if growth.leaderboards > 0, holdings.leaderboards > ceiling.leaderboards - growth.leaderboards {
            throw .planLimit(what: "leaderboards", limit: limits.leaderboardsMax ?? .max)
        }
        if growth.entries > 0, holdings.entries > ceiling.entries - growth.entries {
            throw .planLimit(what: "entries", limit: limits.entriesMax ?? .max)
        }
        if growth.storedBytes > 0, holdings.storedBytes > ceiling.storedBytes - growth.storedBytes {
            throw .planLimit(what: "stored bytes", limit: limits.storedBytesMax ?? .max)
        }
    }
}
