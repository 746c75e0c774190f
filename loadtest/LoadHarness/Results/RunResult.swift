/// What a run measured: everything that the reports show.
package struct RunResult: Codable, Hashable, Sendable {
    package var scenario: String
    package var about: String
    package var target: String
    package var wire: Target.Wire
    package var arrivals: Scenario.Arrivals
    package var connections: Int
    package var pipeline: Int
    package var seed: Int
    /// Seconds from the first request to the last reply.
    package var seconds: Double
    package var all: OperationResult
    package var operations: [OperationResult]
    /// From the sending of a batch to its last reply, where batches have more than one request.
    package var batch: LatencySummary?
    package var intervals: [IntervalResult]
    /// Percentiles of all latencies, for the plot.
    package var curve: [CurvePoint]
    /// Of an open loop: requests whose time came.
    package var scheduled: Int?
    /// Requests that found more than `OpenLoopQueue.waitingMax` waiting, and were never sent.
    package var dropped: Int
    /// Requests that no reply came to. They count as latencies of as long as was waited.
    package var unanswered: Int
    package var reconnections: Int
    /// Over HTTP: how many responses had a status of 100, 200, … and more.
    package var statusCounts: [String: Int]
    /// The first errors, as the server said them.
    package var errors: [String]
    /// Why the run ended before its time.
    package var endedEarly: String?

    package struct OperationResult: Codable, Hashable, Sendable {
        package var name: String
        package var count: Int
        package var failed: Int
        package var perSecond: Double
        /// Microseconds.
        package var latency: LatencySummary

        package init(name: String, count: Int, failed: Int, perSecond: Double, latency: LatencySummary) {
            self.name = name
            self.count = count
            self.failed = failed
            self.perSecond = perSecond
            self.latency = latency
        }
    }

    package struct IntervalResult: Codable, Hashable, Sendable {
        /// Seconds from the start to the beginning of the interval.
        package var at: Double
        package var seconds: Double
        package var count: Int
        package var failed: Int
        package var p50: Double
        package var p99: Double
        package var max: Double
        /// Requests that waited for a connection at its end.
        package var waiting: Int
        /// Of an open loop: the rate that was wanted at its middle.
        package var wantedPerSecond: Double?

        package var perSecond: Double { seconds > 0 ? Double(count) / seconds : 0 }
    }

    package struct CurvePoint: Codable, Hashable, Sendable {
        package var percentile: Double
        package var microseconds: Double
    }

    package static let curvePercentiles: [Double] = [
        0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.7, 99.9, 99.95, 99.97, 99.99,
        99.995, 99.999,
    ]
}
