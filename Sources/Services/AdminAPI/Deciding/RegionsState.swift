import NodeRuntime
import Regions

/// The regions at one moment, as one node sees them.
struct RegionsState: Sendable {
    var sight: RegionsSight
    /// Of the regions that the node mirrors, by name.
    var mirrors: [String: MirrorSight]

    var regions: [RegionState] {
        sight.map.regions.map { region in
            RegionState(
                region: region, isHere: region.name == sight.me, gateways: sight.gateways[region.name] ?? [],
                mirror: mirrors[region.name])
        }
    }

    func region(_ name: String) throws(AdminProblem) -> RegionState {
        guard let region = regions.first(where: { $0.region.name == name }) else {
            throw AdminProblem(.unknownRegion, "There is no region \(name) in this node's regions.")
        }
        return region
    }

    /// What somebody should look at.
    var problems: [String] {
        var problems: [String] = []
        let epoch = sight.map.epoch
        if let newest = sight.newestElsewhere {
            problems.append(
                "region \(newest.region) has epoch \(newest.epoch), and this node \(epoch): it takes no writes until it was restarted with that file"
            )
        }
        if let refusal = sight.refusal { problems.append("what is in the file now is not in force: \(refusal)") }
        for region in regions where !region.isHere { problems += region.problems(epoch: epoch) }
        return problems
    }
}

/// One region, as a node sees it.
struct RegionState: Sendable {
    var region: Region
    /// Whether the node is in it.
    var isHere: Bool
    var gateways: [GatewaySight]
    /// Nil if the node has none of it.
    var mirror: MirrorSight?

    enum Condition: String {
        case here, reachable, unreachable
        /// Nobody has been asked often enough to say.
        case unknown
    }

    var condition: Condition {
        if isHere { return .here }
        if gateways.contains(where: { $0.latency != nil }) { return .reachable }
        return gateways.contains { $0.failureCount > 0 } ? .unreachable : .unknown
    }

    /// The gateway that is asked first.
    var chosen: GatewaySight? { gateways.first { $0.isChosen } }

    /// The highest epoch that its gateways have named.
    var epoch: UInt64? { gateways.compactMap(\.epoch).max() }

    func problems(epoch: UInt64) -> [String] {
        var problems: [String] = []
        switch condition {
        case .here, .unknown: break
        case .unreachable: problems.append("region \(region.name) can't be reached")
        case .reachable:
            for gateway in gateways where gateway.latency == nil && gateway.failureCount > 0 {
                problems.append("gateway \(gateway.address) of region \(region.name) does not answer")
            }
        }
        for gateway in gateways {
            guard let other = gateway.epoch, other < epoch else { continue }
            problems.append(
                "gateway \(gateway.address) of region \(region.name) has epoch \(other), and this node \(epoch): it takes no writes until it has that file"
            )
        }
        if let mirror { problems += mirror.problems(of: region.name) }
        return problems
    }
}

extension MirrorSight {
    /// An answer about where the origin ends comes twice a second while it can be reached.
    static let usualAgeMax: Duration = .seconds(30)

    func problems(of region: String) -> [String] {
        guard state == "ready" else { return ["the mirror of region \(region) is \(state)"] }
        guard let age else { return ["the mirror of region \(region) is not complete, so it can't say how old it is"] }
        guard age <= Self.usualAgeMax else {
            return ["the mirror of region \(region) is \(age.components.seconds) s old"]
        }
        return []
    }
}
