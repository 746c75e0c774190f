import NodeLink
import NodeRuntime

/// Says what a node knows of the regions.
struct RegionInspector: RegionInspection {
    let routing: RegionRouting
    let gateways: RegionGateways
    let watcher: RegionsWatcher
    let mirrors: OpenMirrors

    func regions() async -> RegionsSight {
        RegionsSight(
            me: routing.me, map: watcher.map, newestElsewhere: routing.newestElsewhere, refusal: watcher.refusal,
            gateways: gateways.sights())
    }

    func mirror(of region: String, askingLogs: Bool) async -> MirrorSight? {
        await mirrors.nodes[region]?.mirrorSight(askingLogs: askingLogs)
    }

    func promote(_ region: String, acceptsLoss: Bool, dryRun: Bool) async throws -> PromotionProgress? {
        guard let logs = mirrors.logs[region] else { return nil }
        return try await Promotion(logs, clock: SystemClock()).advance(acceptsLoss: acceptsLoss, dryRun: dryRun)
    }
}
