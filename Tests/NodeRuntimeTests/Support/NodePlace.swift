import CheckpointStores
import CommitLogs
import Leaderboards
import Logging
import NIOPosix
import NodeRuntime
import ServiceLifecycle
import Sharding
import Synchronization

/// What a node leaves behind when it ends, and what surrounds it while it runs.
final class NodePlace {
    var records = InMemoryCommitLog()
    let disk = InMemoryCheckpointDisk()
    let clock = ManualClock()
    var configuration = NodeConfiguration()
    var limits: (any ProjectLimits)?
    private(set) var log = SteppedLog()
    private(set) var store: GatedStore

    init(shardCount: Int = 1) {
        configuration.shardCount = shardCount
        store = GatedStore(disk: disk)
    }

    /// How a node ended.
    struct End {
        var error: (any Error)?
        var recovery: [RecoveryProgress] = []

        /// How many records it replayed when it began.
        var replayedCount: Int? {
            for case .replayed(let records) in recovery { return records }
            return nil
        }
    }

    /// Starts a node here, calls `body` once it serves, stops it and waits for its end.
    @discardableResult
    func run(_ body: (Node, ServiceGroup) async throws -> Void) async throws -> End {
        let node = open()
        let progress = self.progress
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: node, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger))
        return try await withThrowingTaskGroup(of: (any Error)?.self) { tasks in
            tasks.addTask { [clock] in
                defer { clock.abandon() }
                do { try await group.run() } catch { return error }
                return nil
            }
            // The clock is first asked to wait when the node serves.
            await clock.waitForSleepers(2)
            guard await node.readiness() == .ready else { throw try await tasks.next()! ?? CancellationError() }
            let failure: (any Error)?
            do {
                try await body(node, group)
                failure = nil
            } catch {
                failure = error
            }
            log.run()
            log.releaseReads()
            store.release()
            await group.triggerGracefulShutdown()
            let end = try await tasks.next()!
            if let failure { throw failure }
            return End(error: end, recovery: progress.withLock { $0 })
        }
    }

    @discardableResult
    func run(_ body: (Node) async throws -> Void) async throws -> End {
        try await run { node, _ in try await body(node) }
    }

    /// A node that can't begin; answers why.
    func failToRun() async -> String {
        let node = open()
        do {
            try await node.run()
            return "it ran"
        } catch {
            return "\(error)"
        }
    }

    private let progress = SharedProgress()

    /// A node that nobody runs yet, on what the one before has left.
    func open() -> Node {
        progress.withLock { $0 = [] }
        clock.abandon(false)
        records = InMemoryCommitLog(reopening: records)
        let change = falsify
        log = SteppedLog(records)
        if let change { log.falsify(change) }
        if let ends { log.falsifyEnds(ends) }
        store = GatedStore(disk: disk)
        var logger = Logger(label: "node")
        logger.logLevel = .critical
        let progress = progress
        configuration.incarnation += 1
        return Node(
            configuration: configuration, log: log, store: store, clock: clock,
            eventLoops: MultiThreadedEventLoopGroup.singleton, limits: limits, logger: logger,
            progress: { step in progress.withLock { $0.append(step) } })
    }

    /// What the next node reads instead of what was written.
    var falsify: (@Sendable (inout [LogEntry]) -> Void)?
    var ends: [ShardID: LogPosition]?

    /// Every record there is.
    func entries() async throws -> [LogEntry] {
        let log = SteppedLog(InMemoryCommitLog(reopening: records))
        let all = Mutex<[LogEntry]>([])
        log.falsify { entries in all.withLock { [entries] in $0 = entries } }
        _ = try await log.entries(from: await log.firstPosition())
        return all.withLock { $0 }
    }

    /// Loads every checkpoint, replays everything, and compares where they end.
    func verify() async -> [String] {
        let verification = OfflineVerification(
            log: InMemoryCommitLog(reopening: records), store: InMemoryCheckpointStore(disk: disk),
            configuration: configuration)
        return await verification.run { _ in }.problems
    }

    /// Lets housekeeping do what is due after so much time, and waits until it has.
    func pass(_ duration: Duration = .seconds(1)) async {
        clock.advance(by: duration)
        await clock.waitForSleepers(2)
    }
}

private final class SharedProgress: Sendable {
    private let steps = Mutex<[RecoveryProgress]>([])
    func withLock<Result: Sendable>(_ body: (inout sending [RecoveryProgress]) -> sending Result) -> Result {
        steps.withLock(body)
    }
}

/// Whether something has happened yet.
final class Flag: Sendable {
    private let value = Mutex(false)
    var isRaised: Bool { value.withLock { $0 } }
    func raise() { value.withLock { $0 = true } }
}

final class Counter: Sendable {
    private let stored = Mutex(0)
    var value: Int {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}

final class LastEntry: Sendable {
    private let stored = Mutex<LogEntry?>(nil)
    var value: LogEntry? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}
