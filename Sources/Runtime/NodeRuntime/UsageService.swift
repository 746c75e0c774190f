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

    /// Adds what a gateway did for projects since it last told. Answers when that is durable. After an error some projects may
    /// have been counted and others not: whoever tells again may count those twice, whoever does not may lose the others.
    func report(usage: [ReportedUsage]) async throws(ServiceError)
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

    package func report(usage: [ReportedUsage]) async throws(ServiceError) {
        let shards = try shards()
        // What concerns a project as a whole is counted where an empty id would be.
        let parts = Dictionary(grouping: usage) { report in
            ShardMap.place(of: LeaderboardKey(project: report.project, id: ""), among: shards.count)
        }
        for (place, reports) in parts.sorted(by: { $0.key < $1.key }) { try await shards[place].report(reports) }
    }
}

extension ShardActor {
    func usage(of project: String) async throws(ServiceError) -> Positioned<ProjectUsage> {
        try await show { shard in shard.usage(of: project) }
    }

    func usageOfAll() async throws(ServiceError) -> Positioned<[(project: String, usage: ProjectUsage)]> {
        try await show { shard in shard.usageOfAll }
    }

    func report(_ reports: [ReportedUsage]) async throws(ServiceError) {
        try admitWrite()
        for start in stride(from: 0, to: reports.count, by: Self.reportedAtOnce) {
            let part = reports[start..<min(start + Self.reportedAtOnce, reports.count)]
            _ = try await write { shard, record in shard.report(part, into: &record) }
        }
    }

    /// Few enough to fit into a record with names of any length that there can be.
    private static var reportedAtOnce: Int { 1000 }
}
