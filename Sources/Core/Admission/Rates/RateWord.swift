internal import Synchronization

/// A `RateState` that any number of threads decide on at once, without a lock: for what there is one of, a listener or the
/// node as a whole.
///
/// A thread whose compare-exchange fails has lost to one that took something, and decides anew on what that one left. So
/// whatever is allowed was allowed in some order, one after the other.
///
/// Threads may have read the clock at slightly different times; a request then counts as of the time it names.
package struct RateWord: ~Copyable, Sendable {
    private let arrival: Atomic<UInt64>

    package init() { arrival = Atomic(0) }

    /// - Parameter cost: a batch of n updates costs n. 0 asks, takes nothing and is always allowed
    package borrowing func decide(_ limit: RateLimit, cost: Int = 1, now: MonotonicTime) -> RateDecision {
        // Relaxed: the word stands for itself, nothing else is read on the strength of it.
        var known = arrival.load(ordering: .relaxed)
        while true {
            let (decision, next) = limit.evaluate(arrival: known, cost: cost, now: now)
            if next == known { return decision }
            let (exchanged, original) = arrival.weakCompareExchange(expected: known, desired: next, ordering: .relaxed)
            if exchanged { return decision }
            known = original
        }
    }

    /// Gives back what an allowed request took that was not carried out after all.
    package borrowing func giveBack(_ limit: RateLimit, cost: Int = 1) {
        var known = arrival.load(ordering: .relaxed)
        while true {
            let next = limit.givingBack(cost, arrival: known)
            let (exchanged, original) = arrival.weakCompareExchange(expected: known, desired: next, ordering: .relaxed)
            if exchanged { return }
            known = original
        }
    }

    /// The burst is there again at once: after a change of limits, say.
    package borrowing func reset() { arrival.store(0, ordering: .relaxed) }
}
