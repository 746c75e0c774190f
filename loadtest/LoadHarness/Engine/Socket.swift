import CEpoll
internal import Glibc

/// TCP connections, by their descriptors.
enum Socket {
    /// Connects and waits until that is done.
    static func connect(_ target: Target) throws(HarnessError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(target.host, "\(target.port)", &hints, &list) == 0, let first = list else {
            throw HarnessError("\(target.host) is not known")
        }
        defer { freeaddrinfo(list) }
        var candidate: UnsafeMutablePointer<addrinfo>? = first
        var problem = ""
        while let address = candidate {
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let socket = Glibc.socket(address.pointee.ai_family, type, 0)
            if socket >= 0 {
                if Glibc.connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
                    var one: Int32 = 1
                    let size = socklen_t(MemoryLayout<Int32>.size)
                    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
                    return socket
                }
                problem = systemError()
                close(socket)
            } else {
                problem = systemError()
            }
            candidate = address.pointee.ai_next
        }
        throw HarnessError("\(target.address) can't be reached: \(problem)")
    }

    static func makeNonblocking(_ socket: Int32) {
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    }

    static func setTimeout(_ socket: Int32, seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// A port of this machine that was free a moment ago.
    static func freePort() throws(HarnessError) -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw HarnessError("no free port: \(systemError())") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Nanoseconds of a clock that nobody sets.
@inline(__always)
func monotonicNanoseconds() -> Int64 { laurel_monotonic_nanoseconds() }
