import HTTPTypes
import NodeRuntime

extension AdminRoute {
    static let nodes: [AdminRoute] = [
        AdminRoute(.get, "cluster") { exchange in
            let inspection = try exchange.administration.inspection(exchange.call)
            let state = try await exchange.administration.state(exchange.call)
            return AdminAnswer(ClusterStatus(state, logGroups: await inspection.logGroups()).json)
        },
        AdminRoute(.get, "nodes") { exchange in
            let state = try await exchange.administration.state(exchange.call)
            return AdminAnswer(["items": .array(state.listed.map { $0.json(in: state) }), "next": .null])
        },
        AdminRoute(.post, "nodes/{node}/drain") { exchange in
            let (node, dryRun) = (try exchange.node, try exchange.read { $0.flag("dry_run") })
            return AdminAnswer(
                try await exchange.administration.order(exchange.call, dryRun: dryRun) { try $0.drain(node, $1) }.json)
        },
        AdminRoute(.post, "nodes/{node}/resume") { exchange in
            let (node, dryRun) = (try exchange.node, try exchange.read { $0.flag("dry_run") })
            return AdminAnswer(
                try await exchange.administration.order(exchange.call, dryRun: dryRun) { try $0.resume(node, $1) }.json)
        },
        AdminRoute(.post, "nodes/{node}/remove") { exchange in
            let node = try exchange.node
            let (force, dryRun) = try exchange.read { ($0.flag("force"), $0.flag("dry_run")) }
            return AdminAnswer(
                try await exchange.administration.order(exchange.call, dryRun: dryRun) {
                    try $0.remove(node, force: force, $1)
                }.json)
        },
    ]
}

extension Exchange {
    /// The node in the path.
    var node: UInt64 {
        get throws {
            guard let text = path["node"], let number = UInt64(text) else {
                throw AdminProblem(.invalidPath, "A node is named by a number, as in the list of nodes.")
            }
            return number
        }
    }
}

extension ObjectReader {
    /// False if it is not there.
    func flag(_ name: String) -> Bool {
        guard let value = take(name) else { return false }
        if case .boolean(let flag) = value { return flag }
        findings.add(field(name), .type, "A boolean is expected, not \(value.kind).")
        return false
    }
}
