package import CommitLogs
package import Leaderboards
package import Placement

/// How far the log of one shard may be cut.
///
/// Invariant: what it answers is not above
/// - the second newest verified checkpoint of the node that cuts, and of another one. If the log is nearly full, one of the two may have a
///   single one: a node that has just come has no second before there is room for something new. So two nodes can lose their newest
///   checkpoint, or one of them all it has, and the shard is still made again from what is left;
/// - what a durable consumer of the shard has acknowledged, however full the log is: a node that falls behind what was cut fetches a
///   checkpoint, a consumer has lost records for good;
/// - any floor that a node holds;
/// - where the log is not too old to be kept, or a living follower's last applied record, unless the log is nearly full. A follower
///   that falls behind what was cut fetches a checkpoint, so to wait for it is a courtesy, and not owed for ever.
package struct TruncationBound: Sendable {
    package var own: ShardHoldings
    package var others: [NodeID: ShardHoldings]
    /// Nodes that are there and were asked, and did not answer.
    package var silent: Set<NodeID>
    /// No other node has ever been heard of.
    package var isAlone: Bool
    package var isNearlyFull: Bool
    /// Those that read the shard; nil if that can't be found out.
    package var consumers: [LogConsumer]?

    package init(
        own: ShardHoldings, others: [NodeID: ShardHoldings], silent: Set<NodeID> = [], isAlone: Bool,
        isNearlyFull: Bool, consumers: [LogConsumer]? = []
    ) {
        self.own = own
        self.others = others
        self.silent = silent
        self.isAlone = isAlone
        self.isNearlyFull = isNearlyFull
        self.consumers = consumers
    }

    /// Below what position records may go, or why none may.
    package var position: Result<LogPosition, Obstacle> {
        nodesPosition.flatMap { position in
            guard let consumers else { return .failure(.consumers) }
            let floors = consumers.map(\.floor)
            guard !floors.contains(nil) else { return .failure(.consumers) }
            return .success(floors.compactMap { $0 }.reduce(position, min))
        }
    }

    /// Those for whom less is cut than could be, or nothing, since it is not known what they need.
    package var holders: [LogConsumer] {
        guard case .success(let position) = nodesPosition else { return [] }
        return (consumers ?? []).filter { consumer in consumer.floor.map { $0 < position } ?? true }
    }

    /// How far nodes allow it.
    package var nodesPosition: Result<LogPosition, Obstacle> {
        var bound: LogPosition
        switch checkpointed {
        case .success(let position): bound = position
        case .failure(let obstacle): return .failure(obstacle)
        }
        for floor in ([own] + others.values).compactMap(\.floor) { bound = min(bound, floor) }
        if isNearlyFull { return .success(bound) }
        guard silent.isEmpty else { return .failure(.silence) }
        for other in others.values where other.role == .follower { bound = min(bound, other.applied) }
        let aged = ([own] + others.values).map(\.aged).max() ?? .start
        return .success(min(bound, aged))
    }

    /// What the checkpoints allow.
    private var checkpointed: Result<LogPosition, Obstacle> {
        // Who follows the log has compared its checkpoint with it.
        let others = others.values.filter { $0.role != .none }
        if isAlone || !isNearlyFull {
            guard let ownSafe = own.safePosition else { return .failure(.ownCheckpoints) }
            if isAlone { return .success(ownSafe) }
            guard let safe = others.compactMap(\.safePosition).max() else { return .failure(.otherCheckpoints) }
            return .success(min(ownSafe, safe))
        }
        guard let ownNewest = own.newestPosition else { return .failure(.ownCheckpoints) }
        let positions = others.flatMap { other in
            [(own.safePosition, other.newestPosition), (ownNewest, other.safePosition)].compactMap { one, another in
                one.flatMap { one in another.map { min(one, $0) } }
            }
        }
        if let position = positions.max() { return .success(position) }
        return .failure(own.safePosition == nil ? .ownCheckpoints : .otherCheckpoints)
    }

    package enum Obstacle: Error, Hashable, Sendable {
        /// This node has not verified two.
        case ownCheckpoints
        /// Nor has any other.
        case otherCheckpoints
        /// A node does not answer.
        case silence
        /// It is not known who they are, or what one of them has acknowledged.
        case consumers
    }
}

extension ShardHoldings {
    /// What the newest of the verified checkpoints reflects.
    package var newestPosition: LogPosition? { verifiedPositions.last }

    /// What the second newest of them reflects.
    package var safePosition: LogPosition? { verifiedPositions.dropLast().last }

    private var verifiedPositions: [LogPosition] {
        checkpoints.filter(\.isVerified).map(\.record.position).sorted()
    }
}

/// How full a log group is.
package enum LogPressure: Int, Comparable, Sendable {
    case none
    /// It is cut as far as checkpoints allow, however young.
    case nearlyFull
    /// What is left is for claims, leases and releases, which are small: owners go on, and take no writes.
    case full

    package init(byteCount: Int, of byteCountMax: Int?) {
        guard let byteCountMax else {
            self = .none
            return
        }
        if byteCount >= byteCountMax - byteCountMax / 16 {
            self = .full
        } else {
            self = byteCount >= byteCountMax / 4 * 3 ? .nearlyFull : .none
        }
    }

    package static func < (one: LogPressure, other: LogPressure) -> Bool { one.rawValue < other.rawValue }
}
