/// A fast seeded hash of short byte strings: multiply two words to 128 bits, fold the halves together (after wyhash).
///
/// Equal seed, equal hash, on every machine: it may be stored. Not for keeping a determined attacker out of one line of
/// a table; a secret seed is what does that.
enum NameHash {
    private static let secrets: (UInt64, UInt64, UInt64) = (
        0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3
    )

    @inline(__always)
    static func hash(_ bytes: UnsafeRawPointer, count: Int, seed: UInt64) -> UInt64 {
        var state = seed ^ secrets.0
        var first: UInt64
        var last: UInt64
        if count > 16 {
            var offset = 0
            while offset &+ 16 < count {
                state = unsafe fold(
                    word(bytes + offset) ^ secrets.1, word(bytes + offset + 8) ^ state)
                offset &+= 16
            }
            first = unsafe word(bytes + (count - 16))
            last = unsafe word(bytes + (count - 8))
        } else if count >= 8 {
            first = unsafe word(bytes)
            last = unsafe word(bytes + (count - 8))
        } else if count >= 4 {
            first = unsafe UInt64(halfWord(bytes))
            last = unsafe UInt64(halfWord(bytes + (count - 4)))
        } else {
            first = 0
            last = 0
            for index in 0..<count {
                first = unsafe first << 8 | UInt64(bytes.load(fromByteOffset: index, as: UInt8.self))
            }
        }
        return fold(secrets.2 ^ UInt64(truncatingIfNeeded: count), fold(first ^ secrets.1, last ^ state))
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.loadUnaligned(as: UInt64.self))
    }
    @inline(__always)
    private static func halfWord(_ bytes: UnsafeRawPointer) -> UInt32 {
        UInt32(littleEndian: unsafe bytes.loadUnaligned(as: UInt32.self))
    }
}
