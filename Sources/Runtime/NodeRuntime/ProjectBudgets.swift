package import Sharding
internal import Synchronization

/// What projects may have: their plans. Asked about once a second for each project, and when one begins.
package protocol ProjectLimits: Sendable {
    func limits(of project: String) -> PlanLimits
}

/// What projects may have beside what they have in all shards together, counted about once a second.
///
/// In between, each shard knows what was left of a plan at the last count, and what it has taken of that itself. So a
/// project that writes to several shards at once can get beyond its limit: by what it makes within about a second, and
/// never by more than what was left, once for each further shard. From the next count on it makes nothing more.
final class ProjectBudgets: Sendable {
    private let plans: (any ProjectLimits)?
    private let budgets = Mutex<[String: Budget]>([:])

    init(_ plans: (any ProjectLimits)?) { self.plans = plans }

    /// Nobody limits anything.
    var isUnlimited: Bool { plans == nil }

    /// Nil if there is no limit.
    func budget(of project: String) -> Budget? {
        guard let plans else { return nil }
        return budgets.withLock { $0[project] } ?? Budget(plans.limits(of: project))
    }

    /// Takes over what was counted. Answers what it leads to.
    func update(_ holdings: [String: Holdings]) -> [String: Budget] {
        guard let plans else { return [:] }
        var updated: [String: Budget] = [:]
        for (project, used) in holdings { updated[project] = Budget(plans.limits(of: project), used: used) }
        budgets.withLock { [updated] in $0 = updated }
        return updated
    }
}

extension ProjectBudgets {
    /// Measures what is to come at a shard that was just read.
    func limit(_ shard: Shard) {
        if isUnlimited { return }
        shard.budgets = { self.budget(of: $0) }
        shard.setBudgets { self.budget(of: $0) }
    }
}

extension Housekeeping {
    /// Counts what projects have, and tells the shards what is left of their plans.
    func countHoldings() async {
        guard !environment.budgets.isUnlimited else { return }
        var sums: [String: Holdings] = [:]
        for shard in shards {
            for (project, holdings) in await shard.holdings { sums[project, default: Holdings()] += holdings }
        }
        let budgets = environment.budgets.update(sums)
        for shard in shards { await shard.setBudgets(budgets) }
    }
}

extension ShardActor {
    var holdings: [(project: String, holdings: Holdings)] { isLent ? [] : shard.holdings }

    func setBudgets(_ budgets: [String: Budget]) {
        if isLent { return }
        shard.setBudgets { project in budgets[project] ?? environment.budgets.budget(of: project) }
    }
}
