package import Admission

extension IPAddress {
    /// Whether the address is one of the public internet, as the registries of special-purpose addresses have it (RFC 6890 and
    /// its successors). Those of version 6 that carry one of version 4 are judged by that.
    package var isPublic: Bool {
        if let v4 { return isPublicV4(v4) }
        if let carried { return isPublicV4(carried) }
        // Global unicast is 2000::/3; all else is reserved, local or multicast.
        return Self.globalUnicast.contains(self) && !Self.reservedV6.contains { $0.contains(self) }
    }

    private func isPublicV4(_ address: UInt32) -> Bool {
        let address = IPAddress(v4: address)
        return !Self.reservedV4.contains { $0.contains(address) }
    }

    /// The address of version 4 that a translator or a tunnel would send to.
    private var carried: UInt32? {
        // NAT64, 64:ff9b::/96
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return UInt32(truncatingIfNeeded: low) }
        // 6to4, 2002::/16
        if high >> 48 == 0x2002 { return UInt32(truncatingIfNeeded: high >> 16) }
        return nil
    }

    private static let reservedV4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    ].map { try! AddressRange($0) }
    private static let globalUnicast = try! AddressRange("2000::/3")
    private static let reservedV6 = [
        // Protocol assignments, Teredo among them; documentation; segment routing.
        "2001::/23", "2001:db8::/32", "3fff::/20",
    ].map { try! AddressRange($0) }
}
