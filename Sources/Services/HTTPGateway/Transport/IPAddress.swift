internal import Glibc
package import NIOCore

/// An address of the Internet Protocol. One of version 4 is kept as version 6 maps it, `::ffff:a.b.c.d`, so that a client is
/// the same whichever kind of socket it came through.
package struct IPAddress: Sendable, Hashable {
    /// The upper and the lower half, as numbers.
    private var high: UInt64
    private var low: UInt64

    private static let mappedLow: UInt64 = 0xFFFF << 32

    package var isVersion4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// From text without port, zone or brackets.
    package init?(_ text: some StringProtocol) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, String(text), &four) == 1 {
            self.init(version4: UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, String(text), &six) == 1 {
            self.init(six)
        } else {
            return nil
        }
    }

    /// Nil for what is no address of the Internet, such as a Unix socket's. Read where the system keeps it: as text, which is
    /// how NIO gives it away, it would cost every request two conversions.
    package init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address):
            self.init(
                version4: withUnsafeBytes(of: address.address) {
                    UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                })
        case .v6(let address):
            self.init(
                withUnsafeBytes(of: address.address) { $0.loadUnaligned(fromByteOffset: 8, as: in6_addr.self) })
        case .unixDomainSocket: return nil
        }
    }

    private init(version4 number: UInt32) {
        high = 0
        low = Self.mappedLow | UInt64(number)
    }

    private init(_ address: in6_addr) {
        (high, low) = withUnsafeBytes(of: address) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// Whether the first `bitCount` bits are those of `other`.
    func shares(_ bitCount: Int, with other: IPAddress) -> Bool {
        let highMask: UInt64 = bitCount >= 64 ? .max : ~(UInt64.max >> UInt64(bitCount))
        let lowMask: UInt64 = bitCount <= 64 ? 0 : bitCount >= 128 ? .max : ~(UInt64.max >> UInt64(bitCount - 64))
        return (high ^ other.high) & highMask == 0 && (low ^ other.low) & lowMask == 0
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        if isVersion4 {
            return [24, 16, 8, 0].map { String(low >> UInt64($0) & 0xFF) }.joined(separator: ".")
        }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// An address, or all that begin with the same bits: `10.0.0.0/8`.
package struct IPRange: Sendable, Hashable {
    private let first: IPAddress
    /// Of the 128 bits of version 6.
    private let bitCount: Int

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        first = address
        let unused = address.isVersion4 && !parts[0].contains(":") ? 96 : 0
        if parts.count == 1 {
            bitCount = 128
        } else {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(parts[1]),
                count <= 128 - unused
            else { return nil }
            bitCount = unused + count
        }
    }

    package func contains(_ address: IPAddress) -> Bool { address.shares(bitCount, with: first) }
}
