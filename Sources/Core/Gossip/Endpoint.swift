/// Where datagrams are sent to: an IPv6 address, or an IPv4 one mapped into it, and a port.
package struct Endpoint: Hashable, Comparable, Sendable {
    package var high: UInt64
    package var low: UInt64
    package var port: UInt16

    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// `::ffff:a.b.c.d`.
    package init(ipv4: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4), port: port)
    }

    package var ipv4: UInt32? { high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil }

    package static func < (left: Endpoint, right: Endpoint) -> Bool {
        (left.high, left.low, left.port) < (right.high, right.low, right.port)
    }
}
