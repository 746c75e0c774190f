/// A fingerprint of a set of entries that can be kept up to date: the sum of each entry's own hash.
///
/// It does not depend on the order in which entries came or lie, so that two replicas with the same entries agree
/// whatever their trees look like. It finds faults, not forgers. (Bellare and Micciancio's incremental hash AdHash.)
package struct ContentHash: Hashable, Sendable, CustomStringConvertible {
    package static let zero = ContentHash(low: 0, high: 0)

    package var low: UInt64
    package var high: UInt64

    package static func += (sum: inout ContentHash, other: ContentHash) {
        sum.low &+= other.low
        sum.high &+= other.high
    }

    package static func -= (sum: inout ContentHash, other: ContentHash) {
        sum.low &-= other.low
        sum.high &-= other.high
    }

    func write(to writer: inout ByteWriter) {
        writer.write(low)
        writer.write(high)
    }

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        low = try reader.read()
        high = try reader.read()
    }

    package var description: String { String(high, radix: 16) + "-" + String(low, radix: 16) }
}

/// Folds words into two independent lanes by multiply-and-fold.
struct ContentHasher {
    private var low: UInt64
    private var high: UInt64

    init(seed: UInt64) {
        low = seed ^ 0x9E37_79B9_7F4A_7C15
        high = seed ^ 0xC2B2_AE3D_27D4_EB4F
    }

    @inline(__always)
    mutating func combine(_ word: UInt64) {
        low = Self.fold(low ^ word, 0xA076_1D64_78BD_642F)
        high = Self.fold(high ^ word, 0xE703_7ED1_A0B4_28DB)
    }

    @inline(__always)
    func finalize() -> ContentHash {
        ContentHash(low: Self.fold(low, 0x8EBC_6AF0_9C88_C6E3), high: Self.fold(high, 0x5899_65CC_7537_4CC3))
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (high, low) = left.multipliedFullWidth(by: right)
        return high ^ low ^ left
    }
}
