import AdminAPI
import ControlPlane
import Leaderboards
import Logging
import NodeRuntime
import Placement
import ServiceLifecycle
import Synchronization
import Tenancy

/// What operators have ordered of the cluster, as the control database has it: read every second, and while it can't be read the
/// last ones hold.
final class StoredOrders: ClusterOrders, Service {
    private struct State {
        var orders = ShardOrders()
        /// Damaged shards that are not written down yet, and why.
        var reports: [ShardID: String] = [:]
        var isReachable = true
    }

    private let store: any ControlStore
    private let cluster: String
    private let node: UInt64
    private let logger: Logger
    private let state = Mutex(State())

    /// Reads them for the first time.
    init(
        _ store: any ControlStore, cluster: String, node: UInt64, _ logger: Logger
    ) async throws(ControlError) {
        self.store = store
        self.cluster = cluster
        self.node = node
        self.logger = logger
        try await read()
    }

    func current() -> ShardOrders { state.withLock { $0.orders } }

    func report(_ shard: ShardID, reason: String) { state.withLock { $0.reports[shard] = reason } }

    func refresh() async {
        let isReachable: Bool
        do throws(ControlError) {
            try await writeReports()
            try await read()
            isReachable = true
        } catch {
            logger.debug("orders of operators are read later: \(error)")
            isReachable = false
        }
        let wasReachable = state.withLock { state in
            defer { state.isReachable = isReachable }
            return state.isReachable
        }
        if wasReachable, !isReachable { logger.warning("the control database is away: the last orders hold") }
    }

    func run() async {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.interval)
                await self.refresh()
            }
        }
    }

    private static let interval: Duration = .seconds(1)

    private func read() async throws(ControlError) {
        let orders = ShardOrders(try await store.orders(of: cluster))
        state.withLock { $0.orders = orders }
    }

    /// So that a restart keeps it, and all others do.
    private func writeReports() async throws(ControlError) {
        for (shard, reason) in state.withLock({ $0.reports }).sorted(by: { $0.key < $1.key }) {
            var order = ClusterOrder(
                .quarantine, of: cluster, shard: shard, node: node, reason: String(reason.prefix(500)),
                by: "node \(node)", at: AccessClock.system.now())
            let old = try await store.order(order.id)
            if old == nil || old?.state == .lifted {
                order.version = old?.version ?? 0
                let note = AuditNote(
                    actor: order.by, action: "shard.quarantine", target: "\(shard)", tenant: nil, detail: order.reason)
                do throws(ControlError) {
                    try await store.commit(
                        [old == nil ? .insert(.order(order)) : .replace(.order(order))], note, at: order.at)
                } catch {
                    switch error {
                    // Another node was faster: the next time it is there, or tried again.
                    case .exists, .conflict: continue
                    default: throw error
                    }
                }
            }
            state.withLock { if $0.reports[shard] == reason { $0.reports[shard] = nil } }
        }
    }
}

extension ShardOrders {
    init(_ orders: [ClusterOrder]) {
        self.init(placement: PlacementOrders(orders))
        for order in orders where order.kind == .quarantine && order.state == .inForce {
            quarantines[order.shard!] = order.reason
        }
        for order in orders {
            guard let shard = order.shard, let loss = order.loss.flatMap({ AcceptedLoss($0) }) else { continue }
            losses[shard, default: AcceptedLosses()].all.append(loss)
        }
    }
}
