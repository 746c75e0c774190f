package import Admission
package import ControlPlane
internal import Logging

/// What a project wants looked for in its requests, and where it is counted.
///
/// Callers hold it, so that a request finds it without a table; a project that wants nothing looked at has none.
package final class ProjectFilter: Sendable {
    package let filter: RequestFilter
    let project: ProjectID
    let counter: FilterCounter

    /// Nil if nothing is to be looked at.
    init?(_ settings: FilterSettings, of project: ProjectID, counter: FilterCounter) {
        let policy = FilterPolicy(settings)
        guard policy.mode != .off else { return nil }
        filter = RequestFilter(policy)
        self.project = project
        self.counter = counter
    }

    /// Settings that can't be followed.
    static func problems(of settings: FilterSettings) -> [String] {
        var problems = settings.disabledRules.filter { FilterRule(id: $0) == nil }.map {
            "the filter has no rule '\($0)' to switch off"
        }
        if !FilterPolicy.thresholdAccepted.contains(settings.threshold) {
            problems.append("the filter takes no threshold of \(settings.threshold)")
        }
        return problems
    }
}

extension FilterPolicy {
    /// What can't be followed is left out: a rule that is not known switches off none.
    init(_ settings: FilterSettings) {
        let mode: Mode =
            switch settings.mode {
            case .off: .off
            case .detect: .detect
            case .block: .block
            }
        var rules = FilterRuleSet.all
        for rule in settings.disabledRules.compactMap({ FilterRule(id: $0) }) { rules.remove(rule) }
        self.init(mode: mode, threshold: settings.threshold, rules: rules)
    }
}

extension Gatekeeper {
    /// Counts what was found in a request, or in one element of it, and says so in the log now and then. Answers whether it
    /// is to be refused.
    package func refuses(_ verdict: FilterVerdict, by filter: ProjectFilter) -> Bool {
        let action = verdict.action(under: filter.filter.policy)
        guard action != .pass else { return false }
        let refuses = action == .refuse
        for (rule, count) in filter.counter.count(verdict, refused: refuses, at: clock.uptime()) {
            let end = refuses ? "refused" : "let pass"
            directory.logger.notice(
                "the request filter of project \(filter.project) met \(rule.id), count \(count), the last one \(end)")
        }
        return refuses
    }

    /// What the filter of a project has found on this node since it started.
    package func filterCounts(of project: ProjectID) -> [FilterRule: FilterCounts] {
        directory.project(project)?.state.filtered.counts ?? [:]
    }
}
