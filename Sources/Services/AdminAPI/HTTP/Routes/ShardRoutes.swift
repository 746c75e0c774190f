import ControlPlane
import HTTPTypes
import Leaderboards
import NodeRuntime

extension AdminRoute {
    static let shards: [AdminRoute] = [
        AdminRoute(.get, "shards") { exchange in
            let state = try await exchange.administration.state(exchange.call)
            return AdminAnswer(["items": .array(state.shards.map(\.json)), "next": .null])
        },
        AdminRoute(.post, "shards/rebalance") { exchange in
            let dryRun = try exchange.read { $0.flag("dry_run") }
            return AdminAnswer(
                try await exchange.administration.order(exchange.call, dryRun: dryRun) { $0.rebalance($1) }.json)
        },
        AdminRoute(.get, "shards/{shard}") { exchange in
            let shard = try exchange.shard
            let state = try await exchange.administration.state(ofShards: [Int(shard.number)], exchange.call)
            return AdminAnswer(state.shard(shard).fullJSON(state))
        },
        AdminRoute(.post, "shards/{shard}/move") { exchange in
            let shard = try exchange.shard
            let (target, dryRun) = try exchange.read { ($0.node("to"), $0.flag("dry_run")) }
            return AdminAnswer(
                try await exchange.administration.order(exchange.call, dryRun: dryRun) {
                    try $0.move(shard, to: target, $1)
                }.json)
        },
        AdminRoute(.post, "shards/{shard}/unpin") { exchange in
            let (shard, dryRun) = (try exchange.shard, try exchange.read { $0.flag("dry_run") })
            return AdminAnswer(
                try await exchange.administration.order(exchange.call, dryRun: dryRun) { $0.unpin(shard, $1) }.json)
        },
        AdminRoute(.post, "shards/{shard}/quarantine") { exchange in
            let shard = try exchange.shard
            let reason = try exchange.read { $0.name("reason", required: true) ?? "" }
            return AdminAnswer(
                try await exchange.administration.order(exchange.call) { $0.quarantine(shard, reason: reason, $1) }
                    .json)
        },
        AdminRoute(.post, "shards/{shard}/release") { exchange in
            let request = try exchange.read { ReleaseRequest($0) }
            let shard = try exchange.shard
            switch request {
            case .whole:
                return AdminAnswer(
                    try await exchange.administration.order(exchange.call) { $0.release(shard, $1) }.json)
            case .acceptingLoss(let number):
                return AdminAnswer(
                    try await exchange.administration.acceptLoss(of: shard, endingAt: number, exchange.call).json)
            }
        },
        AdminRoute(.post, "shards/{shard}/verify") { exchange in
            try exchange.readNothing()
            let shard = try exchange.shard
            // Only a cluster has followers to compare with.
            _ = try await exchange.administration.state(ofShards: [Int(shard.number)], exchange.call)
            let inspection = try exchange.administration.inspection(exchange.call)
            do throws(ServiceError) {
                return AdminAnswer(try await inspection.compare(shard: Int(shard.number)).json)
            } catch {
                throw AdminProblem(error)
            }
        },
    ]

    /// These are there in a node that stands alone as well.
    static let logs: [AdminRoute] = [
        AdminRoute(.get, "shards/{shard}/log", [.position, .limit]) { exchange in
            let shard = try exchange.shard
            let inspection = try exchange.administration.inspection(exchange.call)
            let (position, limit) = (try exchange.position, try exchange.limit)
            do throws(ServiceError) {
                let found = try await inspection.inspectLog(of: Int(shard.number), from: position, limit: limit)
                return AdminAnswer(found.json(of: shard))
            } catch {
                throw AdminProblem(error)
            }
        },
        AdminRoute(.get, "checkpoints", [.shard]) { exchange in
            let inspection = try exchange.administration.inspection(exchange.call)
            let shards = try exchange.queriedShard.map { [Int($0.number)] } ?? []
            return .checkpoints(await inspection.checkpoints(of: shards, verifying: false))
        },
        AdminRoute(.post, "shards/{shard}/checkpoints/verify") { exchange in
            try exchange.readNothing()
            let shard = try exchange.shard
            let inspection = try exchange.administration.inspection(exchange.call)
            return .checkpoints(await inspection.checkpoints(of: [Int(shard.number)], verifying: true))
        },
    ]
}

extension Exchange {
    /// The shard in the path.
    var shard: ShardID {
        get throws {
            guard let text = path["shard"], let number = UInt16(text) else {
                throw AdminProblem(.invalidPath, "A shard is named by its number.")
            }
            return try administration.shard(Int(number), call)
        }
    }

    var queriedShard: ShardID? {
        get throws {
            guard let number = try integer(.shard, in: 0...65_535) else { return nil }
            return try administration.shard(number, call)
        }
    }

    var position: LogPosition? {
        get throws {
            guard let text = query[AdminParameter.position.rawValue] else { return nil }
            guard let position = UInt64(text) else {
                throw AdminProblem(.invalidParameter, at: "position", "A position of the log is expected.")
            }
            return LogPosition(position)
        }
    }
}

extension ObjectReader {
    /// A node's number, as text: not all of JSON's readers have 64 bits.
    fileprivate func node(_ name: String) -> UInt64 {
        guard let text = text(name, byteCount: 1...20, required: true) else { return 0 }
        if let number = UInt64(text) { return number }
        findings.add(field(name), .value, "A node is named by a number, as in the list of nodes.")
        return 0
    }
}

extension AdminAnswer {
    fileprivate static func checkpoints(_ found: [NodeCheckpoints]) -> AdminAnswer {
        var items: [JSON] = []
        var unreachable: [JSON] = []
        for node in found {
            switch node.result {
            case .success(let sights): items += sights.map { $0.json(of: node.node) }
            case .failure(let error):
                unreachable.append(["node": .string("\(node.node)"), "problem": .string(error.text)])
            }
        }
        return AdminAnswer(["items": .array(items), "next": .null, "unanswered": .array(unreachable)])
    }
}
