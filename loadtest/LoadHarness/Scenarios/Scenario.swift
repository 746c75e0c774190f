/// A load, as data: what is asked, of how many boards and members, how often, and for how long.
///
/// Everything that grows with it is bounded by the ranges in `ScenarioKey.all`.
package struct Scenario: Hashable, Sendable {
    package var name = ""
    package var about = ""
    package var seed = 1

    package var tenants = 1
    package var tenantSkew = 0.0
    /// Of each tenant.
    package var boards = 1
    package var boardSkew = 0.0
    /// Of each board.
    package var members = 100_000
    package var memberSkew = 0.0
    /// How many members of each board are entered before the clock starts.
    package var preload = 0

    package var mix = Mix.only(.update)
    package var topRows = 100
    package var radius = 5
    package var batchSize = 100

    package var arrivals = Arrivals.closed
    /// Requests a second.
    package var rate = 0.0
    package var rampSeconds = 0.0
    package var spikes: [Spike] = []

    package var connections = 32
    package var pipeline = 1
    package var durationSeconds = 10.0
    package var requestsMax = 1_000_000_000
    package var drainSeconds = 10.0

    package init() {}

    /// When the next request is sent.
    package enum Arrivals: String, CaseIterable, Codable, Sendable {
        /// When the last one was answered. A slow server is asked less, so its worst moments are hardly seen.
        case closed
        /// At its time, whatever became of the others; times as independent users have them.
        case poisson
        /// At its time, all distances equal.
        case constant
    }

    /// A stretch of time with another rate, and maybe another mix.
    package struct Spike: Hashable, Sendable {
        package var start: Double
        package var seconds: Double
        package var times: Double
        package var mix: Mix?

        package init(start: Double, seconds: Double, times: Double, mix: Mix? = nil) {
            self.start = start
            self.seconds = seconds
            self.times = times
            self.mix = mix
        }
    }

    package var isOpenLoop: Bool { arrivals != .closed }

    package var boardCount: Int { tenants * boards }

    /// Every operation that the run may send, in the order of their declaration.
    package var operations: [Operation] {
        let used = Set(mix.operations + spikes.flatMap { $0.mix?.operations ?? [] })
        return Operation.allCases.filter(used.contains)
    }

    /// The name of a board: plain where there is only one.
    package func boardName(tenant: Int, board: Int) -> String {
        if boardCount == 1 { return "lb" }
        return tenants == 1 ? "lb-b\(board)" : "lb-t\(tenant)-b\(board)"
    }
}
