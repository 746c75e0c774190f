/// An address of the internet protocol, of either version.
///
/// Both are kept in version 6's 128 bits, one of version 4 as `::ffff:a.b.c.d`. So the two ways in which a socket may report
/// the same client are equal by construction, and a rule about one can't be evaded with the other.
package struct IPAddress: Hashable, Sendable, Comparable {
    /// The first and last 64 bits.
    package let high: UInt64
    package let low: UInt64

    /// Of version 6. `::ffff:a.b.c.d` is of version 4.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of version 4.
    package init(v4: UInt32) { self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(v4)) }

    /// In network order: 4 or 16 bytes, as in `in_addr` and `in6_addr`. Nil for any other number of them.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        if bytes.count == 4 {
            self.init(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        } else {
            self.init(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    package var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The 32 bits of an address of version 4.
    package var v4: UInt32? { isV4 ? UInt32(truncatingIfNeeded: low) : nil }

    /// All 16 bytes in network order, of version 4 as well: what a hash is made of.
    package var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - $0 % 8 * 8)) }
    }

    /// Whom a rate limit counts: the address itself, or in version 6 its /64. A /64 is what one subscriber gets, and he has
    /// all its 2⁶⁴ addresses to choose from.
    package var limited: IPAddress { isV4 ? self : IPAddress(high: high, low: 0) }

    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
