internal import Glibc

/// Single requests in blocking calls, for everything around a measurement: keys, boards, probes.
package final class Question {
    private let socket: Int32
    private let target: Target
    private var received: [UInt8] = []

    /// - Parameter seconds: how long an answer may take.
    package init(_ target: Target, seconds: Int = 600) throws(HarnessError) {
        self.target = target
        socket = try Socket.connect(target)
        Socket.setTimeout(socket, seconds: seconds)
        if target.wire == .resp, let key = target.keys.first { try Self.authenticate(socket, key: key) }
    }

    deinit { close(socket) }

    /// Shows a RESP server the key.
    static func authenticate(_ socket: Int32, key: String) throws(HarnessError) {
        Socket.setTimeout(socket, seconds: 60)
        let command = respCommand(["AUTH", key])
        var reply = [UInt8](repeating: 0, count: 512)
        guard Glibc.send(socket, command, command.count, Int32(MSG_NOSIGNAL)) == command.count else {
            throw HarnessError("AUTH can't be sent: \(systemError())")
        }
        let count = recv(socket, &reply, reply.count, 0)
        guard count > 0, reply[0] == UInt8(ascii: "+") else {
            throw HarnessError(
                "AUTH: \(count > 0 ? String(decoding: reply[..<count], as: UTF8.self).firstLine : "no answer")")
        }
    }

    /// A reply over RESP.
    package indirect enum Reply: Hashable, Sendable, CustomStringConvertible {
        case text(String)
        case error(String)
        case integer(Int)
        case none
        case list([Reply])

        package var description: String {
            switch self {
            case .text(let text): text
            case .error(let text): "error: \(text)"
            case .integer(let number): "\(number)"
            case .none: "nil"
            case .list(let list): "[\(list.map(\.description).joined(separator: " "))]"
            }
        }

        var isError: Bool { if case .error = self { true } else { false } }
    }

    package func ask(_ words: String...) throws(HarnessError) -> Reply { try ask(words) }

    package func ask(_ words: [String]) throws(HarnessError) -> Reply {
        try send(respCommand(words))
        return try reply()
    }

    /// Sends a command whose answer is never read.
    package func tell(_ words: String...) { try? send(respCommand(words)) }

    /// A response over HTTP.
    package func http(
        _ method: String, _ path: String, type: String = "application/json", body: String? = nil
    ) throws(HarnessError) -> (status: Int, body: String) {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(target.host):\(target.port)\r\n"
        if let key = target.keys.first { head += "X-Api-Key: \(key)\r\n" }
        if let body { head += "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n" }
        try send(Array((head + "\r\n" + (body ?? "")).utf8))
        let first = try line()
        guard let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw HarnessError("\(target.address) answered '\(first)'")
        }
        var length: Int?
        var isChunked = false
        while true {
            let header = try line().lowercased()
            if header.isEmpty { break }
            if let value = header.wholeMatch(of: /content-length: *([0-9]+)/) { length = Int(value.1) }
            if header.contains(/^transfer-encoding: *chunked/) { isChunked = true }
        }
        if let length { return (status, String(decoding: try bytes(length), as: UTF8.self)) }
        var text = ""
        while isChunked {
            guard let count = Int(try line(), radix: 16) else { throw HarnessError("a chunk has no length") }
            text += String(decoding: try bytes(count), as: UTF8.self)
            _ = try line()
            if count == 0 { break }
        }
        return (status, text)
    }

    private func send(_ bytes: [UInt8]) throws(HarnessError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(socket, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw HarnessError("\(target.address): nothing can be sent: \(systemError())") }
            sent += count
        }
    }

    private func reply() throws(HarnessError) -> Reply {
        let line = try line()
        let rest = String(line.dropFirst())
        switch line.first {
        case "-": return .error(rest)
        case ":": return .integer(Int(rest) ?? 0)
        case "$":
            guard let count = Int(rest), count >= 0 else { return .none }
            let text = String(decoding: try bytes(count + 2).dropLast(2), as: UTF8.self)
            return .text(text)
        case "*":
            guard let count = Int(rest), count >= 0 else { return .none }
            var list: [Reply] = []
            for _ in 0..<count { list.append(try reply()) }
            return .list(list)
        case "+": return .text(rest)
        default: throw HarnessError("\(target.address) answered '\(line)'")
        }
    }

    private func line() throws(HarnessError) -> String {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = received[..<end]
                received.removeFirst(end + 1)
                return String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
            }
            try more()
        }
    }

    private func bytes(_ count: Int) throws(HarnessError) -> ArraySlice<UInt8> {
        while received.count < count { try more() }
        defer { received.removeFirst(count) }
        return received[..<count]
    }

    private func more() throws(HarnessError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw HarnessError("\(target.address) does not answer: \(count == 0 ? "closed" : systemError())")
            }
            received += buffer[..<count]
            return
        }
    }
}
