import CommitLogs
import Leaderboards
import NodeRuntime
import Regions
import Synchronization

/// Two regions, `eu`, which the node is in, and `us`, which it mirrors.
final class FakeRegions: RegionInspection {
    struct State {
        var sight: RegionsSight
        var mirrors: [String: MirrorSight] = [:]
        var logs: [MirrorLogSight] = []
        var progress: Result<PromotionProgress, any Error> = .success(PromotionProgress(step: .done, logs: []))
        var asked: [String] = []
    }

    let state: Mutex<State>

    init() {
        let map = RegionMap(
            epoch: 2,
            regions: [
                Region(name: "eu", cluster: "prod-eu", gateways: [GatewayAddress(host: "eu-1", port: 7950)]),
                Region(
                    name: "us", cluster: "prod-us",
                    gateways: [GatewayAddress(host: "us-1", port: 7950), GatewayAddress(host: "us-2", port: 7950)],
                    logDomain: "us"),
            ], defaultHome: "eu",
            rules: [HomeRule(project: .everything, leaderboard: NamePattern("us-*")!, home: "us")])
        var gateways = map.regions[1].gateways.map { GatewaySight($0) }
        gateways[0].latency = .microseconds(81_500)
        gateways[1].latency = .microseconds(80_250)
        gateways[1].isChosen = true
        for index in gateways.indices { gateways[index].epoch = 2 }
        var state = State(sight: RegionsSight(me: "eu", map: map, gateways: ["us": gateways]))
        state.mirrors["us"] = MirrorSight(state: "ready", shardCount: 4, followedCount: 4, age: .milliseconds(250))
        var log = MirrorLogSight(group: 0)
        log.end = LogPosition(90)
        log.originEnd = LogPosition(100)
        state.logs = [log]
        self.state = Mutex(state)
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func regions() async -> RegionsSight { state.withLock { $0.sight } }

    func mirror(of region: String, askingLogs: Bool) async -> MirrorSight? {
        state.withLock { state in
            var mirror = state.mirrors[region]
            if askingLogs { mirror?.logs = state.logs }
            return mirror
        }
    }

    func promote(_ region: String, acceptsLoss: Bool, dryRun: Bool) async throws -> PromotionProgress? {
        try state.withLock { state in
            guard state.mirrors[region] != nil else { return nil }
            state.asked.append("\(region) \(acceptsLoss) \(dryRun)")
            return try state.progress.get()
        }
    }
}
