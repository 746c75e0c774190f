private import Foundation

/// A URL taken apart as libpq does it: user and port may stand without a host, which Foundation does not allow. What is
/// missing or empty is nil; escapes are resolved.
struct URLParts {
    let scheme: String
    private(set) var user: String?
    private(set) var password: String?
    private(set) var host: String?
    private(set) var port: String?
    /// Without the slash.
    private(set) var path: String?
    private(set) var options: [(name: String, value: String)] = []

    /// Nil if it has not the form of one. A `#` has to be escaped.
    init?(_ url: String) {
        guard !url.contains("#"), let mark = url.firstRange(of: "://") else { return nil }
        scheme = String(url[..<mark.lowerBound])
        let (front, query) = Self.cut(url[mark.upperBound...], at: "?")
        let (authority, path) = Self.cut(front, at: "/")
        do {
            self.path = try path.flatMap(Self.decoded)
            var place = authority
            if let sign = authority.lastIndex(of: "@") {
                let (user, password) = Self.cut(authority[..<sign], at: ":")
                self.user = try Self.decoded(user)
                self.password = try password.flatMap(Self.decoded)
                place = authority[authority.index(after: sign)...]
            }
            if place.hasPrefix("["), let end = place.firstIndex(of: "]") {
                // An IPv6 address, whose colons are not the port's.
                host = String(place[place.index(after: place.startIndex)..<end])
                place = place[place.index(after: end)...]
            }
            let (name, port) = Self.cut(place, at: ":")
            host = try host ?? Self.decoded(name)
            self.port = try port.flatMap(Self.decoded)
            for option in (query ?? "").split(separator: "&") {
                let (name, value) = Self.cut(option, at: "=")
                options.append((try Self.decoded(name) ?? "", try value.flatMap(Self.decoded) ?? ""))
            }
        } catch { return nil }
    }

    private struct Malformed: Error {}

    private static func cut(_ text: Substring, at mark: Character) -> (Substring, Substring?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    private static func decoded(_ text: Substring) throws(Malformed) -> String? {
        guard let text = String(text).removingPercentEncoding else { throw Malformed() }
        return text.isEmpty ? nil : text
    }
}
