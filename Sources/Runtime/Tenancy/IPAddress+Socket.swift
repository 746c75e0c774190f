package import Admission
package import NIOCore

extension IPAddress {
    /// Of the other end of a connection; nil if it has none, as a socket in the file system.
    package init?(_ address: SocketAddress?) {
        guard let address else { return nil }
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
        self.init(bytes: bytes)
    }
}
