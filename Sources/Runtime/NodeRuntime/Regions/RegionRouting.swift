internal import Leaderboards
package import Regions
internal import Sharding
internal import Synchronization

/// The way to other regions.
package protocol RegionLinks: Sendable {
    /// Sends a request to a gateway of a region, and answers with what came back. Throws as `PeerLinks` does.
    func call(
        _ operation: PeerOperation, _ request: [UInt8], to region: String, within time: Duration
    ) async throws(ServiceError) -> [UInt8]
}

/// Where leaderboards are at home, as this node's region sees it.
package final class RegionRouting: Sendable {
    package let me: String
    /// Of the node's start: homes don't change while it runs, and places, which have a region's number in them, are remembered.
    package let map: RegionMap
    let links: any RegionLinks
    private let newest: Mutex<(epoch: UInt64, region: String)?> = Mutex(nil)

    /// Precondition: `me` is one of the map's regions.
    package init(_ me: String, of map: RegionMap, links: any RegionLinks) {
        precondition(map.region(named: me) != nil, "a node is in one of the regions")
        self.me = me
        self.map = map
        self.links = links
    }

    /// Another region has a map of a higher epoch: what this node takes for its own may be at home elsewhere by now.
    package func note(epoch: UInt64, of region: String) {
        guard epoch > map.epoch else { return }
        newest.withLock { if $0.map({ $0.epoch < epoch }) ?? true { $0 = (epoch, region) } }
    }

    /// A higher epoch than this node's, and a region that has it.
    package var newestElsewhere: (epoch: UInt64, region: String)? { newest.withLock { $0 } }

    /// The region that a leaderboard must be asked of; nil if it is this one.
    func awayHome(of key: LeaderboardKey) throws(ServiceError) -> String? {
        if let problem { throw problem }
        let home = map.home(of: key)
        return home == me ? nil : home
    }

    /// Throws unless a leaderboard is at home here.
    func expectHome(_ key: LeaderboardKey) throws(ServiceError) {
        if let problem { throw problem }
        let home = map.home(of: key)
        guard home == me else {
            throw .unavailable(
                "'\(key.id)' is at home in region \(home), not in \(me), by epoch \(map.epoch) of its regions",
                retryAfter: 5)
        }
    }

    /// Why nothing is done at the moment.
    var problem: ServiceError? {
        guard let newest = newest.withLock({ $0 }) else { return nil }
        return .unavailable(
            "this node's regions have epoch \(map.epoch), and those of region \(newest.region) have \(newest.epoch)",
            retryAfter: 5)
    }

    /// The other regions in which something of a project may be at home.
    func awayHomes(ofProject project: String) -> [String] {
        map.regions.map(\.name).filter { $0 != me && map.mayBeHome($0, ofProject: project) }
    }

    // MARK: Places

    /// A place in another region has a number beyond those of this node's shards. All regions have as many shards.
    func place(of key: LeaderboardKey, shardCount: Int) -> ShardPlace {
        let shard = ShardMap.place(of: key, among: shardCount)
        let home = map.home(of: key)
        guard home != me, let index = map.regions.firstIndex(where: { $0.name == home }) else {
            return ShardPlace(index: shard)
        }
        return ShardPlace(index: shardCount * (index + 1) + shard)
    }

    /// The same place as the region has it to whom it belongs.
    static func placeThere(_ place: ShardPlace, shardCount: Int) -> ShardPlace {
        ShardPlace(index: place.index % shardCount)
    }

    /// Nil if it is in this region.
    func region(at place: ShardPlace, shardCount: Int) -> String? {
        place.index < shardCount ? nil : map.regions[place.index / shardCount - 1].name
    }
}
