internal import CheckpointStores
internal import CommitLogs
internal import Leaderboards
internal import NIOPosix
internal import Placement
internal import Sharding
internal import Synchronization

/// What nodes give each other so that a log can be cut: who has what, and the checkpoints themselves.
final class CheckpointExchange: Sendable {
    let shelf: CheckpointShelf
    let desk: CheckpointDesk
    let backups = BackupHold()
    let keeping: LogKeeping
    /// A thread for verifying, which has the processor when nobody else needs it.
    let verifier = NIOThreadPool(numberOfThreads: 1)
    let me: NodeID
    /// The log is another cluster's, and so are the checkpoints that fit it.
    let isMirror: Bool
    private let membership: any ClusterMembership
    /// One for each log group. Asked for every write.
    private let pressures: [PressureGauge]
    private let state: Mutex<State>

    private struct State {
        /// Nil until this node can call others.
        var links: (any PeerLinks)?
        /// Of a mirror.
        var origin: CheckpointOrigin?
        var fetchCount = 0
        var ages: [LogAges]
    }

    static let fetchesAtOnce = 2
    private static let answerTime: Duration = .seconds(5)
    private static let chunkTime: Duration = .seconds(10)

    init(_ cluster: NodeCluster, store: any CheckpointStore, me: NodeID) {
        let orders = cluster.orders
        shelf = CheckpointShelf(store) { shard, record in
            orders?.current().losses[shard]?.voids(number: record.number, epoch: record.epoch) ?? false
        }
        desk = CheckpointDesk(store)
        keeping = cluster.keeping
        membership = cluster.membership
        isMirror = cluster.isMirror
        self.me = me
        pressures = cluster.logs.map { _ in PressureGauge() }
        state = Mutex(State(ages: cluster.logs.map { _ in LogAges(keep: cluster.keeping.keep) }))
    }

    func use(_ links: any PeerLinks) { state.withLock { $0.links = links } }
    func use(_ origin: CheckpointOrigin) { state.withLock { $0.origin = origin } }

    // MARK: The log groups

    private func group(of shard: ShardID) -> Int { Int(shard.number) % pressures.count }

    func pressure(on shard: ShardID) -> LogPressure { pressures[group(of: shard)].value }

    func note(_ fill: LogFill, ofGroup group: Int, at now: Duration) {
        pressures[group].set(LogPressure(byteCount: fill.byteCount, of: fill.byteCountMax))
        state.withLock { $0.ages[group].note(end: fill.end, at: now) }
    }

    /// What lies below is older than is to be kept, as far as this node has seen.
    func aged(_ shard: ShardID, at now: Duration) -> LogPosition {
        let group = group(of: shard)
        return state.withLock { $0.ages[group].aged(at: now) } ?? .start
    }

    /// From where on the shard's log is needed for what this node does besides; nil if for nothing. What consumers need the log itself says.
    ///
    /// A backup needs all that there is. It does so until the log is nearly full: rather than that writes are refused for its sake it
    /// goes on from newer checkpoints.
    func floor(of shard: ShardID, at now: Duration) -> LogPosition? {
        if backups.isHeld(at: now), pressure(on: shard) < .nearlyFull { return .start }
        return nil
    }

    // MARK: Asking

    /// Nodes that are there, without this one.
    var peers: [NodeID] { membership.view().profiles.map(\.id).filter { $0 != me }.sorted() }

    /// No other node was ever heard of.
    var isAlone: Bool {
        let view = membership.view()
        return view.standings.keys.allSatisfy { $0 == me } && view.profiles.allSatisfy { $0.id == me }
    }

    func standing(of node: NodeID) -> Standing { membership.view().standing(of: node) }

    /// What the other nodes have of shards, in the order of the question; nil for those that did not answer.
    func holdings(_ question: HoldingsQuestion) async -> [NodeID: [ShardHoldings]?] {
        await withTaskGroup(of: (NodeID, [ShardHoldings]?).self) { group in
            for peer in peers {
                group.addTask {
                    let answer: PeerList<ShardHoldings>? = try? await self.ask(
                        peer, .checkpoints, question, within: Self.answerTime)
                    guard let answer, answer.elements.count == question.shards.count else { return (peer, nil) }
                    return (peer, answer.elements)
                }
            }
            var holdings: [NodeID: [ShardHoldings]?] = [:]
            for await (peer, answer) in group { holdings.updateValue(answer, forKey: peer) }
            return holdings
        }
    }

    func requireOrigin() throws(ServiceError) -> CheckpointOrigin {
        guard let origin = state.withLock({ $0.origin }) else {
            throw .unavailable("this node can't call the region that it mirrors", retryAfter: 5)
        }
        return origin
    }

    func chunk(_ question: ChunkQuestion, of node: NodeID) async throws(ServiceError) -> [UInt8] {
        if isMirror { return try await requireOrigin().chunk(question, of: node) }
        let answer: ChunkBytes = try await ask(node, .checkpointChunk, question, within: Self.chunkTime)
        return answer.bytes
    }

    /// What a node says of itself and some shards; nil if it does not answer in time.
    func report(of node: NodeID, on shards: [ShardID], within time: Duration) async -> NodeReport? {
        try? await ask(node, .nodeReport, ShardQuestion(shards: shards.map { Int($0.number) }), within: time)
    }

    private func ask<Request: PeerMessage, Value: PeerMessage>(
        _ node: NodeID, _ operation: PeerOperation, _ request: Request, within time: Duration
    ) async throws(ServiceError) -> Value {
        guard let links = state.withLock({ $0.links }) else {
            throw .unavailable("this node can't call others", retryAfter: 5)
        }
        let bytes = try await links.call(operation, request.encoded, to: node.number, within: time)
        return try decodeAnswer(bytes)
    }

    // MARK: Fetching

    /// False if as many are under way as may be.
    func beginFetch() -> Bool {
        state.withLock { state in
            guard state.fetchCount < Self.fetchesAtOnce else { return false }
            state.fetchCount += 1
            return true
        }
    }

    func endFetch() { state.withLock { $0.fetchCount -= 1 } }
}

private final class PressureGauge: Sendable {
    private let level = Atomic(LogPressure.none.rawValue)

    var value: LogPressure { LogPressure(rawValue: level.load(ordering: .relaxed)) ?? .none }
    func set(_ pressure: LogPressure) { level.store(pressure.rawValue, ordering: .relaxed) }
}

/// How long the shared log is kept, and what leads around it.
package struct LogKeeping: Sendable {
    /// What is younger is not cut, unless the log is nearly full.
    package var keep: Duration = .seconds(86_400)
    /// A node whose log has so many records more behind its own checkpoint than behind another node's fetches that one. It costs less
    /// than as many records, which are up to a mebibyte each.
    package var fetchDistance: UInt64 = 4096

    package init() {}
}
