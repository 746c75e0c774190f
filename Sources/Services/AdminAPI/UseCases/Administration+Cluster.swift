import ControlPlane
import Leaderboards
import NodeRuntime
import Placement

// What operators do with nodes and shards. Members of tenants have nothing to do here.
extension Administration {
    /// What the node and its cluster can be asked.
    func inspection(_ call: AdminCall) throws -> any ClusterInspection {
        try call.administrator.check(.operate, in: nil)
        guard let cluster = hooks.cluster else {
            throw AdminProblem(.notClustered, "Nothing is known of shards here.")
        }
        return cluster
    }

    private func cluster(_ call: AdminCall) throws -> (inspection: any ClusterInspection, name: String) {
        let inspection = try inspection(call)
        guard let name = inspection.clusterName else {
            throw AdminProblem(.notClustered, "This node is not one of a cluster.")
        }
        return (inspection, name)
    }

    /// - Parameter shards: what is asked of the nodes; none for all
    func state(ofShards shards: [Int] = [], _ call: AdminCall) async throws -> ClusterState {
        let (inspection, name) = try cluster(call)
        let orders = try await reading { try await store.orders(of: name) }
        return ClusterState(
            cluster: name, shardCount: inspection.shardCount, nodes: await inspection.nodes(shards: shards),
            orders: orders)
    }

    func shard(_ number: Int, _ call: AdminCall) throws -> ShardID {
        guard try inspection(call).shardCount > number else {
            throw AdminProblem(.unknownShard, "There are \(try inspection(call).shardCount) shards, from 0 on.")
        }
        return ShardID(UInt16(number))
    }

    /// What was decided, what moves because of it, and whether it was done.
    struct Ordered: Sendable {
        var moves: [PlacementPlan.Move]
        var isDone: Bool
        /// As they are now, or would be.
        var orders: [ClusterOrder]
    }

    /// Has something decided on the state of the cluster, and orders it.
    func order(
        _ call: AdminCall, dryRun: Bool = false, _ decide: (ClusterState, Signature) throws -> ClusterDecision
    ) async throws -> Ordered {
        let (inspection, _) = try cluster(call)
        let state = try await state(call)
        let now = clock()
        let decision = try decide(state, Signature(by: call.administrator.text, at: now))
        let before = await inspection.plan(state.placement)
        let moves = await inspection.plan(decision.placement(in: state)).filter { !before.contains($0) }
        if dryRun { return Ordered(moves: moves, isDone: false, orders: decision.orders) }
        let isDone = try await commit(decision, call, at: now)
        if isDone || !decision.released.isEmpty {
            await hooks.didChange()
            await inspection.ordersChanged(released: decision.released)
        }
        return Ordered(moves: moves, isDone: isDone, orders: decision.orders)
    }

    /// False if all was as it should be.
    private func commit(_ decision: ClusterDecision, _ call: AdminCall, at now: Timestamp) async throws -> Bool {
        let note = note(call, decision.action, decision.target, detail: decision.detail)
        var attempt = 1
        while true {
            let writes = try await reading {
                var writes: [ControlWrite] = []
                for var order in decision.orders {
                    let old = try await store.order(order.id)
                    guard order.isNews(beside: old) else { continue }
                    order.version = old?.version ?? 0
                    writes.append(old == nil ? .insert(.order(order)) : .replace(.order(order)))
                }
                return writes
            }
            if writes.isEmpty { return false }
            do {
                try await store.commit(writes, note, at: now)
                return true
            } catch ControlError.conflict where attempt < Self.attemptCountMax {
                attempt += 1
            } catch ControlError.exists where attempt < Self.attemptCountMax {
                attempt += 1
            } catch {
                throw AdminProblem(error, whileChanging: true)
            }
        }
    }
}

extension ClusterOrder {
    fileprivate func isNews(beside old: ClusterOrder?) -> Bool {
        guard let old else { return state != .lifted }
        if state == .lifted { return old.state != .lifted }
        return old.state != state || old.node != node && kind == .pin || old.reason != reason
    }
}

extension AdminProblem {
    /// Why a node could not say what it was asked.
    init(_ error: ServiceError) { self.init(.notPossible, error.text + ".") }
}
