internal import CommitLogs
internal import Leaderboards

// What a node that mirrors another region says of that.
extension Node {
    /// - Parameter askingLogs: whether the logs are asked where they end
    package func mirrorSight(askingLogs: Bool) async -> MirrorSight {
        let report = await report(on: [])
        var sight = MirrorSight(
            state: report.state, shardCount: report.shardCount,
            followedCount: report.shards.count { $0.role == .follower && !$0.isBehind }, age: await oldestAge())
        if askingLogs { sight.logs = await logSights() }
        return sight
    }

    /// Nil if nothing is known of a shard.
    private func oldestAge() async -> Duration? {
        guard let shards = try? shards() else { return nil }
        var oldest = Duration.zero
        for shard in shards {
            guard let age = await shard.age else { return nil }
            oldest = max(oldest, age)
        }
        return oldest
    }

    private func logSights() async -> [MirrorLogSight] {
        await withTaskGroup(of: MirrorLogSight.self) { group in
            for (number, log) in (cluster?.logs ?? []).enumerated() {
                group.addTask {
                    var sight = MirrorLogSight(group: number)
                    do throws(ReadError) {
                        sight.end = try await log.fill().end
                        sight.originEnd = LogPosition((try await log.end().last?.value ?? 0) + 1)
                    } catch {
                        sight.problem = "\(error)"
                    }
                    return sight
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.group < $1.group }
        }
    }
}
