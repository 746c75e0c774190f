// What of the regions may change while a node runs: how others are reached, and that there are more. Where leaderboards are at home
// may not: nodes have the file at different moments, and until all of them do, two regions would take writes for one leaderboard.
extension RegionMap {
    /// Why a node that runs with this map can't go on with another one; empty if it can.
    package func obstacles(to next: RegionMap) -> [String] {
        var obstacles: [String] = []
        if next.epoch != epoch { obstacles.append("epoch: is \(next.epoch), and \(epoch) is in force") }
        if next.defaultHome != defaultHome {
            obstacles.append("homes.default: is \(next.defaultHome), and \(defaultHome) is in force")
        }
        // Two lists that say the same in other words are not told from two that don't.
        if next.rules != rules { obstacles.append("homes.rules: are not those in force") }
        for region in regions {
            guard let other = next.region(named: region.name) else {
                obstacles.append("regions: '\(region.name)' is missing, which is in force")
                continue
            }
            if other.cluster != region.cluster {
                obstacles.append(
                    "regions: '\(region.name)' is cluster \(other.cluster), and \(region.cluster) is in force")
            }
            // Where there was none, nobody mirrors.
            if let domain = region.logDomain, other.logDomain != domain {
                obstacles.append(
                    "regions: '\(region.name)' has log_domain \(other.logDomain ?? "none"), and \(domain) is in force")
            }
        }
        return obstacles
    }

    /// What another map changes, for people; empty if nothing. Precondition: there are no obstacles to it.
    package func changes(to next: RegionMap) -> [String] {
        var changes: [String] = []
        for region in next.regions {
            guard let old = self.region(named: region.name) else {
                changes.append("region \(region.name) is new")
                continue
            }
            if region.gateways != old.gateways {
                let gateways = region.gateways.map(\.description).joined(separator: ", ")
                changes.append("region \(region.name) has gateways \(gateways)")
            }
            if region.logDomain != old.logDomain { changes.append("region \(region.name) has a log_domain") }
        }
        if next.measuring != measuring { changes.append("gateways are measured differently") }
        return changes
    }
}
