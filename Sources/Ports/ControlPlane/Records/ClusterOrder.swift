package import Leaderboards

/// What an operator wants of a cluster's nodes or shards, until it is lifted. There is one record for each kind and each node or
/// shard, which is replaced when the order is given anew.
package struct ClusterOrder: Hashable, Sendable {
    /// What it wants. Words once used keep their meaning.
    package enum Kind: String, CaseIterable, Sendable {
        /// The shard is kept on `node`.
        case pin
        /// `node` owns and follows nothing.
        case drain
        /// `node` is forgotten.
        case removal
        /// Nobody touches the shard. `node` is the one that found it damaged, if it was one.
        case quarantine
        /// Records that the shard's log has lost are given up: above a point, and up to an epoch, all is void. There is one for each
        /// such loss of a shard, and it is never lifted.
        case loss
    }

    package enum State: String, CaseIterable, Sendable {
        /// A pin whose node is to follow the shard before it gets it.
        case preparing
        case inForce = "in_force"
        case lifted
    }

    package let id: OrderID
    package let cluster: String
    package let kind: Kind
    /// Of pins, quarantines and losses.
    package let shard: ShardID?
    package var node: UInt64?
    package var state: State
    /// For people. Of a loss: its `LossPoint`.
    package var reason: String
    /// Who gave or lifted it: `operator`, or a node.
    package var by: String
    package var at: Timestamp
    package var version: Int64 = 0

    /// Precondition: pins, quarantines and losses have a shard, pins, drains and removals a node, losses a point.
    package init(
        _ kind: Kind, of cluster: String, shard: ShardID? = nil, node: UInt64? = nil, state: State = .inForce,
        reason: String = "", by: String, at: Timestamp
    ) {
        switch kind {
        case .pin, .quarantine: id = OrderID(kind, of: cluster, "\(shard!)")
        case .drain, .removal: id = OrderID(kind, of: cluster, "\(node!)")
        case .loss: id = OrderID(kind, of: cluster, "\(shard!).\(LossPoint(reason)!.epoch)")
        }
        self.cluster = cluster
        self.kind = kind
        self.shard = shard
        self.node = node
        self.state = state
        self.reason = reason
        self.by = by
        self.at = at
    }
}

extension ClusterOrder {
    /// Nil if it is no loss.
    package var loss: LossPoint? { kind == .loss ? LossPoint(reason) : nil }
}

/// Names an order by what it is about: `cluster/kind/number`; of losses `cluster/loss/shard.epoch`.
package struct OrderID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package init(unchecked text: String) { self.text = text }

    package init(_ kind: ClusterOrder.Kind, of cluster: String, _ number: String) {
        text = "\(cluster)/\(kind.rawValue)/\(number)"
    }

    package static func < (left: OrderID, right: OrderID) -> Bool { left.text < right.text }
    package var description: String { text }
}
