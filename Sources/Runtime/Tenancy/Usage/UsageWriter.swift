package import ControlPlane
internal import Leaderboards
package import Logging
internal import ServiceLifecycle

/// Writes down what projects have done and have, by days, in the control database.
///
/// What is written under a day are the counters since a project's beginning as they were at the end of that day, or, of
/// today, as they were last: so writing again after a crash counts nothing twice. What a day had by itself is the difference
/// to the day before. Only requests, of which plans allow so many a month, stand there day by day (`DailyCount`). What the
/// database does not take is written at the next turn.
package actor UsageWriter: Service {
    /// By project, then by metric: what was counted since the beginning, and what there is now.
    package typealias Usage = @Sendable () async throws -> [String: [String: Int64]]

    package struct Configuration: Sendable {
        package var interval = Duration.seconds(60)
        /// Until the node has recovered, and its counters can be read. What a crash kept from being written is written then,
        /// so that the month of a plan has it soon.
        package var firstInterval = Duration.seconds(1)
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
    private var requests: [ProjectID: DailyCount] = [:]
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
        return min(day == nil ? configuration.firstInterval : configuration.interval, .milliseconds(untilMidnight))
    }

    /// A turn.
    package func write() async {
        let today = clock.now().day
        let usage: [String: [String: Int64]]
        do {
            usage = try await self.usage()
        } catch {
            logger.debug("the usage of projects could not be read: \(error)")
            return
        }
        let counts = places(in: usage)
        await divideRequests(in: usage, today)
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
            try await store.setUsage(ended.values.flatMap { $0 } + rows(changed, today) + requestRows)
        } catch {
            if isWell { logger.warning("the usage of projects could not be written, it will be: \(error)") }
            isWell = false
            return
        }
        if !isWell { logger.notice("the usage of projects is written again") }
        isWell = true
        for (day, _) in ended { unwritten[day] = nil }
        written = counts
        for project in requests.keys { requests[project]!.noteWritten(today: today) }
    }

    /// What is new since the last turn belongs to the day of that.
    private func divideRequests(in usage: [String: [String: Int64]], _ today: Int) async {
        let day = min(day ?? today, today)
        for (name, metrics) in usage {
            guard let project = ProjectID(name), let total = metrics[UsageRow.requests], total > 0 else { continue }
            if requests[project] == nil {
                // Unknown now: at the next turn.
                guard
                    let known = try? await store.usage(
                        of: project, metric: UsageRow.requests, source: configuration.source)
                else { continue }
                requests[project] = DailyCount(written: known, from: day)
            }
            requests[project]!.note(total, on: day)
            requests[project]!.limit(to: configuration.unwrittenDayCountMax + 1)
        }
    }

    private var requestRows: [UsageRow] {
        requests.flatMap { project, count in
            count.unwritten.map { day, value in
                UsageRow(
                    project: project, day: day, metric: UsageRow.requests, source: configuration.source, value: value)
            }
        }
    }

    /// A project whose name can't be an id is in no control database.
    private func places(in usage: [String: [String: Int64]]) -> [Place: Int64] {
        var counts: [Place: Int64] = [:]
        for (name, metrics) in usage {
            guard let project = ProjectID(name) else { continue }
            for (metric, value) in metrics where metric != UsageRow.requests {
                counts[Place(project: project, metric: metric)] = value
            }
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
