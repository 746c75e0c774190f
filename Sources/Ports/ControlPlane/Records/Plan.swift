/// What a tenant of it may use. `nil` means without limit.
package struct Plan: Hashable, Sendable {
    package var id: PlanID
    package var name: String
    package var quota: Quota
    package var version: Int64 = 0

    package init(id: PlanID, name: String, quota: Quota) {
        self.id = id
        self.name = name
        self.quota = quota
    }

    /// The plan of the tenant that a node makes at its first start.
    package static let unlimited = Plan(id: PlanID(unchecked: "unlimited"), name: "Unlimited", quota: Quota())
    package static let free = Plan(
        id: PlanID(unchecked: "free"), name: "Free",
        quota: Quota(
            requestsPerMonth: 1_000_000, leaderboards: 10, entries: 100_000, storedBytes: 100 << 20, streams: 10,
            projects: 2, keys: 10, rate: Rate(requests: 50, seconds: 1, burst: 100)))
    package static let studio = Plan(
        id: PlanID(unchecked: "studio"), name: "Studio",
        quota: Quota(
            requestsPerMonth: 100_000_000, leaderboards: 1000, entries: 10_000_000, storedBytes: 10 << 30,
            streams: 1000, projects: 20, keys: 200, rate: Rate(requests: 2000, seconds: 1, burst: 4000)))
}

/// The bounds of a plan: of each project, unless it says tenant.
package struct Quota: Hashable, Sendable, Codable {
    package var requestsPerMonth: Int64?
    package var leaderboards: Int64?
    package var entries: Int64?
    package var storedBytes: Int64?
    /// Live connections that are streamed to.
    package var streams: Int64?
    /// Of the tenant.
    package var projects: Int64?
    package var keys: Int64?
    /// Of the project; keys, users and addresses may have lower ones.
    package var rate: Rate?

    private enum CodingKeys: String, CodingKey {
        case leaderboards, entries, streams, projects, keys, rate
        case requestsPerMonth = "requests_per_month"
        case storedBytes = "stored_bytes"
    }

    package init(
        requestsPerMonth: Int64? = nil, leaderboards: Int64? = nil, entries: Int64? = nil, storedBytes: Int64? = nil,
        streams: Int64? = nil, projects: Int64? = nil, keys: Int64? = nil, rate: Rate? = nil
    ) {
        self.requestsPerMonth = requestsPerMonth
        self.leaderboards = leaderboards
        self.entries = entries
        self.storedBytes = storedBytes
        self.streams = streams
        self.projects = projects
        self.keys = keys
        self.rate = rate
    }
}

/// So many requests in so many seconds in the long run, and so many at once.
package struct Rate: Hashable, Sendable, Codable {
    /// 1 to 10,000,000.
    package var requests: Int
    /// 1 to 86,400.
    package var seconds: Int
    /// 1 to 10,000,000.
    package var burst: Int

    package init(requests: Int, seconds: Int, burst: Int) {
        self.requests = requests
        self.seconds = seconds
        self.burst = burst
    }

    package var isValid: Bool {
        1...10_000_000 ~= requests && 1...86_400 ~= seconds && 1...10_000_000 ~= burst
    }
}
