package import Placement

/// What a node tells all others about itself.
package struct NodeDescription: Hashable, Sendable {
    /// Where it takes datagrams.
    package var endpoint: Endpoint
    /// The incarnation that it began with: another one means that it was restarted.
    package internal(set) var start: UInt64 = 0
    /// Where it serves: `host:port`, at most one of each kind.
    package private(set) var services: [Service: String]
    package private(set) var weight: Int
    package let zone: Zone
    package let pools: Set<Pool>
    /// How busy it is, in thousandths.
    package private(set) var load: Int
    /// Of Laurel, so that a rolling upgrade can be watched.
    package let version: String

    /// What a node serves. Numbers once used stay used; those of newer versions are passed over.
    package enum Service: UInt8, CaseIterable, Comparable, Sendable {
        case http = 1
        case redis = 2
        case admin = 3
        /// Where it takes calls of other nodes.
        case nodes = 4
        /// There only while it can't reach the log, with nothing in it: what it owns is for others to take.
        case cutOff = 5

        package static func < (left: Service, right: Service) -> Bool { left.rawValue < right.rawValue }
    }

    /// Why a description can't be told.
    package enum Problem: Error, Hashable {
        case nameTooLong(String)
        case tooManyPools
    }

    package static let nameBytesMax = 64
    package static let poolsMax = 4
    package static let loadMax = 65_535

    /// - Throws: if a name has more than 64 bytes or there are more than 4 pools: so no description has more than 754
    ///   bytes, and one fits into any packet
    package init(
        endpoint: Endpoint, services: [Service: String] = [:], weight: Int = NodeProfile.weightUsual,
        zone: Zone = Zone(""), pools: Set<Pool> = [.common], load: Int = 0, version: String = ""
    ) throws(Problem) {
        for name in services.values.sorted() + [zone.name, version] + pools.map(\.name).sorted() {
            guard name.utf8.count <= Self.nameBytesMax else { throw .nameTooLong(name) }
        }
        guard pools.count <= Self.poolsMax else { throw .tooManyPools }
        self.endpoint = endpoint
        self.services = services
        self.weight = min(max(weight, 0), NodeProfile.weightMax)
        self.zone = zone
        self.pools = pools
        self.load = min(max(load, 0), Self.loadMax)
        self.version = version
    }

    package func with(load: Int) -> NodeDescription {
        var changed = self
        changed.load = min(max(load, 0), Self.loadMax)
        return changed
    }

    package func with(weight: Int) -> NodeDescription {
        var changed = self
        changed.weight = min(max(weight, 0), NodeProfile.weightMax)
        return changed
    }

    package var reachesLog: Bool { services[.cutOff] == nil }

    package func with(reachesLog: Bool) -> NodeDescription {
        var changed = self
        changed.services[.cutOff] = reachesLog ? nil : ""
        return changed
    }

    /// For placement.
    package func profile(of id: NodeID) -> NodeProfile { NodeProfile(id: id, weight: weight, zone: zone, pools: pools) }
}
