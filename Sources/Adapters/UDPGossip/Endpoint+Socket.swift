package import Gossip
package import NIOCore

extension Endpoint {
    /// Nil if it is no address of a network.
    package init?(_ address: SocketAddress) {
        // As the kernel has it: family and port, 4 bytes; in version 6 the flow, 4 bytes; then the address.
        let place: Range<Int>
        switch address {
        case .v4: place = 4..<8
        case .v6: place = 8..<24
        case .unixDomainSocket: return nil
        }
        let bytes = address.withSockAddr { start, count in
            Array(UnsafeRawBufferPointer(start: start, count: count)[place])
        }
        let port = UInt16(address.port ?? 0)
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        if bytes.count == 4 {
            self.init(ipv4: UInt32(number(bytes[...])), port: port)
        } else {
            self.init(high: number(bytes[..<8]), low: number(bytes[8...]), port: port)
        }
    }

    /// An IPv4 address as such.
    var socketAddress: SocketAddress {
        var bytes = ByteBuffer()
        if let ipv4 {
            bytes.writeInteger(ipv4)
        } else {
            bytes.writeInteger(high)
            bytes.writeInteger(low)
        }
        // Fails only for other lengths than 4 and 16.
        return try! SocketAddress(packedIPAddress: bytes, port: Int(port))
    }
}
