import CommitLogs
import ControlPlane
import Leaderboards
import NodeRuntime

/// A cluster on one screen, and whether all is well.
struct ClusterStatus {
    private let state: ClusterState
    private let logGroups: [LogCondition]
    private let shards: [ShardState]
    private let consumers: [ConsumerState]

    init(_ state: ClusterState, logGroups: [LogCondition]) {
        self.state = state
        self.logGroups = logGroups
        shards = state.shards
        consumers = state.consumers(of: logGroups)
    }

    /// What somebody should look at. Moves under way are nothing unusual.
    var problems: [String] {
        var problems: [String] = []
        for node in state.listed {
            let name = "node \(node.member.id)"
            if node.member.state != .alive { problems.append("\(name) is \(node.member.state.rawValue)") }
            if case .failure(let error)? = node.report { problems.append("\(name) does not answer: \(error.text)") }
        }
        for (condition, what) in [
            (ShardState.Condition.unowned, "owned by nobody"), (.quarantined, "quarantined"), (.failed, "failing"),
        ] {
            let ids = shards.filter { $0.condition == condition }.map(\.id.description)
            guard !ids.isEmpty else { continue }
            let more = ids.count > 8 ? " and more" : ""
            problems.append("\(ids.count) shards are \(what): \(ids.prefix(8).joined(separator: ", "))\(more)")
        }
        for group in logGroups {
            if let problem = group.problem { problems.append("log \(group.name): \(problem)") }
            let behind = group.replicas.count { !$0.isCurrent }
            if behind > 0 { problems.append("log \(group.name): \(behind) replicas are behind or away") }
            if let used = group.byteCount, let most = group.byteCountMax, used > most / 10 * 9 {
                problems.append("log \(group.name) is nearly full: \(used) of \(most) bytes")
            }
            if let problem = group.consumersProblem {
                problems.append("log \(group.name) is not cut, since its consumers can't be listed: \(problem)")
            }
            if let used = group.byteCount, let most = group.byteCountMax, used >= most / 4 * 3 {
                for holder in consumers where holder.holdsCut && holder.log == group.name {
                    problems.append("log \(group.name) can't be cut: \(holder.consumer.debt)")
                }
            }
        }
        return problems
    }

    var json: JSON {
        var counts: [JSON.Member] = []
        for condition in [ShardState.Condition.owned, .preparing, .moving, .unowned, .quarantined, .failed] {
            counts.append(.init(condition.rawValue, .integer(shards.count { $0.condition == condition })))
        }
        let moving = shards.filter { $0.condition == .moving || $0.condition == .preparing }
        let problems = problems
        return [
            "cluster": .string(state.cluster), "healthy": .boolean(problems.isEmpty), "problems": .strings(problems),
            "nodes": .array(state.listed.map { $0.json(in: state) }), "shards": .object(counts),
            "logs": .array(logGroups.map(\.json)), "consumers": .array(consumers.map(\.json)),
            "quarantines": .array(
                shards.filter { $0.quarantine != nil }.map {
                    [
                        "shard": .integer(Int($0.id.number)), "reason": .optional($0.quarantine),
                    ]
                }),
            "moves": .array(
                moving.map {
                    [
                        "shard": .integer(Int($0.id.number)), "from": .node($0.owner?.node),
                        "to": .node($0.condition == .moving ? $0.target : $0.pin?.node),
                        "state": .string($0.condition.rawValue),
                    ]
                }),
            "orders": .array(state.orders.map(\.json)),
        ]
    }
}
