import CommitLogs
import ControlPlane
import NodeRuntime
import Regions

// What operators see of the regions.
extension Administration {
    func regionInspection(_ call: AdminCall) throws -> any RegionInspection {
        try call.administrator.check(.operate, in: nil)
        guard let regions = hooks.regions else {
            throw AdminProblem(.noRegions, "This node's settings name none: see region and regions-file.")
        }
        return regions
    }

    /// - Parameter shown: the region of which everything is asked; nil for all, of which only what is known by heart
    func regionsState(showing shown: String? = nil, _ call: AdminCall) async throws -> RegionsState {
        let inspection = try regionInspection(call)
        var state = RegionsState(sight: await inspection.regions(), mirrors: [:])
        if let shown { _ = try state.region(shown) }
        for region in state.sight.map.regions where shown == nil || region.name == shown {
            state.mirrors[region.name] = await inspection.mirror(of: region.name, askingLogs: shown != nil)
        }
        return state
    }

    /// Takes one step; whoever wants the whole asks again until it is done.
    func promote(
        _ region: String, acceptsLoss: Bool, dryRun: Bool, _ call: AdminCall
    ) async throws -> PromotionProgress {
        let inspection = try regionInspection(call)
        let state = RegionsState(sight: await inspection.regions(), mirrors: [:])
        guard try !state.region(region).isHere else {
            throw AdminProblem(
                .notPossible, "The node is in region \(region), which is promoted where it is mirrored.")
        }
        let found: PromotionProgress?
        do {
            found = try await inspection.promote(region, acceptsLoss: acceptsLoss, dryRun: dryRun)
        } catch let refusal as PromotionStep.Refusal {
            throw AdminProblem(.notPossible, "\(refusal).")
        } catch let problem as PromotionProblem {
            throw AdminProblem(.notPossible, "\(problem). Go on later: what was done stays done.")
        }
        guard let progress = found else {
            throw AdminProblem(
                .notPossible, "The node does not mirror region \(region): ask one that has it in region-mirrors.")
        }
        if !dryRun, let detail = progress.step.changeText {
            let note = note(call, "region.promote", region, detail: detail)
            // The database may have been lost with the region, and nothing may wait for it now.
            _ = try? await store.commit([], note, at: clock())
        }
        return progress
    }
}

extension PromotionStep {
    /// What was changed; nil if nothing.
    fileprivate var changeText: String? {
        switch self {
        case .seal(let names): "sealed the origins of \(names.joined(separator: ", "))"
        case .note(let names): "noted where \(names.joined(separator: ", ")) end"
        case .takeOver(let names): "\(names.joined(separator: ", ")) take records"
        case .catchUp, .cut, .done: nil
        }
    }
}
