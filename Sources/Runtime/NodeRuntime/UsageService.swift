internal import Leaderboards
package import Sharding

/// What a node knows of what its projects do and have. Implemented by `Node`.
///
/// Counters survive a crash as scores do: what was answered is counted, and counted once, since they follow from the log.
package protocol UsageService: Sendable {
    /// What a project did and has, summed over all shards. Nothing in it can be lost any more; each shard's share is of a
    /// moment of its own, and the position is the greatest of theirs.
    func usage(of project: String) async throws(ServiceError) -> Positioned<ProjectUsage>

    /// The same of every project of which anything was ever counted, by name.
    func usageOfAll() async throws(ServiceError) -> Positioned<[String: ProjectUsage]>

    /// Adds what a gateway did for projects since it last told. Answers when that is durable, with what was certainly not
    /// counted and may be told again. What may have been counted, because the log failed on the way, is not among it.
    func report(usage: [ReportedUsage]) async -> [ReportedUsage]
}

extension Node: UsageService {
    package func usage(of project: String) async throws(ServiceError) -> Positioned<ProjectUsage> {
        var sum = Positioned(ProjectUsage(), at: .start)
        for shard in try shards() {
            let share = try await shard.usage(of: project)
            sum.value += share.value
            sum.position = max(sum.position, share.position)
        }
        return sum
    }

    package func usageOfAll() async throws(ServiceError) -> Positioned<[String: ProjectUsage]> {
        var sums = Positioned([String: ProjectUsage](), at: .start)
        for shard in try shards() {
            let shares = try await shard.usageOfAll()
            for (project, usage) in shares.value { sums.value[project, default: ProjectUsage()] += usage }
            sums.position = max(sums.position, shares.position)
        }
        return sums
    }

    package func report(usage: [ReportedUsage]) async -> [ReportedUsage] {
        guard let shards = try? shards() else { return usage }
        // What concerns a project as a whole is counted where an empty id would be.
        let parts = Dictionary(grouping: usage) { report in
            ShardMap.place(of: LeaderboardKey(project: report.project, id: ""), among: shards.count)
        }
        // At once, so that one sync serves all.
        return await withTaskGroup(of: [ReportedUsage].self) { group in
            for (place, reports) in parts { group.addTask { await shards[place].report(reports) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }
}

extension ShardActor {
    func usage(of project: String) async throws(ServiceError) -> Positioned<ProjectUsage> {
        try await show { shard in shard.usage(of: project) }
    }

    func usageOfAll() async throws(ServiceError) -> Positioned<[(project: String, usage: ProjectUsage)]> {
        try await show { shard in shard.usageOfAll }
    }

    /// Answers what was certainly not counted.
    fileprivate func report(_ reports: [ReportedUsage]) async -> [ReportedUsage] {
        var rest = reports[...]
        while !rest.isEmpty {
            let part = rest.prefix(ReportedUsage.countAtOnce)
            do throws(ServiceError) {
                try await count(part)
                rest = rest.dropFirst(part.count)
            } catch {
                return Array(error.mayHaveHappened ? rest.dropFirst(part.count) : rest)
            }
        }
        return []
    }

    /// Precondition: not more than `countAtOnce`.
    func count(_ reports: ArraySlice<ReportedUsage>) async throws(ServiceError) {
        try admitWrite()
        _ = try await write { shard, record in shard.report(reports, into: &record) }
    }
}

extension ReportedUsage {
    /// Few enough to fit into a record with names of any length that there can be.
    static var countAtOnce: Int { 1000 }
}

extension ServiceError {
    /// Whether the command may be in the log all the same.
    var mayHaveHappened: Bool {
        switch self {
        case .outcomeUnknown, .corrupted: true
        case .refused, .overloaded, .unavailable, .noSpace, .moved: false
        }
    }
}
