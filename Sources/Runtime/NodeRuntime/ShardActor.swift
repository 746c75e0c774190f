internal import CommitLogs
internal import CheckpointStores
internal import Leaderboards
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Sharding
internal import Synchronization

/// A shard at work: takes commands one at a time, lets the log make them durable, and answers then.
///
/// Runs on an event loop. A command is evaluated and applied in memory in one step without suspension, and joins the
/// record in the making; `run` appends that record while the next one fills, so that one sync serves whatever came in
/// the meantime. Nothing is answered before the record it depends on is durable.
actor ShardActor {
    nonisolated let id: ShardID
    nonisolated let eventLoop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    let environment: ShardEnvironment
    var shard: Shard
    var tail: ShardTail
    var state = State.serving
    /// What this node is to the shard; always its owner where nodes share no log.
    var role: ShardRole { didSet { noteOwner() } }
    /// Until when this node may answer reads without asking the log, by `NodeClock.uptime`.
    var leaseEnd: Duration = .zero
    /// Since when a record is on its way to a shared log, by `NodeClock.uptime`.
    var appendingSince: Duration?
    /// Who has claimed the shard from this node, as gossip has it, before this node has read so.
    var successor: UInt64?
    /// Something was asked since the lease was renewed.
    var isLeaseInUse = false
    /// As of when this node, which follows, had everything of the shard, by `NodeClock.uptime`; see `age`.
    var completeAt: Duration?
    /// `shard` is with a thread that applies records to it, or in the midst of a checkpoint.
    var isLent = false
    var lentWaiters: [CheckedContinuation<Void, Never>] = []
    var isChangingRole = false
    /// Who owns the shard, if it is another node and that is known.
    var ownerNumber: UInt64? { didSet { noteOwner() } }
    /// The same, for those who are not on the shard's event loop; 0 if it is this node, or not known.
    nonisolated let otherOwner = Atomic<UInt64>(0)
    /// The shard is to be given away when all that was begun is durable.
    var handOver: HandOver?
    /// The log is damaged, which the keeper has not been told yet.
    var damage: String?
    /// Until when a follower stays where it is, by `NodeClock.uptime`: its content is being compared.
    var heldUntil: Duration = .zero
    /// Who waits for what the shard holds: with the next record, and with the one on its way.
    var fingerprintWaiters: [FingerprintWaiter] = []
    var fingerprintsOnTheWay: [FingerprintWaiter] = []

    /// The commands that came since the last append began.
    var record: RecordBuilder?
    /// The length of `record`. Kept apart: `record?.byteCount` may read a record that is gone (Swift 6.3, unoptimized).
    var pendingBytes = 0
    /// Numbers the records of this process in the order of their making: what waiters wait for.
    var batchInTheMaking: UInt64 = 1
    var durableBatch: UInt64 = 0
    var waiters: [Waiter] = []
    /// Whose turn it is, and what waits for it.
    var turns: FairQueue
    var arrivals: [FairQueue.Ticket: Arrival] = [:]
    var isTurnScheduled = false
    /// Who waits for entries.
    let waiting = WaitingList()
    /// `run`, waiting for something to do.
    var idle: CheckedContinuation<Void, Never>?
    /// `run` will be woken: more is gathered until then.
    private var isWakeScheduled = false
    private var seeds: UInt64
    var loading: [MissingPiece: [CheckedContinuation<Void, Never>]] = [:]
    var checkpoint = CheckpointProgress()
    var isTakingCheckpoint = false
    var keeping = CheckpointKeeping()
    /// Steps carried out: by it a checkpoint sees whether commands come.
    var stepCount: UInt64 = 0
    /// A checkpoint that waits for `run` to reach a point where memory is what the log will be.
    var checkpointStart: CheckedContinuation<LogPosition?, Never>?
    /// Pieces of checkpoints that are gone, still to be removed.
    var unusedPieces: [StoredPiece] = []
    /// `run`, waiting for a checkpoint to end.
    var checkpointEnd: CheckedContinuation<Void, Never>?
    /// What is answered to writes while memory is dropped and read anew. Reads wait.
    var reloading: ServiceError?
    var reloadWaiters: [CheckedContinuation<Void, Never>] = []
    /// The newest checkpoint turned out to be damaged: `run` goes back to the one before.
    var damagedGeneration: UInt64?

    init(_ recovered: RecoveredShard, on eventLoop: any EventLoop, environment: ShardEnvironment) {
        id = recovered.shard.id
        self.eventLoop = eventLoop
        self.environment = environment
        seeds = environment.clock.randomNumber()
        turns = FairQueue(environment.configuration.turns)
        shard = recovered.shard
        tail = recovered.tail
        role = environment.sharing == nil ? .owner : .vacant
        checkpoint = CheckpointProgress(recovered)
        shard.recordInTheMaking = batchInTheMaking
        environment.budgets.limit(shard)
    }

    enum State: Equatable {
        case serving
        /// The disk was full: writes are refused until then, reads go on.
        case refusingWrites(until: Timestamp)
        case stopping
        case failed(ServiceError)
    }

    /// Someone whose answer depends on a record that is not durable yet.
    struct Waiter {
        let batch: UInt64
        let whom: Whom

        enum Whom {
            case task(CheckedContinuation<Result<LogPosition, ServiceError>, Never>)
            case reader(ImpatientReader)
            case work(any ShardWork)
            case waitingWork(any WaitingWork)
        }

        func tell(_ result: Result<LogPosition, ServiceError>) {
            switch whom {
            case .task(let continuation): continuation.resume(returning: result)
            case .reader(let reader): reader.tell(result)
            case .work(let work): work.finish(result.map { _ in () })
            case .waitingWork(let work): work.finish(result.map { _ in () })
            }
        }
    }

    /// A random number. Asking the kernel for each would take as long as a command.
    func nextSeed() -> UInt64 {
        // SplitMix64, by Steele, Lea and Flood.
        seeds &+= 0x9E37_79B9_7F4A_7C15
        let mixed = (seeds ^ seeds >> 30) &* 0xBF58_476D_1CE4_E5B9
        let scattered = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return scattered ^ scattered >> 31
    }

    // MARK: Durability

    /// Waits until an answer that depends on a record may be given, and answers the position up to which all is durable.
    /// - Parameter patience: how long is waited at most; as long as it takes if it is nil
    func durable(_ batch: UInt64, _ patience: Duration? = nil) async throws(ServiceError) -> LogPosition {
        if role != .owner { throw moved }
        if mayAnswer(batch) { return tail.position ?? .start }
        if case .failed(let error) = state { throw error }
        if let reloading { throw reloading }
        return try await withCheckedContinuation { continuation in
            guard let patience else { return waiters.append(Waiter(batch: batch, whom: .task(continuation))) }
            let reader = ImpatientReader(continuation)
            waiters.append(Waiter(batch: batch, whom: .reader(reader)))
            endPatience(of: reader, after: patience)
        }.get()
    }

    /// Whether an answer that depends on a record may be given: the record is durable, or durability is relaxed and the
    /// log is not far behind.
    func mayAnswer(_ batch: UInt64) -> Bool {
        if batch <= durableBatch { return true }
        guard environment.configuration.durability == .relaxed, reloading == nil, state == .serving else {
            return false
        }
        return pendingBytes < environment.configuration.relaxedBytesMax
    }

    func wake() {
        guard idle != nil else { return }
        let configuration = environment.configuration
        guard configuration.durability == .relaxed, state == .serving, reloading == nil, checkpointStart == nil,
            pendingBytes < configuration.relaxedBytesMax / 4
        else { return wakeNow() }
        if isWakeScheduled { return }
        isWakeScheduled = true
        // Nobody waits for the record: let it grow, so that the log has less to do for each command.
        eventLoop.scheduleTask(in: TimeAmount(configuration.relaxedDelay)) { [self] in
            assumeIsolated { actor in
                actor.isWakeScheduled = false
                actor.wakeNow()
            }
        }
    }

    private func wakeNow() {
        guard let idle else { return }
        self.idle = nil
        idle.resume()
    }

    /// Refuses what can't be taken now.
    func admitWrite() throws(ServiceError) {
        resumeWrites()
        if let reloading { throw reloading }
        if role != .owner || handOver?.isClosed == true { throw moved }
        if isLogFull { throw .noSpace }
        if isLogSilent { throw silence }
        switch state {
        case .serving: break
        case .refusingWrites: throw .noSpace
        case .stopping: throw .unavailable("the node is stopping", retryAfter: 2)
        case .failed(let error): throw error
        }
        if waiters.count >= environment.configuration.waitersMax
            || pendingBytes >= environment.configuration.pendingBytesMax
        {
            throw .overloaded(retryAfter: 1)
        }
    }

    /// The disk may have space again.
    func resumeWrites() {
        if case .refusingWrites(let until) = state, until <= environment.clock.now() { state = .serving }
    }

    /// Waits until there is a memory to read.
    func admitRead() async throws(ServiceError) {
        while reloading != nil {
            if reloadWaiters.count >= environment.configuration.waitersMax { throw .overloaded(retryAfter: 1) }
            await withCheckedContinuation { reloadWaiters.append($0) }
        }
        try admitReadNow()
    }

    func admitReadNow() throws(ServiceError) {
        if role != .owner { throw moved }
        if case .failed(let error) = state { throw error }
    }

    /// Carries out a command: `body` evaluates it into the record in the making.
    func write<Value: Sendable>(
        _ body: (Shard, inout RecordBuilder) throws(Refusal) -> Value
    ) async throws(ServiceError) -> Positioned<Value> {
        var result: Result<Value, Refusal>?
        let batch = step { record in
            do throws(Refusal) { result = .success(try body(shard, &record)) } catch { result = .failure(error) }
        }
        let position = try await durable(batch)
        do {
            return Positioned(try result!.get(), at: position)
        } catch {
            throw .refused(error)
        }
    }

    /// Lets `body` evaluate commands into the record in the making. Answers the number of the record that its answers
    /// depend on.
    func step(_ body: (inout RecordBuilder) -> Void) -> UInt64 {
        stepCount &+= 1
        var builder = record.take() ?? shard.makeRecord(at: environment.clock.now())
        body(&builder)
        if !waiting.isEmpty { waiting.serve(shard, into: &builder) }
        // A refused command may depend on one that is still on its way: that a leaderboard exists, say.
        guard !builder.isEmpty || !hasLease else {
            if waiting.hasServed { answerServed(after: batchInTheMaking - 1) }
            return batchInTheMaking - 1
        }
        pendingBytes = builder.byteCount
        record = consume builder
        if waiting.hasServed { answerServed(after: batchInTheMaking) }
        wake()
        return batchInTheMaking
    }
}

/// What all shards of a node share.
struct ShardEnvironment: Sendable {
    let configuration: NodeConfiguration
    let clock: any NodeClock
    let log: any CommitLog
    /// With whom shards are shared; nil if all are this node's.
    var sharing: Sharing?
    let store: any CheckpointStore
    /// Threads for work that blocks.
    let threads: NIOThreadPool
    /// A thread that does half of the work of loading a leaderboard, and never waits for another.
    let loadingThread = NIOThreadPool(numberOfThreads: 1)
    let budgets: ProjectBudgets
    let logger: Logger
    /// Called when a shard can't go on, which ends the node.
    let fail: @Sendable (String) -> Void
    /// Runs a job in a task of the node's. False if the node has stopped.
    let inBackground: @Sendable (@escaping @Sendable () async -> Void) -> Bool
}

/// Where a shard's history ends, and with what.
struct ShardTail: Hashable, Sendable {
    var position: LogPosition?
    var number: UInt64 = 0
    var hash = ChainHash.zero
    var epoch: UInt64 = 0
    /// This process wrote the latest claim.
    var isClaimed = false
}

/// A shard as recovery leaves it, on its way into its actor.
///
/// Sendable because recovery lets go of it: from the hand-over on, only the actor has it.
struct RecoveredShard: @unchecked Sendable {
    var shard: Shard
    var tail = ShardTail()
    /// What the newest checkpoint reflects, and the one before.
    var checkpointPosition: LogPosition?
    var previousPosition: LogPosition?
    /// Of the last record that the newest checkpoint reflects.
    var checkpointNumber: UInt64 = 0
    /// Of records that were applied behind it.
    var appliedBytes = 0
    /// The checkpoints it may have come from, oldest first; the last is the one it came from.
    var generations: [UInt64] = []
    /// Pieces that only a checkpoint before these needed, and that should be gone.
    var retired: [StoredPiece] = []
    /// A piece of the checkpoint can't be read: the one before must do.
    var damage: String?
}
