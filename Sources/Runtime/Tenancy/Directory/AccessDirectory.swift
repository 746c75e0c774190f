internal import Admission
package import ControlPlane
internal import Leaderboards
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Who may do what, in memory: keys, projects, tenants and plans as the database has them, a quarter of a second behind.
///
/// - Requests ask it synchronously, and it never asks the database for them.
/// - While the database is out of reach everything that is known goes on. A key that isn't known may have been made
///   meanwhile, so that its holder is told to try again, once the directory is older than `staleAfter`.
/// - What is over by the clock is over at once, whatever the database says.
package final class AccessDirectory: Service {
    package struct Configuration: Sendable {
        /// How often changes are looked for.
        package var interval = Duration.milliseconds(250)
        /// From this age on an unknown key is not called invalid.
        package var staleAfter = Duration.seconds(10)
        /// How often the times of last uses are written down.
        package var useInterval = Duration.seconds(30)
        /// How often the month's requests of projects that have a limit of them are asked for.
        package var monthInterval = Duration.seconds(60)
        /// How many changes are read at once.
        package var changeCountMax = 1000

        package init() {}
    }

    /// How many requests a project has had in a month, on all nodes, as far as that has been written down. Months are counted
    /// from January of the year 0.
    package typealias MonthlyRequests = @Sendable (_ project: ProjectID, _ month: Int64) async throws -> Int64

    let clock: AccessClock
    let store: any ControlStore
    let configuration: Configuration
    let monthlyRequests: MonthlyRequests
    let logger: Logger
    private let tables = Mutex(AccessTables())
    private let changeCount = Atomic<UInt64>(0)
    /// When everything was known last; 0 if never.
    private let freshAt = Atomic<UInt64>(0)
    private let refreshing = RefreshTurn()
    /// The origins of all projects, as of a generation.
    let knownOrigins = Mutex((generation: UInt64.max, origins: Set<String>()))

    package init(
        store: any ControlStore, clock: AccessClock = .system, configuration: Configuration = Configuration(),
        logger: Logger, monthlyRequests: @escaping MonthlyRequests = { _, _ in 0 }
    ) {
        self.store = store
        self.clock = clock
        self.configuration = configuration
        self.logger = logger
        self.monthlyRequests = monthlyRequests
    }

    // MARK: Asking

    func key(_ digest: KeyDigest) -> KeyAccess? { tables.withLock { $0.keys[digest] } }
    func project(_ id: ProjectID) -> ProjectAccess? { tables.withLock { $0.projects[id] } }

    /// A number that is another one after each change.
    var generation: UInt64 { changeCount.load(ordering: .acquiring) }

    /// How long ago everything was known that was in the database then. Nil before the first time.
    package var age: Duration? {
        let fresh = freshAt.load(ordering: .relaxed)
        return fresh == 0 ? nil : .nanoseconds(Int64(clampingDifference(clock.uptime().nanoseconds, fresh)))
    }

    var keys: [KeyAccess] { tables.withLock { Array($0.keys.values) } }
    var projects: [ProjectAccess] { tables.withLock { Array($0.projects.values) } }

    var isStale: Bool { age.map { $0 > configuration.staleAfter } ?? true }

    // MARK: Learning

    /// Reads what has changed. Whoever changed something in this process calls it, so that it counts at once.
    package func refresh() async throws(ControlError) {
        // Two at once would enter an older page over a newer one.
        await refreshing.begin()
        defer { refreshing.end() }
        var hasMore = true
        while hasMore {
            let began = clock.uptime()
            let changes = try await store.changes(
                after: tables.withLock { $0.revision }, limit: configuration.changeCountMax)
            enter(changes)
            hasMore = changes.hasMore
            if !hasMore { freshAt.store(max(1, began.nanoseconds), ordering: .relaxed) }
        }
    }

    private func enter(_ changes: ControlChanges) {
        let now = clock.now()
        let problems = tables.withLock { tables -> [String] in
            for record in changes.records { tables.apply(record, at: now) }
            tables.revision = changes.revision
            return changes.records.flatMap { record -> [String] in
                guard case .project(let project) = record else { return [] }
                return tables.projects[project.id]?.problems ?? []
            }
        }
        if !changes.records.isEmpty { changeCount.add(1, ordering: .releasing) }
        for problem in problems { logger.warning("settings that can't be followed: \(problem)") }
    }

    // MARK: Keeping up

    /// Looks for changes until it is told to stop, then writes down the last uses.
    package func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.keepFresh() }
                group.addTask { await self.keepUses() }
                group.addTask { await self.keepMonths() }
            }
        }
        // Cancelled, a call to the database would fail.
        await Task { await self.writeUses() }.value
    }

    private func keepFresh() async {
        var isWell = true
        while (try? await clock.sleep(configuration.interval)) != nil, !Task.isCancelled {
            do throws(ControlError) {
                try await refresh()
                if !isWell { logger.notice("the control database is in reach again") }
                isWell = true
            } catch {
                if isWell { logger.error("the control database does not answer, what is known goes on: \(error)") }
                isWell = false
            }
        }
    }

    private func keepUses() async {
        while (try? await clock.sleep(configuration.useInterval)) != nil, !Task.isCancelled { await writeUses() }
    }

    /// Writes down when keys were used last. What can't be written is tried again next time.
    package func writeUses() async {
        let used = tables.withLock { tables in
            tables.keys.values.compactMap { key in key.use.unwritten.map { (key.record.id, key.use, $0) } }
        }
        guard !used.isEmpty else { return }
        do throws(ControlError) {
            try await store.noteUse(of: Dictionary(used.map { ($0.0, $0.2) }, uniquingKeysWith: max))
            for (_, use, time) in used { use.noteWritten(time) }
        } catch {
            logger.debug("the last uses of keys could not be written: \(error)")
        }
    }
}

private func clampingDifference(_ later: UInt64, _ earlier: UInt64) -> UInt64 { later > earlier ? later - earlier : 0 }
