internal import CommitLogs
internal import Leaderboards
internal import Placement

/// How a node shares its shards with others: the logs that all append to, and for how long an owner is one.
struct Sharing: Sendable {
    /// Log groups: a shard belongs to one of them for ever.
    let logs: [any SharedLog]
    let terms: LeaseTerms
    let exchange: CheckpointExchange
    let orders: (any ClusterOrders)?
    /// Of each log.
    let paces: [AppendPace]

    init(
        logs: [any SharedLog], terms: LeaseTerms, exchange: CheckpointExchange, orders: (any ClusterOrders)? = nil
    ) {
        self.logs = logs
        self.terms = terms
        self.exchange = exchange
        self.orders = orders
        paces = logs.map { _ in AppendPace() }
    }

    func group(of shard: ShardID) -> Int { Int(shard.number) % logs.count }
    func log(of shard: ShardID) -> any SharedLog { logs[group(of: shard)] }
    func losses(of shard: ShardID) -> AcceptedLosses { orders?.current().losses[shard] ?? AcceptedLosses() }
    func pace(of shard: ShardID) -> AppendPace { paces[Int(shard.number) % logs.count] }
}

extension ShardEnvironment {
    /// The log that has a shard's records.
    func log(of shard: ShardID) -> any CommitLog { sharing?.log(of: shard) ?? log }
}

/// What a node is to a shard.
enum ShardRole: Hashable, Sendable {
    /// It appends.
    case owner
    /// It applies what others append.
    case follower
    /// It has nothing of it in memory.
    case vacant
}

/// A shard on its way to another node.
struct HandOver {
    /// Nil if anybody may have it.
    var heir: NodeID?
    /// Nothing more is taken: the record in the making is the last one.
    var isClosed = false
    var whenDone: CheckedContinuation<Bool, Never>
}

/// The payload of a record of kind release: the heir's number in 8 bytes, the least significant first, or nothing.
enum ReleasePayload {
    static func encode(heir: NodeID?) -> [UInt8] {
        guard let heir else { return [] }
        return (0..<8).map { UInt8(truncatingIfNeeded: heir.number >> (8 * $0)) }
    }

    /// Nil if nobody is named, or in a way that this version does not know.
    static func heir(in payload: [UInt8]) -> NodeID? {
        guard payload.count == 8 else { return nil }
        return NodeID(payload.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
}
