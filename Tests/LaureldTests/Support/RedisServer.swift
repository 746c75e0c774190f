import Foundation

/// A real redis-server without persistence, on a free port.
final class RedisServer {
    let port: Int
    private let process: ChildProcess

    init(directory: String, port chosen: Int? = nil) throws {
        port = try chosen ?? freePort()
        process = try ChildProcess(
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
                directory,
            ],
            environment: [:], directory: nil)
        guard process.output.line(containing: "Ready to accept connections") != nil else {
            throw Failure("redis-server did not start: \(process.output.text)")
        }
    }

    /// It has nothing to lose, and may have inherited that other signals wait.
    func stop() throws {
        process.signal(SIGKILL)
        try process.wait()
    }

    deinit { process.signal(SIGKILL) }
}

/// A port that was free a moment ago.
func freePort() throws -> Int {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16? in
            guard bind(socket, address, length) == 0, getsockname(socket, address, &length) == 0 else { return nil }
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }
    guard let port else { throw Failure("no free port") }
    return Int(port)
}
