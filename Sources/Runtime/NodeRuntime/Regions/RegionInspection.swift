package import Leaderboards
package import Regions

/// What operators ask of a node about the regions.
package protocol RegionInspection: Sendable {
    /// What the node knows by heart.
    func regions() async -> RegionsSight
    /// How far its mirror of a region is; nil if it has none.
    ///
    /// - Parameter askingLogs: whether the region is asked where its log ends, which takes seconds if it can't be reached
    func mirror(of region: String, askingLogs: Bool) async -> MirrorSight?
    /// Takes the next step of putting the mirror of a region in its place, or says what it would be; nil if the node has no mirror.
    /// Throws a `PromotionStep.Refusal` or a `PromotionProblem`.
    func promote(_ region: String, acceptsLoss: Bool, dryRun: Bool) async throws -> PromotionProgress?
}

/// The regions as a node sees them.
package struct RegionsSight: Sendable {
    /// Its own.
    package var me: String
    package var map: RegionMap
    /// A higher epoch that it has heard of, and from which region.
    package var newestElsewhere: (epoch: UInt64, region: String)?
    /// Why the node does not go by what is in the file now; nil if it does.
    package var refusal: String?
    /// Of the other regions, by name, as the map has them.
    package var gateways: [String: [GatewaySight]]

    package init(
        me: String, map: RegionMap, newestElsewhere: (epoch: UInt64, region: String)? = nil, refusal: String? = nil,
        gateways: [String: [GatewaySight]] = [:]
    ) {
        self.me = me
        self.map = map
        self.newestElsewhere = newestElsewhere
        self.refusal = refusal
        self.gateways = gateways
    }
}

/// A gateway of another region.
package struct GatewaySight: Hashable, Sendable {
    package var address: GatewayAddress
    /// How far away it is; nil if that is not known.
    package var latency: Duration?
    /// Questions without an answer, one after the other, at most as many as it takes to be left alone.
    package var failureCount = 0
    /// Whether it is asked first.
    package var isChosen = false
    /// Of its region's file, as it said last.
    package var epoch: UInt64?

    package init(_ address: GatewayAddress) { self.address = address }
}

/// A mirror of another region, in a node.
package struct MirrorSight: Hashable, Sendable {
    /// `ready`, or why not.
    package var state: String
    package var shardCount: Int
    /// Of which the node has all that the mirrored log has.
    package var followedCount: Int
    /// How old what it has is at most; of the shard that is worst. Nil if nothing is known of one.
    package var age: Duration?
    package var logs: [MirrorLogSight] = []

    package init(state: String, shardCount: Int, followedCount: Int, age: Duration?) {
        self.state = state
        self.shardCount = shardCount
        self.followedCount = followedCount
        self.age = age
    }
}

/// One log group of it.
package struct MirrorLogSight: Hashable, Sendable {
    package var group: Int
    /// Behind the last record that the mirror has, and behind that of its origin; nil if there was no answer.
    package var end: LogPosition?
    package var originEnd: LogPosition?
    /// Why there was none.
    package var problem: String?

    package init(group: Int) { self.group = group }
}
