package import Admission
import HTTPTypes

/// Which peers are believed when they say for whom they ask.
///
/// Anybody can send `X-Forwarded-For`. Each proxy appends whom it got the request from, so the list is read from its end:
/// through the entries of trusted proxies to the first that is none. What stands before it may be made up.
package struct TrustedProxies: Sendable {
    private let ranges: [AddressRange]

    package init(_ ranges: [AddressRange] = []) { self.ranges = ranges }

    /// Whose request it is: the peer's own, unless it is a trusted proxy that names another.
    func client(of peer: IPAddress?, _ headers: HTTPFields) -> IPAddress? {
        guard !ranges.isEmpty, let peer, contains(peer) else { return peer }
        let forwardedFor = headers.value(of: .forwardedFor).map { client(of: peer, Self.addresses(forwardedFor: $0)) }
        let forwarded = headers.value(of: .forwarded).map { client(of: peer, Self.addresses(forwarded: $0)) }
        switch (forwardedFor, forwarded) {
        case (nil, nil): return peer
        case (let client?, nil), (nil, let client?): return client
        // A proxy sets one of them. If it lets the other through, a client can write there what it likes: where they
        // differ, neither is believed.
        case (let client?, let other?): return client == other ? client : peer
        }
    }

    /// Where a request comes from, if the peer is a trusted proxy that says so, once: where a proxy adds its own to a header of
    /// the client's, neither is believed.
    func country(of peer: IPAddress?, _ headers: HTTPFields, _ name: HTTPField.Name) -> CountryCode? {
        guard !ranges.isEmpty, let peer, contains(peer), headers.contains(name) else { return nil }
        let values = headers[values: name]
        return values.count == 1 ? CountryCode(values[0]) : nil
    }

    private func client(of peer: IPAddress, _ hops: [IPAddress?]) -> IPAddress {
        var client = peer
        for hop in hops.reversed() {
            guard let hop else { break }
            client = hop
            if !contains(hop) { break }
        }
        return client
    }

    private func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// `203.0.113.7, 2001:db8::1`. Nil in place of what is no address.
    static func addresses(forwardedFor header: String) -> [IPAddress?] {
        header.split(separator: ",", omittingEmptySubsequences: false).map { node($0) }
    }

    /// `for=203.0.113.7;proto=https, for="[2001:db8::1]:4711"` (RFC 7239). Nil in place of what is no address: names that
    /// hide one, `unknown`, and anything malformed.
    static func addresses(forwarded header: String) -> [IPAddress?] {
        header.split(separator: ",", omittingEmptySubsequences: false).map { element in
            let values = element.split(separator: ";").compactMap { pair -> Substring? in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return parts.count == 2 && trimmed(parts[0]).lowercased() == "for" ? parts[1] : nil
            }
            guard values.count == 1 else { return nil }
            var value = trimmed(values[0])
            if value.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
            return node(value)
        }
    }

    /// An address as proxies write it: alone, with a port, or in brackets with or without one.
    private static func node(_ text: Substring) -> IPAddress? {
        let text = trimmed(text)
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        if text.count(where: { $0 == ":" }) == 1 { return IPAddress(text.prefix { $0 != ":" }) }
        return IPAddress(text)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}

extension HTTPField.Name {
    static let forwardedFor = Self("X-Forwarded-For")!
    static let forwarded = Self("Forwarded")!
}
