package import Admission
package import ControlPlane
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Looks once in each interval whether keys, projects and leaderboards do what they did not use to do, and remembers what it
/// found.
///
/// All of it is this node's. What it has learned is kept in the control database, every few intervals and at a stop, and read
/// at a start: a crash forgets a few intervals, and the time for which a node did not run is no time to it.
package final class AnomalyWatch: Service {
    package struct Configuration: Sendable {
        /// How long an interval is. The defaults of the settings take it for a minute.
        package var interval = Duration.seconds(60)
        package var settings = AnomalySettings()
        /// How many anomalies are remembered, the newest.
        package var foundCountMax = 1000
        /// How many keys and projects are watched at once: some 300 bytes for each. Further ones are when there is room.
        package var identityCountMax = 100_000
        /// How many leaderboards…
        package var leaderboardCountMax = ScoreSamples.leaderboardCountMax
        /// …each of which is forgotten when no score came for so many intervals: a week.
        package var quietIntervalsMax = 10_080
        /// In whose name things are kept, the same for all starts of a node. Nil: they are not.
        package var source: String?
        /// Every so many intervals what was learned is kept. What was found is at the end of its interval.
        package var keptIntervals = 10

        package init() {}
    }

    enum Identity: Hashable, Sendable {
        case project(ProjectID)
        case key(KeyID)
    }

    /// Which scores of a leaderboard are the better ones; nil if there is no telling.
    package typealias Direction = @Sendable (ScoredLeaderboard) async -> ScoreTally.Better?

    struct Memory: Sendable {
        var states: [Identity: AnomalyState] = [:]
        var leaderboards = WatchedLeaderboards()
        /// The oldest first.
        var found: [FoundAnomaly] = []
        /// So many of the last ones are not kept yet.
        var unkeptCount = 0
        /// What was kept is here, too.
        var isRecalled = false
    }

    let directory: AccessDirectory
    let configuration: Configuration
    private let detector: AnomalyDetector
    let logger: Logger
    private let scores: ScoreSamples
    private let direction: Direction
    let memory = Mutex(Memory())

    package init(
        directory: AccessDirectory, scores: ScoreSamples = ScoreSamples(),
        configuration: Configuration = Configuration(), logger: Logger,
        direction: @escaping Direction = { _ in nil }
    ) {
        self.directory = directory
        self.scores = scores
        self.direction = direction
        self.configuration = configuration
        self.logger = logger
        detector = AnomalyDetector(configuration.settings)
    }

    /// The newest first, of one project, of those of one tenant, or of all.
    package func recent(project: ProjectID? = nil, tenant: TenantID? = nil, limit: Int) -> [FoundAnomaly] {
        let found = memory.withLock { $0.found }
        return Array(
            found.reversed().lazy.filter { anomaly in
                (project == nil || anomaly.project == project) && (tenant == nil || anomaly.tenant == tenant)
            }.prefix(max(0, limit)))
    }

    /// How many keys and projects are watched.
    package var identityCount: Int { memory.withLock { $0.states.count } }

    /// Looks at each interval's end until it is told to stop.
    package func run() async {
        await cancelWhenGracefulShutdown {
            await self.recall()
            var count = 0
            while (try? await self.directory.clock.sleep(self.configuration.interval)) != nil, !Task.isCancelled {
                await self.recall()
                await self.endInterval()
                count += 1
                await self.keepFound()
                if count.isMultiple(of: self.configuration.keptIntervals) { await self.keepStates() }
            }
        }
        // Cancelled, a call to the database would fail.
        await Task {
            await self.keepFound()
            await self.keepStates()
        }.value
    }

    /// How many leaderboards are watched.
    package var leaderboardCount: Int { memory.withLock { $0.leaderboards.count } }

    /// Looks at traffic and at scores.
    package func endInterval() async {
        var scored: [ScoredLeaderboard: ScoredInterval] = [:]
        for (leaderboard, sample) in scores.take() {
            var better = memory.withLock { $0.leaderboards.better(of: leaderboard) }
            if better == nil { better = await direction(leaderboard) }
            if let better { scored[leaderboard] = ScoredInterval(sample: sample, better: better) }
        }
        look(scored)
    }

    /// Ends an interval.
    func look(_ scored: [ScoredLeaderboard: ScoredInterval] = [:]) {
        let now = directory.clock.now()
        let projects = directory.projects.filter { $0.standing != .closed }
        let keys = directory.keys.filter { $0.record.isValid(at: now) && $0.project.standing != .closed }
        let new = memory.withLock { memory -> [FoundAnomaly] in
            let known = memory.states
            // Made anew, so that who is no more is forgotten.
            memory.states = [:]
            var new: [FoundAnomaly] = []
            func observe(_ identity: Identity, _ traffic: TrafficCounter, _ project: Project, _ key: KeyID?) {
                let counts = traffic.take()
                guard
                    var state = state(
                        of: identity, counts, known: known,
                        hasRoom: memory.states.count < configuration.identityCountMax)
                else { return }
                for anomaly in detector.update(&state, with: counts) {
                    new.append(
                        FoundAnomaly(
                            time: now, tenant: project.tenant, project: project.id, key: key, anomaly: anomaly))
                }
                memory.states[identity] = state
            }
            for access in projects {
                observe(.project(access.project.id), access.state.traffic, access.project, nil)
            }
            for key in keys { observe(.key(key.record.id), key.use.traffic, key.project.project, key.record.id) }
            let open = Dictionary(projects.map { ($0.project.id, $0.project) }) { first, _ in first }
            for (leaderboard, anomaly) in memory.leaderboards.endInterval(
                with: scored.filter { open[$0.key.project] != nil }, detector, configuration)
            {
                new.append(
                    FoundAnomaly(
                        time: now, tenant: open[leaderboard.project]!.tenant, project: leaderboard.project,
                        leaderboard: leaderboard.id, anomaly: anomaly))
            }
            memory.found += new
            memory.found.removeFirst(max(0, memory.found.count - configuration.foundCountMax))
            memory.unkeptCount = min(memory.unkeptCount + new.count, memory.found.count)
            return new
        }
        for anomaly in new { logger.notice("an anomaly: \(anomaly)") }
    }

    /// Nil for who is not watched: there is no room, or nothing ever came.
    private func state(
        of identity: Identity, _ counts: IntervalCounts, known: [Identity: AnomalyState], hasRoom: Bool
    ) -> AnomalyState? {
        guard hasRoom else { return nil }
        return known[identity] ?? (counts.requests > 0 ? AnomalyState() : nil)
    }
}
