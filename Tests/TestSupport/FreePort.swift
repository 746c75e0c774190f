internal import Foundation
internal import Synchronization

/// A port of the loopback that nobody has, each once in this process.
///
/// Below those that the kernel gives to outgoing connections: one of these may be taken before a server is there to take it.
package func freePort() throws -> Int {
    for _ in usual {
        let port = next.withLock { next in
            defer { next = next + 1 < usual.upperBound ? next + 1 : usual.lowerBound }
            return next
        }
        if isFree(port) { return port }
    }
    throw CocoaError(.fileNoSuchFile)
}

private let usual = 10_240..<32_768
/// Tests of several processes begin at different ones.
private let next = Mutex(usual.lowerBound + Int(getpid()) * 97 % usual.count)

private func isFree(_ port: Int) -> Bool {
    let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
