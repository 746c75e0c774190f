internal import Leaderboards
package import Sharding

extension RoutedService: UsageService {
    package func usage(of project: String) async throws(ServiceError) -> Positioned<ProjectUsage> {
        let shares = try await gather(.usage, of: project) { (shard) async throws(ServiceError) in
            try await self.node.usage(of: project, in: shard)
        }
        var sum = Positioned(ProjectUsage(), at: .start)
        for share in shares {
            sum.value += share.value
            sum.position = max(sum.position, share.position)
        }
        return sum
    }

    package func usageOfAll() async throws(ServiceError) -> Positioned<[String: ProjectUsage]> {
        let shares = try await gather(.usageOfAll) { (shard) async throws(ServiceError) in
            try await self.node.namedUsage(in: shard)
        }
        var sums = Positioned([String: ProjectUsage](), at: .start)
        for share in shares {
            for named in share.value.elements { sums.value[named.project, default: ProjectUsage()] += named.usage }
            sums.position = max(sums.position, share.position)
        }
        return sums
    }

    package func report(usage: [ReportedUsage]) async -> [ReportedUsage] {
        let parts = Dictionary(grouping: usage) { report in
            ShardMap.place(of: LeaderboardKey(project: report.project, id: ""), among: shardCount)
        }
        return await withTaskGroup(of: [ReportedUsage].self) { group in
            for (shard, reports) in parts { group.addTask { await self.report(reports, in: shard) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Answers what was certainly not counted.
    private func report(_ reports: [ReportedUsage], in shard: Int) async -> [ReportedUsage] {
        var rest = reports[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(ReportedUsage.countAtOnce))
            do throws(ServiceError) {
                let _: PeerNothing = try await route(isRepeatable: false) { () async throws(ServiceError) in
                    try await self.node.report(part, in: shard)
                    return PeerNothing()
                } there: { (owner, time) async throws(ServiceError) in
                    try await self.ask(owner, .reportUsage, UsageReport(shard: shard, reports: part), within: time)
                }
                rest = rest.dropFirst(part.count)
            } catch {
                return Array(error.mayHaveHappened ? rest.dropFirst(part.count) : rest)
            }
        }
        return []
    }
}

extension RoutedService {
    /// Of this region.
    func keysHere(of project: String) async throws(ServiceError) -> [LeaderboardKey] {
        try await gather(.keys, of: project) { (shard) async throws(ServiceError) in
            PeerList(try await self.node.keys(of: project, in: shard))
        }.flatMap(\.elements)
    }

    /// Something about every shard, from who owns it; each exactly once, in their order. Only for what changes nothing.
    private func gather<Share: PeerMessage>(
        _ operation: PeerOperation, of project: String = "", here: (Int) async throws(ServiceError) -> Share
    ) async throws(ServiceError) -> [Share] {
        var found = [Share?](repeating: nil, count: shardCount)
        var routes = (0..<shardCount).map { _ in makeRoute(isRepeatable: true) }
        var nextHere = Array(0..<shardCount)
        while true {
            var failed: [(shard: Int, node: UInt64?, error: ServiceError)] = []
            for shard in nextHere {
                do throws(ServiceError) { found[shard] = try await here(shard) } catch {
                    failed.append((shard, nil, error))
                }
            }
            nextHere = []
            var longestWait: Duration?
            while !failed.isEmpty {
                var nextThere: [UInt64: [Int]] = [:]
                for (shard, node, error) in failed {
                    switch routes[shard].step(after: error, from: node, at: clock.uptime(), spread: spread) {
                    case .fail(let error): throw error
                    case .node(let owner): nextThere[owner, default: []].append(shard)
                    case .wait(let time):
                        nextHere.append(shard)
                        longestWait = max(longestWait ?? .zero, time)
                    }
                }
                failed = []
                for (owner, shards) in nextThere.sorted(by: { $0.key < $1.key }) {
                    try spend(routes[shards[0]])
                    for (shard, result) in zip(
                        shards, await ask(owner, operation, shards, project) as [Result<Share, ServiceError>])
                    {
                        switch result {
                        case .success(let share): found[shard] = share
                        case .failure(let error): failed.append((shard, owner, error))
                        }
                    }
                }
            }
            guard let longestWait else { return found.map { $0! } }
            try await wait(longestWait)
        }
    }

    private func ask<Share: PeerMessage>(
        _ owner: UInt64, _ operation: PeerOperation, _ shards: [Int], _ project: String
    ) async -> [Result<Share, ServiceError>] {
        var results: [Result<Share, ServiceError>] = []
        for start in stride(from: 0, to: shards.count, by: Self.askedAtOnce) {
            let part = Array(shards[start..<min(start + Self.askedAtOnce, shards.count)])
            do throws(ServiceError) {
                let question = ShardQuestion(shards: part, project: project)
                let answers: PeerList<PeerAnswer<Share>> = try await ask(
                    owner, operation, question, within: askedWithin)
                guard answers.elements.count == part.count else {
                    throw .outcomeUnknown("another node answered something else")
                }
                results += answers.elements.map(\.result)
            } catch {
                results += part.map { _ in .failure(error) }
            }
        }
        return results
    }

    /// Few enough for the answer to be a message of usual size.
    private static var askedAtOnce: Int { 16 }
}
