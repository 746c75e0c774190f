import Foundation

/// A kept-alive HTTP/1.1 connection in blocking calls, small enough to know what was sent and what was not.
///
/// Not for several threads at a time.
final class HTTPConnection {
    /// What went wrong, as far as it matters for what the server may have done.
    enum Broken: Error {
        /// Nothing of the request was sent.
        case notConnected
        /// The request may have been carried out.
        case inFlight(String)
    }

    private var descriptor: Int32
    private var received: [UInt8] = []
    private var start = 0

    init(port: Int, seconds: Int = 60) throws(Broken) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafeBytes(of: &address) { bytes in
            connect(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        // `deinit` closes it: an object whose initializer throws at its end has been one.
        if connected != 0 { throw .notConnected }
    }

    deinit { close(descriptor) }

    struct Response {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    func send(_ bytes: some Collection<UInt8>) throws(Broken) {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.send(descriptor, buffer.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count == -1, errno == EINTR { continue }
            guard count > 0 else { throw .inFlight(systemError()) }
            sent += count
        }
    }

    /// The bytes of a request.
    static func request(
        _ method: String, _ target: String, headers: [(String, String)], body: [UInt8]?
    ) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + (body ?? [])
    }

    /// Reads an answer. `eachPart` sees the parts of its body as they come, where it is sent in parts.
    func receive(eachPart: (ArraySlice<UInt8>) -> Void = { _ in }) throws(Broken) -> Response {
        let first = try line().split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0] == "HTTP/1.1", let status = Int(first[1]) else {
            throw .inFlight("no status line: \(first)")
        }
        var headers: [String: String] = [:]
        while true {
            let header = try line()
            if header.isEmpty { break }
            let parts = header.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw .inFlight("no header: \(header)") }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        if status == 100 { return try receive(eachPart: eachPart) }
        var body: [UInt8] = []
        if headers["transfer-encoding"] == "chunked" {
            while true {
                guard let count = Int(try line(), radix: 16) else { throw .inFlight("no length of a chunk") }
                let part = try bytes(count)
                _ = try line()
                if count == 0 { break }
                body += part
                eachPart(part)
            }
        } else if let count = headers["content-length"].flatMap({ Int($0) }) {
            body = Array(try bytes(count))
        }
        return Response(status: status, headers: headers, body: body)
    }

    /// Whether the server closes the connection, with or without a last word.
    func isClosedByServer() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 { continue }
            return count == 0 || errno == ECONNRESET
        }
    }

    private func line() throws(Broken) -> String {
        var searched = start
        while true {
            if let end = received[searched...].firstIndex(of: 10) {
                let text = String(decoding: received[start..<end], as: UTF8.self)
                start = end + 1
                return text.hasSuffix("\r") ? String(text.unicodeScalars.dropLast()) : text
            }
            searched = received.count
            let before = start
            try more()
            searched -= before - start
        }
    }

    private func bytes(_ count: Int) throws(Broken) -> ArraySlice<UInt8> {
        while received.count - start < count { try more() }
        defer { start += count }
        return received[start..<(start + count)]
    }

    private func more() throws(Broken) {
        if start > 1 << 16 {
            received.removeFirst(start)
            start = 0
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == -1, errno == EINTR { continue }
            guard count > 0 else { throw .inFlight(count == 0 ? "closed" : systemError()) }
            received += buffer[..<count]
            return
        }
    }
}
