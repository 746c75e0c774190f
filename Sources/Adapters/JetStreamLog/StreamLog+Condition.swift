package import CommitLogs
package import Leaderboards

extension StreamLog {
    package func endQuarantine(of shard: ShardID) { gates.endQuarantine(shard) }

    package func condition() async -> LogCondition {
        var condition = LogCondition(name: group.stream)
        async let listed = consumersOrProblem()
        do throws(LogReader.Trouble) {
            let info = try await reader.streamInfo()
            condition.recordCount = info.state?.messages
            condition.byteCount = info.state?.bytes
            condition.byteCountMax = info.config?.max_bytes.flatMap { $0 > 0 ? UInt64($0) : nil }
            condition.leader = info.cluster?.leader
            condition.replicas = info.cluster?.leader.map { [.init(name: $0, isCurrent: true)] } ?? []
            condition.replicas += (info.cluster?.replicas ?? []).map { peer in
                .init(name: peer.name, isCurrent: peer.current == true && peer.offline != true)
            }
        } catch {
            condition.problem = "\(error)"
        }
        (condition.consumers, condition.consumersProblem) = await listed
        return condition
    }

    private func consumersOrProblem() async -> ([LogConsumer], String?) {
        do throws(LogReader.Trouble) { return (try await listConsumers(), nil) } catch { return ([], error.reason) }
    }
}
