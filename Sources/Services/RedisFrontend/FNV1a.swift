extension Sequence<UInt8> {
    /// A hash of few bytes that is the same in every process (Fowler, Noll and Vo's FNV-1a). Anybody can make bytes collide.
    @inline(__always)
    var fnv1a: UInt64 { reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 } }
}
