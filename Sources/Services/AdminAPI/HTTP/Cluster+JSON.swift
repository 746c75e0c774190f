import CommitLogs
import ControlPlane
import Leaderboards
import NodeRuntime
import Placement
import Sharding

// Nodes and shards as operators see them. Numbers of nodes are text: they need 64 bits.

extension JSON {
    static func node(_ number: UInt64) -> JSON { .string(String(number)) }
    static func node(_ number: UInt64?) -> JSON { .optional(number.map { String($0) }) }
    static func number(_ number: UInt64) -> JSON { .integer(Int64(clamping: number)) }
    static func number(_ number: UInt64?) -> JSON { .optional(number.map { Int64(clamping: $0) }) }
}

extension NodeSight {
    func json(in state: ClusterState) -> JSON {
        var problem: String?
        var counts: [JSON] = [.null, .null, .null]
        switch report {
        case nil: break
        case .failure(let error): problem = error.text
        case .success(let report):
            if report.state != "ready" { problem = report.state }
            counts = [
                .integer(report.shards.count { $0.role == .owner }),
                .integer(report.shards.count { $0.role == .follower }),
                .integer(report.shards.count { $0.log.quarantine != nil }),
            ]
        }
        return [
            "id": .node(member.id.number), "address": .string(member.address), "zone": .string(member.zone),
            "weight": .integer(member.weight), "state": .string(member.state.rawValue),
            "version": .string(member.version), "load": .optional(member.load.map(Int64.init)),
            "drained": .boolean(state.isDrained(self)), "removed": .boolean(state.isRemoved(self)),
            "owned": counts[0], "followed": counts[1], "quarantined": counts[2], "problem": .optional(problem),
        ]
    }
}

extension ShardState {
    var json: JSON { .object(members) }

    private var members: [JSON.Member] {
        let owner = owner
        return [
            .init("shard", .integer(Int(id.number))), .init("state", .string(condition.rawValue)),
            .init("owner", .node(owner?.node)), .init("epoch", .number(owner?.sight.epoch)),
            .init("number", .number(owner?.sight.number)), .init("checkpoint", .number(owner?.sight.checkpoint)),
            .init(
                "followers",
                .array(
                    followers.map {
                        [
                            "node": .node($0.node), "number": .number($0.sight.number),
                            "lag": .number(lag(of: $0.sight)),
                        ]
                    })),
            .init("pinned_to", .node(pin?.node)), .init("target", .node(target)),
            .init("reason", .optional(quarantine ?? owner?.sight.problem)),
        ]
    }

    /// With what each node says.
    func fullJSON(_ state: ClusterState) -> JSON {
        let views = state.nodes.filter { $0.report != nil }.map { node -> JSON in
            let number: UInt64 = node.member.id.number
            guard let sight = self.views.first(where: { $0.node == number })?.sight else {
                var problem = "it does not have the shard"
                if case .failure(let error)? = node.report { problem = error.text }
                return ["node": JSON.node(number), "problem": .string(problem)]
            }
            return sight.json(of: number)
        }
        return .object(
            members + [
                .init("leaderboards", owner.map { .integer($0.sight.leaderboardCount) } ?? .null),
                .init("memory_bytes", owner.map { .integer($0.sight.memoryBytes) } ?? .null),
                .init("orders", .array(state.orders.filter { $0.shard == id }.map(\.json))),
                .init("views", .array(views)),
            ])
    }
}

extension ShardSight {
    fileprivate func json(of node: UInt64) -> JSON {
        [
            "node": .node(node), "role": .string("\(role)"), "behind": .boolean(isBehind), "epoch": .number(epoch),
            "number": .number(number), "position": .number(position.value), "hash": .string("\(hash)"),
            "leaderboards": .integer(leaderboardCount), "memory_bytes": .integer(memoryBytes),
            "checkpoint": .number(checkpoint), "checkpoint_position": .number(checkpointPosition.value),
            "log_number": .number(log.number), "log_owner": .node(log.owner), "target": .node(log.target),
            "quarantine": .optional(log.quarantine), "problem": .optional(problem),
        ]
    }
}

extension ClusterOrder {
    var json: JSON {
        [
            "kind": .string(kind.rawValue), "shard": .optional(shard.map { Int64($0.number) }), "node": .node(node),
            "state": .string(state.rawValue), "reason": .string(reason), "by": .string(by), "at": .time(at),
        ]
    }
}

extension Administration.Ordered {
    var json: JSON {
        [
            "done": .boolean(isDone), "orders": .array(orders.map(\.json)),
            "moves": .array(moves.map(\.json)),
        ]
    }
}

extension PlacementPlan.Move {
    var json: JSON {
        ["shard": .integer(Int(shard.number)), "from": .node(from?.number), "to": .node(to.number)]
    }
}

extension ShardComparison {
    var json: JSON {
        [
            "shard": .integer(shard), "owner": .node(owner), "number": .number(number), "hash": .string("\(hash)"),
            "same": .boolean(followers.allSatisfy { $0.finding == .same }),
            "followers": .array(
                followers.map { node, finding in
                    switch finding {
                    case .same: ["node": .node(node), "finding": .string("same"), "differences": .array([])]
                    case .differs(let names):
                        ["node": .node(node), "finding": .string("differs"), "differences": .strings(names)]
                    case .unknown(let reason):
                        ["node": .node(node), "finding": .string("unknown"), "differences": .strings([reason])]
                    }
                }),
        ]
    }
}

extension LogInspection {
    func json(of shard: ShardID) -> JSON {
        [
            "shard": .integer(Int(shard.number)), "items": .array(lines.map(\.json)),
            "problems": .strings(problems), "next": .optional(next.map { Int64(clamping: $0.value) }),
        ]
    }
}

extension LogInspection.Line {
    fileprivate var json: JSON {
        [
            "number": .number(number), "position": .number(position.value), "epoch": .number(epoch),
            "kind": .string(kind.word), "node": .node(node), "incarnation": .node(incarnation),
            "bytes": .integer(byteCount), "hash": .string("\(hash)"),
        ]
    }
}

extension LogRecord.Kind {
    fileprivate var word: String {
        switch self {
        case .claim: "claim"
        case .data: "data"
        case .lease: "lease"
        case .release: "release"
        case .checkpointMark: "checkpoint-mark"
        }
    }
}

extension CheckpointSight {
    func json(of node: UInt64) -> JSON {
        var (content, problem): (String?, String?) = (nil, nil)
        switch verdict {
        case .unknown: break
        case .sound(let hash): content = "\(hash)"
        case .damaged(let reason): problem = reason
        }
        return [
            "node": .node(node), "shard": .integer(Int(shard.number)), "generation": .number(generation),
            "number": .number(number), "position": .number(position.value), "epoch": .number(epoch),
            "hash": .string("\(hash)"), "leaderboards": .integer(leaderboardCount), "entries": .integer(entryCount),
            "bytes": .integer(byteCount), "content": .optional(content), "problem": .optional(problem),
        ]
    }
}

extension LogCondition {
    var json: JSON {
        [
            "name": .string(name), "leader": .optional(leader), "records": .number(recordCount),
            "bytes": .number(byteCount), "bytes_max": .number(byteCountMax),
            "replicas": .integer(replicas.count), "replicas_current": .integer(replicas.count { $0.isCurrent }),
            "problem": .optional(problem),
        ]
    }
}
