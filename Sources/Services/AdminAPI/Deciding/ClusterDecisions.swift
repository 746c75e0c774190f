import ControlPlane
import Leaderboards
import NodeRuntime
import Placement

/// What is to be ordered, decided on what a cluster is now.
struct ClusterDecision {
    var action: String
    var target: String
    var detail = ""
    /// As they are to be.
    var orders: [ClusterOrder]
    /// Shards that are to be looked at again.
    var released: [ShardID] = []

    /// What placement follows if it is done.
    func placement(in state: ClusterState) -> PlacementOrders {
        let changed = Set(orders.map(\.id))
        return PlacementOrders(state.orders.filter { !changed.contains($0.id) } + orders)
    }
}

/// Who orders it, and when.
struct Signature {
    var by: String
    var at: Timestamp
}

extension ClusterState {
    func drain(_ number: UInt64, _ signature: Signature) throws(AdminProblem) -> ClusterDecision {
        let node = try node(number)
        guard !isRemoved(node) else { throw AdminProblem(.notPossible, "Node \(number) was removed.") }
        let others = nodes.filter { other in
            other.member.id != node.member.id && other.member.state == .alive && other.member.weight > 0
                && !isDrained(other) && !isRemoved(other)
        }
        guard !others.isEmpty else {
            throw AdminProblem(.notPossible, "No other node is there that takes shards.")
        }
        return ClusterDecision(
            action: "node.drain", target: "\(number)", orders: [order(.drain, node: number, .inForce, signature)])
    }

    func resume(_ number: UInt64, _ signature: Signature) throws(AdminProblem) -> ClusterDecision {
        // One that was removed may not be heard of any more.
        if !placement.removed.contains(NodeID(number)) { _ = try node(number) }
        return ClusterDecision(
            action: "node.resume", target: "\(number)",
            orders: [
                order(.drain, node: number, .lifted, signature), order(.removal, node: number, .lifted, signature),
            ])
    }

    func remove(_ number: UInt64, force: Bool, _ signature: Signature) throws(AdminProblem) -> ClusterDecision {
        let node = try node(number)
        if !force {
            guard !node.member.isPresent else {
                throw AdminProblem(
                    .notPossible,
                    "Node \(number) is \(node.member.state.rawValue): stop it first. With force it gives all its shards to others, and gets none, until it is resumed."
                )
            }
            let owned = shards(ownedBy: number)
            guard owned.isEmpty else {
                throw AdminProblem(
                    .notPossible,
                    "Node \(number) owns \(owned.count) shards by their logs, the first is \(owned[0].id): others take them over soon. With force it is forgotten all the same, and its pins are lifted."
                )
            }
        }
        var orders = [
            order(.removal, node: number, .inForce, signature), order(.drain, node: number, .lifted, signature),
        ]
        for pin in self.orders where pin.kind == .pin && pin.node == number {
            orders.append(signature.lifting(pin))
        }
        return ClusterDecision(
            action: "node.remove", target: "\(number)", detail: force ? "by force" : "", orders: orders)
    }

    func move(_ id: ShardID, to number: UInt64, _ signature: Signature) throws(AdminProblem) -> ClusterDecision {
        let shard = shard(id)
        if let reason = shard.quarantine {
            throw AdminProblem(.notPossible, "Shard \(id) is quarantined: \(reason).")
        }
        let target = try node(number)
        guard target.member.state == .alive, !isRemoved(target) else {
            let state = isRemoved(target) ? "removed" : target.member.state.rawValue
            throw AdminProblem(.notPossible, "Node \(number) is \(state).")
        }
        guard !isDrained(target), target.member.weight > 0 else {
            throw AdminProblem(.notPossible, "Node \(number) takes no shards: resume it first.")
        }
        guard case .success? = target.report else {
            throw AdminProblem(.notPossible, "Node \(number) does not answer.")
        }
        let sight = shard.views.first { $0.node == number }?.sight
        // So that it has the shard in memory when it gets it.
        let isReady = sight.map { $0.role == .owner || $0.role == .follower && !$0.isBehind } ?? false
        var pin = ClusterOrder(
            .pin, of: cluster, shard: id, node: number, state: isReady ? .inForce : .preparing, by: signature.by,
            at: signature.at)
        // What holds already is not taken back because the node fell behind for a moment.
        if shard.pin?.state == .inForce, shard.pin?.node == number { pin.state = .inForce }
        return ClusterDecision(action: "shard.move", target: "\(id)", detail: "to node \(number)", orders: [pin])
    }

    func unpin(_ id: ShardID, _ signature: Signature) -> ClusterDecision {
        ClusterDecision(
            action: "shard.unpin", target: "\(id)", orders: shard(id).pin.map { [signature.lifting($0)] } ?? [])
    }

    func rebalance(_ signature: Signature) -> ClusterDecision {
        let pins = orders.filter { $0.kind == .pin }
        return ClusterDecision(
            action: "shard.rebalance", target: "\(pins.count) pins", orders: pins.map(signature.lifting))
    }

    func quarantine(_ id: ShardID, reason: String, _ signature: Signature) -> ClusterDecision {
        let order = ClusterOrder(
            .quarantine, of: cluster, shard: id, reason: reason, by: signature.by, at: signature.at)
        return ClusterDecision(action: "shard.quarantine", target: "\(id)", detail: reason, orders: [order])
    }

    /// Also what nodes have found out and could not write down yet: there is no order then.
    func release(_ id: ShardID, _ signature: Signature) -> ClusterDecision {
        ClusterDecision(
            action: "shard.release", target: "\(id)",
            detail: shard(id).quarantine.map { "was quarantined: \($0)" } ?? "",
            orders: order(.quarantine, of: id).map { [signature.lifting($0)] } ?? [], released: [id])
    }

    private func order(
        _ kind: ClusterOrder.Kind, node: UInt64, _ state: ClusterOrder.State, _ signature: Signature
    ) -> ClusterOrder {
        ClusterOrder(kind, of: cluster, node: node, state: state, by: signature.by, at: signature.at)
    }
}

extension Signature {
    func lifting(_ order: ClusterOrder) -> ClusterOrder {
        var lifted = order
        lifted.state = .lifted
        lifted.by = by
        lifted.at = at
        return lifted
    }
}
