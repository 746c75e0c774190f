internal import Gossip

/// How the network between simulated nodes behaves.
package struct Conditions: Hashable, Sendable {
    /// Of a thousand datagrams.
    package var lostPerMille = 0
    /// Of a thousand, those that come twice.
    package var doubledPerMille = 0
    /// How long one is under way, evenly distributed: so they overtake each other.
    package var delayMicroseconds: ClosedRange<Int> = 100...1000

    package init(lostPerMille: Int = 0, doubledPerMille: Int = 0, delayMicroseconds: ClosedRange<Int> = 100...1000) {
        self.lostPerMille = lostPerMille
        self.doubledPerMille = doubledPerMille
        self.delayMicroseconds = delayMicroseconds
    }
}

/// A direction between two nodes, by their indices.
package struct Link: Hashable, Sendable {
    package var from: Int
    package var to: Int

    package init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }
}

extension SeededRandom {
    mutating func chance(perMille: Int) -> Bool { perMille > 0 && below(1000) < perMille }
}
