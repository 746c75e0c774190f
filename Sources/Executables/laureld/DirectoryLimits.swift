import ControlPlane
import NodeRuntime
import Sharding
import Tenancy

/// What projects may have, as their tenants' plans say. A project that no plan is known of has no limit: it is not reached with any
/// key either.
struct DirectoryLimits: ProjectLimits {
    let directory: AccessDirectory

    func limits(of project: String) -> PlanLimits {
        guard let quota = ProjectID(project).flatMap({ directory.quota(of: $0) }) else { return PlanLimits() }
        return PlanLimits(
            entriesMax: quota.entries.map(Int.init), leaderboardsMax: quota.leaderboards.map(Int.init),
            storedBytesMax: quota.storedBytes.map(Int.init))
    }
}

extension ProjectUsage {
    /// By the names under which the admin API shows them.
    var metrics: [String: Int64] {
        var metrics = Dictionary(uniqueKeysWithValues: UsageRow.RunningMetric.allCases.map { ($0.rawValue, self[$0]) })
        metrics[UsageRow.requests] = Int64(clamping: counters.requestsReported)
        return metrics
    }

    private subscript(metric: UsageRow.RunningMetric) -> Int64 {
        switch metric {
        case .leaderboards: Int64(holdings.leaderboards)
        case .entries: Int64(holdings.entries)
        case .storedBytes: Int64(holdings.storedBytes)
        case .scoresAccepted: Int64(clamping: counters.scoresAccepted)
        case .scoresUnchanged: Int64(clamping: counters.scoresUnchanged)
        case .setEntriesChanged: Int64(clamping: counters.setEntriesChanged)
        case .leaderboardsCreated: Int64(clamping: counters.leaderboardsCreated)
        case .leaderboardsDeleted: Int64(clamping: counters.leaderboardsDeleted)
        case .reads: Int64(clamping: counters.readsReported)
        }
    }
}
