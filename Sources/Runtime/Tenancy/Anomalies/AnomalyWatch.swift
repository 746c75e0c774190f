package import Admission
package import ControlPlane
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Looks once in each interval whether keys and projects do what they did not use to do, and remembers what it found.
///
/// All of it is in memory and of this node: after a start it learns for a day before it reports anything.
package final class AnomalyWatch: Service {
    package struct Configuration: Sendable {
        /// How long an interval is. The defaults of the settings take it for a minute.
        package var interval = Duration.seconds(60)
        package var settings = AnomalySettings()
        /// How many anomalies are remembered, the newest.
        package var foundCountMax = 1000
        /// How many keys and projects are watched at once: some 300 bytes for each. Further ones are when there is room.
        package var identityCountMax = 100_000

        package init() {}
    }

    private enum Identity: Hashable, Sendable {
        case project(ProjectID)
        case key(KeyID)
    }

    private struct Memory: Sendable {
        var states: [Identity: AnomalyState] = [:]
        /// The oldest first.
        var found: [FoundAnomaly] = []
    }

    private let directory: AccessDirectory
    private let configuration: Configuration
    private let detector: AnomalyDetector
    private let logger: Logger
    private let memory = Mutex(Memory())

    package init(directory: AccessDirectory, configuration: Configuration = Configuration(), logger: Logger) {
        self.directory = directory
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
            while (try? await self.directory.clock.sleep(self.configuration.interval)) != nil, !Task.isCancelled {
                self.look()
            }
        }
    }

    /// Ends an interval.
    package func look() {
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
            memory.found += new
            memory.found.removeFirst(max(0, memory.found.count - configuration.foundCountMax))
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
