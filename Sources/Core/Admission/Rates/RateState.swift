/// What is known about one who is limited: a theoretical arrival time, 0 if he never came. For use on one thread; rows of a
/// `RateTable` decide alike for several.
package struct RateState: Hashable, Sendable {
    package private(set) var arrivalNanoseconds: UInt64

    package init() { arrivalNanoseconds = 0 }

    /// - Parameters:
    ///   - cost: a batch of n updates costs n. 0 asks, takes nothing and is always allowed
    ///   - now: not before that of the last call
    package mutating func decide(_ limit: RateLimit, cost: Int = 1, now: MonotonicTime) -> RateDecision {
        let (decision, arrival) = limit.evaluate(arrival: arrivalNanoseconds, cost: cost, now: now)
        arrivalNanoseconds = arrival
        return decision
    }

    /// Gives back what an allowed request took that was not carried out after all.
    package mutating func giveBack(_ limit: RateLimit, cost: Int = 1) {
        arrivalNanoseconds = limit.givingBack(cost, arrival: arrivalNanoseconds)
    }
}
