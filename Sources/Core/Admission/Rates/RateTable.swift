internal import Synchronization

/// Who is limited, as a table knows him: a hash of what he is (a user of a project, an address) and of which limit is
/// meant, made by the caller with a key that nobody outside knows. Otherwise outsiders could choose whose place they take.
package struct RateIdentity: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of a 64-bit hash. Among a million identities two share a place and a limit with a probability of 1 in 40 million.
    package init(_ hash: UInt64) {
        // Segment and bucket come from different words.
        self.init(high: hash, low: hash &* 0x9E37_79B9_7F4A_7C15)
    }
}

/// Rates of a great number of identities in memory that is fixed from the start: 24 bytes for each of `capacity`, nothing
/// allocated afterwards, nothing to clean up.
///
/// An identity has one of 16 places, its *bucket*. A place whose arrival time has passed belongs to someone who has his whole
/// burst again, as if he had never come, so it is free. Each segment of buckets has a lock of its own; a decision holds one
/// for as long as it takes to look at 16 places.
///
/// **When a bucket is full** of identities that still owe something, the newcomer takes the place of the one that owes
/// least, who would have been forgotten first anyway. Nobody is refused for lack of room. What it costs: that one has his
/// whole burst again, too early; those who owe most, the ones that limits are for, stay. `displacedCount` says how often it
/// happened: a table twice as large as the number of identities that are active within their limits' tolerance displaces
/// about 1 in 1000, one four times as large practically none.
package final class RateTable: Sendable {
    package static let capacityAccepted = 16...(1 << 24)
    package static let segmentCountAccepted = 1...1024

    /// How many identities there are places for.
    package let capacity: Int
    private let segments: [Segment]

    /// Both numbers are rounded up to powers of two, and brought into what is accepted.
    /// - Parameter segmentCount: several times the number of threads
    package init(capacity: Int, segmentCount: Int = 64) {
        let capacity = Self.capacityAccepted.clamping(capacity).roundedUpToPowerOfTwo
        let segmentCount = min(
            Self.segmentCountAccepted.clamping(segmentCount).roundedUpToPowerOfTwo, capacity / Segment.bucketSize)
        self.capacity = capacity
        segments = (0..<segmentCount).map { _ in Segment(capacity: capacity / segmentCount) }
    }

    /// - Parameter cost: a batch of n updates costs n. 0 asks, takes nothing and is always allowed
    package func decide(
        _ identity: RateIdentity, _ limit: RateLimit, cost: Int = 1, now: MonotonicTime
    ) -> RateDecision {
        segment(of: identity).decide(identity, limit, cost: cost, now: now)
    }

    /// What `decide` would answer. Changes nothing.
    package func preview(
        _ identity: RateIdentity, _ limit: RateLimit, cost: Int = 1, now: MonotonicTime
    ) -> RateDecision {
        segment(of: identity).preview(identity, limit, cost: cost, now: now)
    }

    /// Gives back what an allowed request took that was not carried out after all.
    package func giveBack(_ identity: RateIdentity, _ limit: RateLimit, cost: Int = 1) {
        segment(of: identity).giveBack(identity, limit, cost: cost)
    }

    /// The identity's burst is there again at once. For a change of limits: what was run up under the old one would else
    /// count under the new one.
    package func forget(_ identity: RateIdentity) { segment(of: identity).forget(identity) }

    /// How often since the start someone's place was taken although he still owed something.
    package var displacedCount: UInt64 { segments.reduce(0) { $0 + $1.displacedCount } }

    /// How many identities owe something. Looks at every place, one segment after the other: for a gauge, not for a request.
    package func liveCount(now: MonotonicTime) -> Int { segments.reduce(0) { $0 + $1.liveCount(now: now) } }

    private func segment(of identity: RateIdentity) -> Segment {
        segments[Int(truncatingIfNeeded: identity.high) & (segments.count - 1)]
    }
}

extension ClosedRange {
    func clamping(_ value: Bound) -> Bound { Swift.min(Swift.max(value, lowerBound), upperBound) }
}

extension Int {
    fileprivate var roundedUpToPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
