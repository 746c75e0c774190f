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
    /// By the names under which the admin API shows them: those of `UsageRow.runningMetrics`.
    var metrics: [String: Int64] {
        [
            "leaderboards": Int64(holdings.leaderboards), "entries": Int64(holdings.entries),
            "stored_bytes": Int64(holdings.storedBytes), "scores_accepted": Int64(clamping: counters.scoresAccepted),
            "scores_unchanged": Int64(clamping: counters.scoresUnchanged),
            "set_entries_changed": Int64(clamping: counters.setEntriesChanged),
            "leaderboards_created": Int64(clamping: counters.leaderboardsCreated),
            "leaderboards_deleted": Int64(clamping: counters.leaderboardsDeleted),
        ]
    }
}
