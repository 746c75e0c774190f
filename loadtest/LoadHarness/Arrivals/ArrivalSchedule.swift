/// The times at which an open loop's requests are due: fixed before the run, whatever the server does.
package struct ArrivalSchedule: Sendable {
    private let profile: RateProfile
    private let isPoisson: Bool
    private let countMax: Int
    private var numbers: SeededNumbers
    private var count = 0
    private var reached = 0.0
    private var stretch = 0

    package init(_ scenario: Scenario) {
        profile = RateProfile(scenario)
        isPoisson = scenario.arrivals == .poisson
        countMax = scenario.requestsMax
        numbers = SeededNumbers(seed: UInt64(scenario.seed) &* 0x9E37 &+ 0xA11)
    }

    /// When the next request is due, in nanoseconds from the start; nil after the last.
    package mutating func next() -> Int64? {
        guard count < countMax else { return nil }
        // The constant one has its first arrival half a distance after the start, and its last half a one before the end.
        reached += isPoisson ? numbers.exponential() : (count == 0 ? 0.5 : 1)
        count += 1
        return profile.time(of: reached, hint: &stretch).map { Int64($0 * 1e9) }
    }
}
