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

/// The generator of the simulation itself (SplitMix64), apart from those of the nodes.
package struct SimulationRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func chance(perMille: Int) -> Bool { perMille > 0 && below(1000) < perMille }
}
