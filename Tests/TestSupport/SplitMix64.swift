/// A generator with a seed: the same seed gives the same numbers on every machine and in every run, so that a failing
/// seed is a test case (Steele, Lea and Flood's SplitMix64).
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SplitMix64 {
    /// 0 up to, but not including, `bound`.
    package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    package mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }
    package mutating func chance(percent: Int) -> Bool { below(100) < percent }
    package mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}
