import CheckpointStores
import CommitLogs
import Leaderboards
import Logging
import NIOPosix
import NodeRuntime
import Placement
import ServiceLifecycle
import Sharding
import Synchronization

/// Several nodes in one process, on one log, hearing of each other from the test. Time is the test's.
final class ClusterPlace: Sendable {
    struct Member: Sendable {
        let id: NodeID
        let node: Node
        let log: CutLog
        let membership: ToldMembership
        let store: InMemoryCheckpointStore
        let group: ServiceGroup
    }

    let records = InMemoryCommitLog()
    let clock = ManualClock()
    let shardCount: Int
    let rumours: Rumours
    /// How the nodes reach each other.
    let wires = TestWires()
    let orders = ToldOrders()
    private let disks = Mutex<[NodeID: InMemoryCheckpointDisk]>([:])
    private let starts = Mutex<UInt64>(0)
    private let runningCount = Mutex(0)

    private let terms: LeaseTerms
    private let keeping: LogKeeping
    private let checkpointAge: Duration
    private let waitersMax: Int?

    /// - Parameter waitersMax: how many requests may wait in a shard, if not as many as usual
    init(
        shardCount: Int = 4, lease: Duration = .seconds(2), keep: Duration = .seconds(86_400),
        fetchDistance: UInt64 = 4096, checkpointAge: Duration = .seconds(60), waitersMax: Int? = nil
    ) {
        self.waitersMax = waitersMax
        self.shardCount = shardCount
        self.checkpointAge = checkpointAge
        var keeping = LogKeeping()
        keeping.keep = keep
        keeping.fetchDistance = fetchDistance
        self.keeping = keeping
        terms = LeaseTerms(duration: lease)
        rumours = Rumours()
    }

    /// A node on what its former self has left on its disk, if there was one.
    ///
    /// - Parameters:
    ///   - own: what it believes of leases, if not what the others do
    ///   - wall: a clock of its own
    ///   - isMirror: whether the log is another region's to it
    ///   - other: its log, if not the one that all share
    ///   - kept: where its log goes, if not nowhere
    ///   - orders: those that it hears of, if not those that all hear of
    func member(
        _ number: UInt64, terms own: LeaseTerms? = nil, clock wall: (any NodeClock)? = nil, isMirror: Bool = false,
        on other: InMemoryCommitLog? = nil, logger kept: Logger? = nil, orders: ToldOrders? = nil
    ) -> Member {
        let id = NodeID(number)
        var configuration = NodeConfiguration()
        configuration.shardCount = shardCount
        configuration.node = number
        configuration.checkpointAge = checkpointAge
        if let waitersMax { configuration.waitersMax = waitersMax }
        configuration.incarnation = starts.withLock { count in
            count += 1
            return count
        }
        let disk = disks.withLock { disks in
            if disks[id] == nil { disks[id] = InMemoryCheckpointDisk() }
            return disks[id]!
        }
        let log = CutLog(other ?? records)
        let membership = ToldMembership(id, rumours)
        var quiet = Logger(label: "node \(number)")
        quiet.logLevel = .critical
        let logger = kept ?? quiet
        let store = InMemoryCheckpointStore(disk: disk)
        var cluster = NodeCluster(
            logs: [log], membership: membership, terms: own ?? terms, orders: orders ?? self.orders)
        cluster.keeping = keeping
        cluster.isMirror = isMirror
        let node = Node(
            configuration: configuration, cluster: cluster, store: store, clock: wall ?? clock,
            eventLoops: MultiThreadedEventLoopGroup.singleton, logger: logger)
        node.use(wires.links(of: number, node))
        rumours.set(id, .alive)
        return Member(
            id: id, node: node, log: log, membership: membership, store: store,
            group: ServiceGroup(
                configuration: .init(
                    services: [.init(service: node, successTerminationBehavior: .gracefullyShutdownGroup)],
                    logger: logger)))
    }

    /// Takes a node's disk away.
    func empty(_ number: UInt64) { disks.withLock { $0[NodeID(number)] = nil } }

    /// Runs nodes while `body` does. May be called in `body`, for nodes that come later.
    func run(_ members: Member..., body: () async throws -> Void) async throws { try await run(members, body: body) }

    func run(_ members: [Member], body: () async throws -> Void) async throws {
        runningCount.withLock { $0 += members.count }
        defer { runningCount.withLock { $0 -= members.count } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for member in members { group.addTask { try await member.group.run() } }
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            for member in members {
                member.log.mend()
                await member.group.triggerGracefulShutdown()
            }
            try await withThrowingTaskGroup(of: Void.self) { inner in
                let ended = Flag()
                inner.addTask { [clock] in
                    while !ended.isRaised {
                        clock.advance(by: .milliseconds(50))
                        await Task.yield()
                    }
                }
                defer { ended.raise() }
                try await group.waitForAll()
            }
            try result.get()
        }
    }

    /// Lets time pass until something holds. So many steps of a tenth of a second are enough for anything.
    func pass(until holds: () async throws -> Bool) async throws {
        for _ in 0..<5000 {
            if try await holds() { return }
            await step()
        }
        throw NeverHeld()
    }

    /// A tenth of a second, and what everybody does in it.
    private func step() async {
        // Each node has four tasks for housekeeping, one that keeps shards, and one that asks where the log ends.
        await clock.waitForSleepers(6 * runningCount.withLock { $0 })
        clock.advance(by: .milliseconds(100))
        for _ in 0..<100 { await Task.yield() }
    }

    struct NeverHeld: Error {}

    /// Lets time pass.
    func pass(_ duration: Duration) async {
        let end = clock.uptime() + duration
        while clock.uptime() < end { await step() }
    }
}

/// What everybody is told.
final class Rumours: Sendable {
    private struct State {
        /// Nodes say that they can't reach the log, if they can't.
        var areHonest = false
        var standings: [NodeID: Standing] = [:]
        var notes: [ShardID: ShardNote] = [:]
    }

    private let state = Mutex(State())

    func set(_ node: NodeID, _ standing: Standing) { state.withLock { $0.standings[node] = standing } }

    func becomeHonest() { state.withLock { $0.areHonest = true } }

    func tell(_ node: NodeID, reachesLog: Bool) {
        state.withLock { state in
            guard state.areHonest, state.standings[node] == (reachesLog ? .suspect : .alive) else { return }
            state.standings[node] = reachesLog ? .alive : .suspect
        }
    }

    func note(_ notes: [ShardNote]) {
        state.withLock { state in
            for note in notes
            where state.notes[note.shard].map({ ($0.epoch, $0.number) < (note.epoch, note.number) }) ?? true {
                state.notes[note.shard] = note
            }
        }
    }

    /// What is told from now on, until something newer is.
    func insist(on note: ShardNote) { state.withLock { $0.notes[note.shard] = note } }

    var view: ClusterView {
        state.withLock { state in
            let alive = state.standings.filter { $0.value == .alive }.keys.sorted()
            return ClusterView(
                profiles: alive.map { NodeProfile(id: $0) }, standings: state.standings, notes: state.notes)
        }
    }
}

final class ToldMembership: ClusterMembership {
    private let me: NodeID
    private let rumours: Rumours
    private let beliefs = Mutex<[NodeID]?>(nil)

    init(_ me: NodeID, _ rumours: Rumours) { (self.me, self.rumours) = (me, rumours) }

    func tell(reachesLog: Bool) { rumours.tell(me, reachesLog: reachesLog) }

    /// From now on it hears nothing else.
    func believe(alive: [UInt64]) { beliefs.withLock { $0 = alive.map { NodeID($0) } } }

    func view() -> ClusterView {
        var view = rumours.view
        if let alive = beliefs.withLock({ $0 }) {
            view.profiles = alive.map { NodeProfile(id: $0) }
            view.standings = Dictionary(uniqueKeysWithValues: alive.map { ($0, .alive) })
            view.notes = [:]
        }
        return view
    }

    func publish(_ notes: [ShardNote]) { rumours.note(notes) }
}

/// Who answers for a leaderboard, of those that run.
func owner(of key: LeaderboardKey, among members: [ClusterPlace.Member]) async -> ClusterPlace.Member? {
    for member in members where !member.log.isCut {
        do throws(ServiceError) {
            _ = try await member.node.describe(key)
            return member
        } catch {
            if case .refused = error { return member }
        }
    }
    return nil
}

/// The same, for where there is an `owner` already.
func holder(of key: LeaderboardKey, among members: [ClusterPlace.Member]) async -> ClusterPlace.Member? {
    await owner(of: key, among: members)
}
