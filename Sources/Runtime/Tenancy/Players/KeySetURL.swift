/// Where a tenant publishes its keys: `https://host[:443|:8443]/path`, and nothing else. No user and password, no fragment.
package struct KeySetURL: Hashable, Sendable {
    package let text: String
    /// In lower case. A name or an address; what it leads to must be looked at before anything is sent there.
    package let host: String
    package let port: Int
    /// With the query.
    package let path: String

    package static let byteCountMax = 2000
    package static let ports = [443, 8443]

    package init?(_ text: String) {
        let scheme = "https://"
        guard text.utf8.count <= Self.byteCountMax, text.hasPrefix(scheme),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, let host = parts.first, 1...253 ~= host.utf8.count,
            host.utf8.allSatisfy(isHostByte), host.first != ".", host.first != "-"
        else { return nil }
        let port = parts.count == 2 ? Int(parts[1]) : 443
        guard let port, Self.ports.contains(port), parts.count == 1 || parts[1].utf8.allSatisfy(isDigit) else {
            return nil
        }
        let path = rest[authority.endIndex...]
        guard path.isEmpty || path.first == "/" else { return nil }
        self.text = text
        self.host = host.lowercased()
        self.port = port
        self.path = path.isEmpty ? "/" : String(path)
    }
}

private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

private func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
    default: isDigit(byte)
    }
}
