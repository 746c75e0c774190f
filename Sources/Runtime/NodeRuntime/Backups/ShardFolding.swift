package import CheckpointStores
package import CommitLogs
package import Leaderboards
internal import Logging
internal import NIOPosix
package import Sharding

/// A shard of a backup, brought from one of its checkpoints through the records behind it: with every check that a node makes when
/// it starts, and no log or clock of its own.
package final class ShardFolding {
    package let id: ShardID
    private let recovery: ShardRecovery
    private(set) var recovered: RecoveredShard
    private(set) package var entryCount = 0

    /// - Parameters:
    ///   - store: has a checkpoint of the shard; nil to begin before its first record
    package init(_ id: ShardID, from store: (any CheckpointStore)?) throws(RecoveryError) {
        self.id = id
        recovery = ShardRecovery(environment: .offline(store ?? InMemoryCheckpointStore()))
        recovered = try recovery.loadCheckpoint(id)
        if store != nil, recovered.tail.number == 0 { throw .gap(id, "its checkpoint can't be used") }
    }

    package var number: UInt64 { recovered.tail.number }
    package var end: LogFoundation {
        LogFoundation(number: recovered.tail.number, epoch: recovered.tail.epoch, hash: recovered.tail.hash)
    }
    /// The shard's time.
    package var time: Timestamp { recovered.shard.time }

    /// Applies the next record. Its outcomes are computed again, and compared.
    package func apply(_ entry: LogEntry) throws(RecoveryError) {
        try recovery.apply(entry, to: &recovered)
        if let damage = recovered.damage { throw .gap(id, damage) }
    }

    /// Reads all that is not in memory, and checks it.
    package func loadAll() throws(RecoveryError) {
        let loader = recovery.environment.loader(of: id)
        do throws(LoadError) {
            for piece in recovered.shard.missingAltogether {
                guard case .leaderboard(let stored) = piece else { continue }
                entryCount += try loader.verify(stored)
                recovered.shard.install(try loader.load(stored))
            }
        } catch {
            throw .gap(id, "\(error)")
        }
    }

    /// Precondition: everything is in memory.
    package var stateHash: ChainHash { recovered.shard.stateHash(withUsage: false) }
}

extension ShardEnvironment {
    /// For work on stored data that no node serves.
    static func offline(_ store: any CheckpointStore) -> ShardEnvironment {
        ShardEnvironment(
            configuration: NodeConfiguration(), clock: SystemClock(), log: InMemoryCommitLog(), store: store,
            threads: NIOThreadPool(numberOfThreads: 1), budgets: ProjectBudgets(nil), logger: Logger(label: "offline"),
            fail: { _ in }, inBackground: { _ in false })
    }
}
