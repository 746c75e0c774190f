/// The addresses that share a prefix, in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`.
///
/// Of one version: `::/0` has no address of version 4, although those are kept in version 6's bits.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// All bits beyond the prefix are zero.
    package let first: IPAddress
    /// Of all 128 bits, also for version 4.
    private let prefix: Int

    /// - Parameter prefixLength: up to 32 for version 4, 128 for version 6
    package init(_ address: IPAddress, prefixLength: Int) throws(AddressRangeProblem) {
        guard 0...(address.isV4 ? 32 : 128) ~= prefixLength else { throw .prefixLength }
        try self.init(address, prefix: address.isV4 ? prefixLength + 96 : prefixLength)
    }

    /// One address alone.
    package init(_ address: IPAddress) {
        first = address
        prefix = 128
    }

    /// `address/length`, or an address alone. `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    package init(_ text: some StringProtocol) throws(AddressRangeProblem) {
        let parts = text.utf8.prefix(Self.textByteCountMax + 1).split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(text: Array(parts[0])[...]) else { throw .address }
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        guard 1...3 ~= parts[1].count, parts[1].allSatisfy(\.isDigit),
            parts[1].count == 1 || parts[1].first != UInt8(ascii: "0")
        else { throw .prefixLength }
        let length = parts[1].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        if address.isV4, parts[0].contains(UInt8(ascii: ":")) {
            guard length <= 128 else { throw .prefixLength }
            try self.init(address, prefix: length)
        } else {
            try self.init(address, prefixLength: length)
        }
    }

    private init(_ address: IPAddress, prefix: Int) throws(AddressRangeProblem) {
        let rest = Self.mask(beyond: prefix)
        guard address.high & rest.high == 0, address.low & rest.low == 0 else { throw .bitsBeyondPrefix }
        first = address
        self.prefix = prefix
    }

    /// The longest text of a range.
    package static let textByteCountMax = IPAddress.textByteCountMax + 4

    package var prefixLength: Int { first.isV4 ? prefix - 96 : prefix }

    package var last: IPAddress {
        let rest = Self.mask(beyond: prefix)
        return IPAddress(high: first.high | rest.high, low: first.low | rest.low)
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.isV4 == first.isV4 && first <= address && address <= last
    }

    package var description: String { "\(first)/\(prefixLength)" }

    private static func mask(beyond prefix: Int) -> (high: UInt64, low: UInt64) {
        // Shifts by 64 and more give zero.
        (UInt64.max >> UInt64(prefix), prefix <= 64 ? .max : UInt64.max >> UInt64(prefix - 64))
    }
}

/// Why a text is no range.
package enum AddressRangeProblem: Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case address, prefixLength, bitsBeyondPrefix

    package var description: String {
        switch self {
        case .address: "is no IP address or range, such as 10.0.0.0/8 or 2001:db8::/32"
        case .prefixLength: "has a length of prefix that is not 0 to 32, or 0 to 128 for version 6"
        // 10.1.2.3/8 may mean 10.1.2.3 or 10.0.0.0/8: a guess would let in too many or too few.
        case .bitsBeyondPrefix: "has bits beyond its prefix: write 10.0.0.0/8 and not 10.1.2.3/8"
        }
    }
}
