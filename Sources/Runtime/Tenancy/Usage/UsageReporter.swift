package import ControlPlane
package import Logging
internal import ServiceLifecycle

/// What was let in for a project since it was last reported.
package struct ServedUsage: Hashable, Sendable {
    package var project: ProjectID
    /// Requests over HTTP, with each part of an upload, and commands of the Redis protocol.
    package var requests: UInt64
    /// Those of them that only read.
    package var reads: UInt64

    package init(project: ProjectID, requests: UInt64, reads: UInt64) {
        self.project = project
        self.requests = requests
        self.reads = reads
    }
}

/// Has what was let in for projects counted in the log, once in each interval where there is something.
///
/// A crash loses what came since the last report. Nothing is counted twice: what may have been counted is not reported
/// again.
package final class UsageReporter: Service {
    /// Answers when it is durable, with what was certainly not counted.
    package typealias Report = @Sendable ([ServedUsage]) async -> [ServedUsage]

    private let directory: AccessDirectory
    private let interval: Duration
    private let logger: Logger
    private let send: Report

    package init(
        directory: AccessDirectory, interval: Duration = .seconds(1), logger: Logger, report: @escaping Report
    ) {
        self.directory = directory
        self.interval = interval
        self.logger = logger
        send = report
    }

    /// Reports until it is told to stop, and then once more.
    package func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await self.directory.clock.sleep(self.interval)) != nil, !Task.isCancelled {
                await self.report()
            }
        }
        // Cancelled, it could not wait for the log.
        let rest = await Task { await self.report() }.value
        if rest > 0 { logger.warning("the usage of \(rest) projects could not be reported before the end") }
    }

    /// A turn. Answers for how many projects it has to be tried again.
    @discardableResult
    package func report() async -> Int {
        let states = directory.projects.map { ($0.project.id, $0.state.served) }
        let usage = states.compactMap { project, served -> ServedUsage? in
            let (requests, reads) = served.take()
            return requests > 0 || reads > 0 ? ServedUsage(project: project, requests: requests, reads: reads) : nil
        }
        guard !usage.isEmpty else { return 0 }
        let rest = await send(usage)
        let counters = Dictionary(states) { first, _ in first }
        for usage in rest { counters[usage.project]?.putBack(requests: usage.requests, reads: usage.reads) }
        return rest.count
    }
}
