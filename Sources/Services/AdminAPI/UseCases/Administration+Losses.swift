import ControlPlane
import Leaderboards
import NodeRuntime
import Placement

// A shard whose log has lost its end is given back without what was lost.
extension Administration {
    /// What is known of a damaged shard, and what was ordered, if anything was.
    struct LossAnswer: Sendable {
        var survey: LossSurvey
        var isDone = false
        var orders: [ClusterOrder] = []
    }

    /// - Parameter number: the record that the log is said to end with; nil: nothing is done, and what is known is answered
    func acceptLoss(of shard: ShardID, endingAt number: UInt64?, _ call: AdminCall) async throws -> LossAnswer {
        // The orders first: a quarantine that is the same when this is committed was in force all the time.
        let state = try await state(ofShards: [Int(shard.number)], call)
        let inspection = try inspection(call)
        guard state.order(.quarantine, of: shard) != nil else { throw ClusterState.notQuarantined(shard) }
        let survey: LossSurvey
        do throws(ServiceError) {
            survey = try await inspection.survey(
                shard: Int(shard.number), removed: Set(state.placement.removed.map(\.number)))
        } catch {
            throw AdminProblem(error)
        }
        guard let number else { return LossAnswer(survey: survey) }
        let now = clock()
        let decision = try state.acceptLoss(
            survey, endingAt: number, Signature(by: call.administrator.text, at: now))
        try await commit(decision, call, at: now)
        await hooks.didChange()
        await inspection.ordersChanged(released: decision.released)
        return LossAnswer(survey: survey, isDone: true, orders: decision.orders)
    }

    /// All of it or, if one of the orders was changed meanwhile, nothing.
    private func commit(_ decision: ClusterDecision, _ call: AdminCall, at now: Timestamp) async throws {
        let writes = decision.orders.map { order in
            order.version == 0 ? ControlWrite.insert(.order(order)) : .replace(.order(order))
        }
        let note = note(call, decision.action, decision.target, detail: decision.detail)
        do {
            try await store.commit(writes, note, at: now)
        } catch {
            throw AdminProblem(error, whileChanging: true)
        }
    }
}
