package import CheckpointStores
package import CommitLogs
internal import Leaderboards
package import Logging
package import NIOCore
internal import NIOPosix
internal import Placement
internal import ServiceLifecycle
internal import Sharding
internal import Synchronization

/// A node: shards at work on the event loops, one log and one checkpoint store between them.
///
/// `run` recovers every shard, serves until it is told to stop, then stops taking commands, makes the last records
/// durable, takes a last checkpoint and closes log and store. Until recovery is done, and after the stop, commands are
/// refused with `.unavailable`.
package final class Node: Service, Sendable {
    package let configuration: NodeConfiguration
    let environment: ShardEnvironment
    let eventLoops: any EventLoopGroup
    private let state = Mutex(State())
    private let failure: AsyncStream<String>
    private let background = BackgroundTasks()
    let cluster: NodeCluster?
    private let reportRecovery: @Sendable (RecoveryProgress) -> Void

    private struct State {
        var shards: [ShardActor] = []
        var readiness = Readiness.starting("recovering")
        var keeper: ShardKeeper?
    }

    /// A node that shares its shards with others. It owns none until it has claimed some.
    package convenience init(
        configuration: NodeConfiguration, cluster: NodeCluster, store: any CheckpointStore, clock: any NodeClock,
        eventLoops: any EventLoopGroup, limits: (any ProjectLimits)? = nil, logger: Logger
    ) {
        self.init(
            configuration: configuration, log: cluster.logs[0], store: store, clock: clock, eventLoops: eventLoops,
            limits: limits, cluster: cluster, logger: logger)
    }

    /// - Parameters:
    ///   - eventLoops: where shards run, best the ones that serve their clients
    ///   - limits: what projects may have; as much as they like if there is none
    ///   - progress: told how far recovery is
    package init(
        configuration: NodeConfiguration, log: any CommitLog, store: any CheckpointStore, clock: any NodeClock,
        eventLoops: any EventLoopGroup, limits: (any ProjectLimits)? = nil, cluster: NodeCluster? = nil, logger: Logger,
        progress: @escaping @Sendable (RecoveryProgress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.eventLoops = eventLoops
        self.cluster = cluster
        let (failure, failed) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
        self.failure = failure
        reportRecovery = progress
        environment = ShardEnvironment(
            configuration: configuration, clock: clock, log: log,
            sharing: cluster.map { cluster in
                Sharing(
                    logs: cluster.logs, terms: cluster.terms,
                    exchange: CheckpointExchange(cluster, store: store, me: NodeID(configuration.node)),
                    orders: cluster.orders)
            }, store: store,
            threads: NIOThreadPool(numberOfThreads: 2), budgets: ProjectBudgets(limits), logger: logger,
            fail: { failed.yield($0) },
            inBackground: background.run)
    }

    package func run() async throws {
        environment.threads.start()
        environment.loadingThread.start()
        environment.sharing?.exchange.verifier.start()
        do {
            try await serve()
        } catch {
            setReadiness(.failed("\(error)"))
            await close()
            throw error
        }
        await close()
    }

    private func serve() async throws {
        let shards = try await makeShards()
        let keeper = cluster.map { ShardKeeper($0, shards: shards, environment: environment) }
        let housekeeping = Housekeeping(shards: shards, environment: environment)
        await housekeeping.countHoldings()
        state.withLock {
            $0.shards = shards
            $0.keeper = keeper
            $0.readiness = .ready
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for shard in shards { group.addTask { await shard.run() } }
            // What a shard can't do without waiting, and nobody waits for in a task of his own.
            group.addTask { await self.background.runAll() }
            if let keeper { group.addTask { await keeper.run() } }
            var failure: NodeFailure?
            do {
                try await serveUntilStopped(housekeeping)
                setReadiness(.stopping)
            } catch let error as NodeFailure {
                setReadiness(.failed(error.reason))
                failure = error
            } catch is CancellationError {
                setReadiness(.stopping)
            }
            await keeper?.stop(givesAway: failure == nil)
            // In either case: a shard that is not stopped waits for commands for ever, and so would we for it.
            for shard in shards { await shard.stop() }
            background.finish()
            try await group.waitForAll()
            if let failure { throw failure }
            await housekeeping.takeLastCheckpoints()
        }
    }

    private func makeShards() async throws -> [ShardActor] {
        guard cluster == nil else {
            return (0..<configuration.shardCount).map { number in
                let shard = Shard(id: ShardID(UInt16(number)), settings: configuration.shard)
                return ShardActor(RecoveredShard(shard: shard), on: eventLoops.next(), environment: environment)
            }
        }
        let recovery = ShardRecovery(environment: environment, progress: reportRecovery)
        return try await recovery.makeActors(on: eventLoops)
    }

    private func serveUntilStopped(_ housekeeping: Housekeeping) async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { services in
                services.addTask { try await housekeeping.run() }
                services.addTask { try await self.waitForFailure() }
                services.addTask { try? await gracefulShutdown() }
                // Whichever ends first: a failed shard throws, a stop returns.
                defer { services.cancelAll() }
                try await services.next()
            }
        } onGracefulShutdown: {
            self.setReadiness(.stopping)
        }
    }

    private func waitForFailure() async throws {
        for await reason in failure { throw NodeFailure(reason: reason) }
    }

    /// Also called by whoever made a node and does not run it.
    package func close() async {
        await environment.log.close()
        for log in cluster?.logs.dropFirst() ?? [] { await log.close() }
        let store = environment.store
        environment.sharing?.exchange.shelf.stop()
        try? await environment.sharing?.exchange.verifier.shutdownGracefully()
        try? await environment.threads.runIfActive { store.close() }
        try? await environment.threads.shutdownGracefully()
        try? await environment.loadingThread.shutdownGracefully()
    }

    private func setReadiness(_ readiness: Readiness) {
        state.withLock { $0.readiness = readiness }
    }

    /// From now on this node can ask others for checkpoints.
    package func use(_ links: any PeerLinks) { environment.sharing?.exchange.use(links) }

    package func readiness() async -> Readiness { state.withLock { $0.readiness } }

    /// Whether it falls to this node to do what one node of a cluster does for all: it owns the first shard.
    package func ownsFirstShard() async -> Bool { await (try? shards().first)?.role == .owner }

    /// Nil in a node that stands alone, or does not serve yet.
    var keeper: ShardKeeper? { state.withLock { $0.keeper } }
    var orders: (any ClusterOrders)? { cluster?.orders }

    // MARK: Shards

    /// The shards, if the node serves.
    func shards() throws(ServiceError) -> [ShardActor] {
        let (shards, readiness) = state.withLock { ($0.shards, $0.readiness) }
        switch readiness {
        case .ready: return shards
        case .starting: throw .unavailable("the node is starting", retryAfter: 1)
        case .stopping: throw .unavailable("the node is stopping", retryAfter: 2)
        case .failed(let reason): throw .unavailable(reason, retryAfter: 5)
        }
    }

    func shard(of key: LeaderboardKey) throws(ServiceError) -> ShardActor {
        let shards = try shards()
        return shards[ShardMap.place(of: key, among: shards.count)]
    }
}

/// A shard can't go on, and so the node ends rather than answer from what may be wrong.
package struct NodeFailure: Error, CustomStringConvertible {
    package let reason: String
    package var description: String { reason }
}
