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
}
