internal import Glibc

/// A server that is loaded: how it is spoken to, and where.
package struct Target: Hashable, Sendable {
    package enum Wire: String, Codable, Sendable { case resp, http }

    package var wire: Wire
    package var host: String
    package var port: Int
    /// API keys over HTTP, each for some of the tenants; one password over RESP.
    package var keys: [String]

    package init(wire: Wire, host: String, port: Int, keys: [String] = []) {
        self.wire = wire
        self.host = host
        self.port = port
        self.keys = keys
    }

    /// `redis://127.0.0.1:6379`, `http://127.0.0.1:8080`.
    package init(_ address: String, keys: [String] = []) throws(HarnessError) {
        guard
            let match = address.wholeMatch(
                of: /(redis|resp|http):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})\/?/),
            let port = Int(match.3), (1...65_535).contains(port)
        else { throw HarnessError("'\(address)' is no target: say redis://127.0.0.1:6379 or http://127.0.0.1:8080") }
        let wire: Wire = match.1 == "http" ? .http : .resp
        if wire == .resp, keys.count > 1 {
            throw HarnessError("several keys are for HTTP: a Redis connection has one, and tenants are names of boards")
        }
        self.init(wire: wire, host: match.2.filter { $0 != "[" && $0 != "]" }, port: port, keys: keys)
    }

    package var address: String {
        "\(wire == .http ? "http" : "redis")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Whether the load stays on this machine. A name that only a resolver knows does not count.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Load on a machine that belongs to others is an attack, so it must be meant.
    package func check(allowsRemote: Bool) throws(HarnessError) {
        if isLoopback || allowsRemote { return }
        throw HarnessError("\(address) is not on this machine; if you may load it, say --allow-remote")
    }
}
