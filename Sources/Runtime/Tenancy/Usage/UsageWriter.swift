package import ControlPlane
internal import Leaderboards
package import Logging
internal import ServiceLifecycle

/// Writes down what projects have done and have, by days, in the control database.
///
/// What is written under a day are the counters since a project's beginning as they were at the end of that day, or, of
/// today, as they were last: so writing again after a crash counts nothing twice. What a day had by itself is the difference
/// to the day before. What the database does not take is written at the next turn.
package actor UsageWriter: Service {
    /// By project, then by metric: what was counted since the beginning, and what there is now.
    package typealias Usage = @Sendable () async throws -> [String: [String: Int64]]

    package struct Configuration: Sendable {
        package var interval = Duration.seconds(60)
        /// In whose name: the same for all starts of a node.
        package var source: String
        /// How many days are kept that could not be written yet. Older ones are given up.
        package var unwrittenDayCountMax = 7

        package init(source: String) { self.source = source }
    }

    private struct Place: Hashable {
        var project: ProjectID
        var metric: String
    }

    private let store: any ControlStore
    private let clock: AccessClock
    private let configuration: Configuration
    private let logger: Logger
    private let usage: Usage
    /// The day of the last turn; nil before the first.
    private var day: Int?
    /// Of today: only what has changed is written again.
    private var written: [Place: Int64] = [:]
    /// Days that have ended, as of their ends.
    private var unwritten: [Int: [UsageRow]] = [:]
    private var isWell = true

    package init(
        store: any ControlStore, clock: AccessClock = .system, configuration: Configuration, logger: Logger,
        usage: @escaping Usage
    ) {
        self.store = store
        self.clock = clock
        self.configuration = configuration
        self.logger = logger
        self.usage = usage
    }

    /// Writes until it is told to stop, and then once more.
    package func run() async {
        await cancelWhenGracefulShutdown { await self.keepWriting() }
        // Cancelled, a call to the database would fail.
        await Task { await self.write() }.value
    }

    private func keepWriting() async {
        while (try? await clock.sleep(pause)) != nil, !Task.isCancelled { await write() }
    }

    /// Not beyond midnight, when a day's counters are to be read.
    private var pause: Duration {
        let untilMidnight = 86_400_000 - clock.now().milliseconds % 86_400_000
        return min(configuration.interval, .milliseconds(untilMidnight))
    }

    /// A turn.
    package func write() async {
        let today = clock.now().day
        let counts: [Place: Int64]
        do {
            counts = places(in: try await usage())
        } catch {
            logger.debug("the usage of projects could not be read: \(error)")
            return
        }
        // What is read at the first turn of a day is what the day before ended with.
        if let last = day, last < today {
            unwritten[last] = rows(counts, last)
            written = [:]
        }
        while unwritten.count > configuration.unwrittenDayCountMax { unwritten[unwritten.keys.min()!] = nil }
        day = today
        let changed = counts.filter { written[$0.key] != $0.value }
        let ended = unwritten
        do throws(ControlError) {
            try await store.setUsage(ended.values.flatMap { $0 } + rows(changed, today))
        } catch {
            if isWell { logger.warning("the usage of projects could not be written, it will be: \(error)") }
            isWell = false
            return
        }
        if !isWell { logger.notice("the usage of projects is written again") }
        isWell = true
        for (day, _) in ended { unwritten[day] = nil }
        written = counts
    }

    /// A project whose name can't be an id is in no control database.
    private func places(in usage: [String: [String: Int64]]) -> [Place: Int64] {
        var counts: [Place: Int64] = [:]
        for (name, metrics) in usage {
            guard let project = ProjectID(name) else { continue }
            for (metric, value) in metrics { counts[Place(project: project, metric: metric)] = value }
        }
        return counts
    }

    private func rows(_ counts: [Place: Int64], _ day: Int) -> [UsageRow] {
        counts.map { place, value in
            UsageRow(
                project: place.project, day: day, metric: place.metric, source: configuration.source, value: value)
        }
    }
}
