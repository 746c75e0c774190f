package import ControlPlane
import Leaderboards
import NodeRuntime
package import Placement

/// A cluster at one moment: what its nodes say of themselves, and what was ordered.
struct ClusterState: Sendable {
    var cluster: String
    var shardCount: Int
    /// By number.
    var nodes: [NodeSight]
    var orders: [ClusterOrder]

    /// What placement follows.
    var placement: PlacementOrders { PlacementOrders(orders) }

    func node(_ number: UInt64) throws(AdminProblem) -> NodeSight {
        guard let node = nodes.first(where: { $0.member.id.number == number }) else {
            throw AdminProblem(.unknownNode, "Nobody has heard of node \(number).")
        }
        return node
    }

    func isDrained(_ node: NodeSight) -> Bool { placement.drained.contains(node.member.id) }
    func isRemoved(_ node: NodeSight) -> Bool { placement.removed.contains(node.member.id) }

    /// Those that a list has: one that was removed is there only while it lives.
    var listed: [NodeSight] { nodes.filter { !isRemoved($0) || $0.member.isPresent } }

    func order(_ kind: ClusterOrder.Kind, of shard: ShardID) -> ClusterOrder? {
        orders.first { $0.kind == kind && $0.shard == shard }
    }

    var shards: [ShardState] { (0..<shardCount).map { shard(ShardID(UInt16($0))) } }

    func shard(_ id: ShardID) -> ShardState {
        var state = ShardState(id: id)
        for node in nodes {
            guard case .success(let report)? = node.report,
                let sight = report.shards.first(where: { $0.shard == id })
            else { continue }
            state.views.append((node.member.id.number, sight))
        }
        state.pin = order(.pin, of: id)
        state.quarantine =
            order(.quarantine, of: id)?.reason ?? state.views.lazy.compactMap(\.sight.log.quarantine).first
        return state
    }

    /// Shards of which some node's log says that this one owns them.
    func shards(ownedBy node: UInt64) -> [ShardState] {
        shards.filter { shard in
            shard.owner?.node == node || shard.owner == nil && shard.views.contains { $0.sight.log.owner == node }
        }
    }
}

/// One shard, as its nodes see it.
struct ShardState: Sendable {
    var id: ShardID
    var views: [(node: UInt64, sight: ShardSight)] = []
    var pin: ClusterOrder?
    /// Why nobody touches it.
    var quarantine: String?

    init(id: ShardID) { self.id = id }

    /// The one of the newest epoch, if two think so.
    var owner: (node: UInt64, sight: ShardSight)? {
        views.filter { $0.sight.role == .owner }.max { $0.sight.epoch < $1.sight.epoch }
    }

    var followers: [(node: UInt64, sight: ShardSight)] { views.filter { $0.sight.role == .follower } }

    /// Who should have it, as its owner sees it, or else as anybody does.
    var target: UInt64? { (owner ?? views.first)?.sight.log.target }

    /// Records that a follower has not applied. Its owner was asked at another moment, so it may be ahead.
    func lag(of follower: ShardSight) -> UInt64 {
        let newest = max(owner?.sight.number ?? 0, follower.log.number)
        return newest > follower.number ? newest - follower.number : 0
    }

    enum Condition: String {
        case owned, preparing, moving, unowned, quarantined, failed
    }

    var condition: Condition {
        if quarantine != nil { return .quarantined }
        guard let owner else { return .unowned }
        if owner.sight.problem != nil { return .failed }
        if let target, target != owner.node { return .moving }
        return pin?.state == .preparing ? .preparing : .owned
    }
}

extension PlacementOrders {
    package init(_ orders: [ClusterOrder]) {
        self.init()
        for order in orders {
            switch (order.kind, order.state) {
            case (_, .lifted), (.quarantine, _), (.loss, _): break
            case (.pin, .preparing): preparing[order.shard!] = NodeID(order.node!)
            case (.pin, .inForce): pins[order.shard!] = NodeID(order.node!)
            case (.drain, _): drained.insert(NodeID(order.node!))
            case (.removal, _): removed.insert(NodeID(order.node!))
            }
        }
    }
}
