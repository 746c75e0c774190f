internal import Synchronization

extension RateTable {
    /// A part of a table with a lock of its own.
    final class Segment: Sendable {
        /// Places that an identity may have: 384 bytes, six lines of a cache.
        static let bucketSize = 16

        private let places: Mutex<Places>

        /// - Parameter capacity: a power of two, at least `bucketSize`
        init(capacity: Int) { places = Mutex(Places(capacity: capacity)) }

        func decide(_ identity: RateIdentity, _ limit: RateLimit, cost: Int, now: MonotonicTime) -> RateDecision {
            places.withLock { places in
                let index = places.index(of: identity)
                let (decision, arrival) = limit.evaluate(
                    arrival: places.arrival(at: index.own), cost: cost, now: now)
                if decision.isAllowed, cost > 0 {
                    places.set(identity, arrival: arrival, at: index, now: now)
                }
                return decision
            }
        }

        func preview(_ identity: RateIdentity, _ limit: RateLimit, cost: Int, now: MonotonicTime) -> RateDecision {
            places.withLock { places in
                let own = places.index(of: identity).own
                return limit.evaluate(arrival: places.arrival(at: own), cost: cost, now: now).decision
            }
        }

        func giveBack(_ identity: RateIdentity, _ limit: RateLimit, cost: Int) {
            places.withLock { places in
                guard let own = places.index(of: identity).own else { return }
                places.all[own].arrival = limit.givingBack(cost, arrival: places.all[own].arrival)
            }
        }

        func forget(_ identity: RateIdentity) {
            places.withLock { places in
                if let own = places.index(of: identity).own { places.all[own].arrival = 0 }
            }
        }

        var displacedCount: UInt64 { places.withLock { $0.displacedCount } }

        func liveCount(now: MonotonicTime) -> Int {
            places.withLock { places in places.all.count { $0.arrival > now.nanoseconds } }
        }
    }

    private struct Place {
        var identity = RateIdentity(high: 0, low: 0)
        /// 0 in a place never used, which is thereby free.
        var arrival: UInt64 = 0
    }

    /// Invariant: no identity stands in a bucket twice.
    private struct Places {
        var all: [Place]
        var displacedCount: UInt64 = 0

        init(capacity: Int) { all = [Place](repeating: Place(), count: capacity) }

        /// Where the identity stands, and where it would go: the place that has been free for longest, or else will be first.
        func index(of identity: RateIdentity) -> (own: Int?, soonest: Int) {
            let buckets = all.count / Segment.bucketSize
            let start = (Int(truncatingIfNeeded: identity.low >> 16) & (buckets - 1)) * Segment.bucketSize
            var soonest = start
            for index in start..<start + Segment.bucketSize {
                if all[index].identity == identity { return (index, index) }
                if all[index].arrival < all[soonest].arrival { soonest = index }
            }
            return (nil, soonest)
        }

        func arrival(at index: Int?) -> UInt64 { index.map { all[$0].arrival } ?? 0 }

        mutating func set(
            _ identity: RateIdentity, arrival: UInt64, at index: (own: Int?, soonest: Int), now: MonotonicTime
        ) {
            if index.own == nil, all[index.soonest].arrival > now.nanoseconds { displacedCount += 1 }
            all[index.soonest] = Place(identity: identity, arrival: arrival)
        }
    }
}
