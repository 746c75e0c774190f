import Foundation

/// A connection that says what it is told to.
final class RawConnection {
    private var socket: Int32
    /// What came behind the line that was asked for.
    private var unread: ArraySlice<UInt8> = []

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        let limitSize = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, limitSize)
        // So that a byte sent alone arrives alone.
        var isOn: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure("no connection: \(systemError())") }
    }

    /// To a laureld, its key said.
    convenience init(to laureld: Laureld) throws {
        try self.init(port: try laureld.redisPort())
        guard try ask("AUTH \(laureld.key)") == "+OK" else { throw Failure("it does not take the key") }
    }

    deinit { close(socket) }

    func send(_ text: some StringProtocol) throws { try send(Array(text.utf8)) }

    func send(_ bytes: some Collection<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure("not sent: \(systemError())") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends a line and answers the first line that comes back, without its end.
    func ask(_ command: String) throws -> String {
        try send(command + "\r\n")
        return try receiveLine()
    }

    /// The next line, without its end.
    func receiveLine() throws -> String {
        var searched = unread.startIndex
        while true {
            if let end = unread[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread = unread[(end + 1)...] }
                let hasReturn = end > unread.startIndex && unread[end - 1] == UInt8(ascii: "\r")
                return String(decoding: unread[..<(hasReturn ? end - 1 : end)], as: UTF8.self)
            }
            let rest = Array(unread)
            let some = try receiveSome()
            guard !some.isEmpty else { throw Failure("closed after '\(String(decoding: rest, as: UTF8.self))'") }
            unread = (rest + some)[...]
            searched = rest.count
        }
    }

    func receive(until end: String) throws -> String {
        var text = ""
        while !text.hasSuffix(end) { text += String(decoding: try receiveSome(), as: UTF8.self) }
        return text
    }

    /// All up to the end of the connection, or its reset: who closes with something unread resets.
    func receiveAll() throws -> String {
        var bytes = Array(unread)
        unread = []
        while true {
            let some = try receiveSome()
            if some.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += some
        }
    }

    /// Drops what comes up to the end of the connection, however it ends, and answers how many bytes that were.
    func discardAll() -> Int {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var total = 0
        while true {
            let count = recv(socket, &bytes, bytes.count, 0)
            if count <= 0 { return total }
            total += count
        }
    }

    /// Ends the connection as a crash of the machine would, with a reset instead of a goodbye.
    func reset() {
        var setting = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout<linger>.size))
        close(socket)
        socket = -1
    }

    private func receiveSome() throws -> ArraySlice<UInt8> {
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = recv(socket, &bytes, bytes.count, 0)
        guard count >= 0 || errno == ECONNRESET else { throw Failure("nothing received: \(systemError())") }
        return bytes[..<max(count, 0)]
    }
}

/// Arguments as a client sends them.
func multibulk(_ arguments: some Collection<String>) -> String {
    "*\(arguments.count)\r\n" + arguments.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
}

func multibulk(_ arguments: String...) -> String { multibulk(arguments) }
