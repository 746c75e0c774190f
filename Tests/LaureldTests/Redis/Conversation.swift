/// What several clients say to a server that speaks Redis, and what they hear.
final class Conversation {
    private let port: Int
    private let key: String?
    private let version: Int
    private var clients: [String: RawConnection] = [:]
    /// The replies in the order in which they were asked for, and who got them.
    private(set) var heard: [String] = []

    init(port: Int, key: String?, version: Int) {
        self.port = port
        self.key = key
        self.version = version
    }

    /// Comes when it is named first.
    func client(_ name: String) throws -> RawConnection {
        if let client = clients[name] { return client }
        let client = try RawConnection(port: port)
        if let key { _ = try client.ask("AUTH \(key)") }
        try client.send("HELLO \(version)\r\n")
        _ = try client.receiveReply()
        clients[name] = client
        return client
    }

    func leave(_ name: String) { clients[name] = nil }

    func say(_ name: String, _ commands: String) throws { try client(name).send(commands + "\r\n") }

    @discardableResult
    func hear(_ name: String) throws -> String {
        let reply = try client(name).receiveReply()
        heard.append("\(name): \(reply)")
        return reply
    }

    /// What a client of its own is told.
    @discardableResult
    func ask(_ command: String) throws -> String {
        try say("control", command)
        return try hear("control")
    }

    /// Returns once so many clients wait.
    func wait(for count: Int) throws {
        try eventually("\(count) clients wait") { try waitingCount() == count ? () : nil }
    }

    func waitingCount() throws -> Int {
        try say("control", "INFO")
        let text = try client("control").receiveReply()
        guard let count = text.firstMatch(of: /blocked_clients:([0-9]+)/).flatMap({ Int($0.1) }) else {
            throw Failure("no count of clients that wait in '\(text)'")
        }
        return count
    }
}

extension RawConnection {
    /// A whole reply on one line: `[k ann 1]`, `nil`, or as it came.
    fileprivate func receiveReply() throws -> String {
        let line = try receiveLine()
        let rest = String(line.dropFirst())
        switch line.first {
        case "*", "~", ">", "%":
            guard let count = Int(rest), count >= 0 else { return "nil array" }
            let total = line.hasPrefix("%") ? count * 2 : count
            return "[" + (try (0..<total).map { _ in try receiveReply() }).joined(separator: " ") + "]"
        case "$", "=":
            guard let count = Int(rest), count >= 0 else { return "nil" }
            var text = ""
            // A line's end takes two bytes.
            while text.utf8.count < count + 2 { text += try receiveLine() + "\r\n" }
            return String(text.dropLast())
        case ":": return rest
        default: return line
        }
    }
}
