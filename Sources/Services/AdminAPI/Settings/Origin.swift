import Admission

/// Where a page comes from, as browsers say it in `Origin`: scheme, host, and port unless it is the usual one.
enum Origin {
    /// What is wrong with the text; nil if nothing is.
    static func problem(with text: String) -> String? {
        if text == "*" { return nil }
        let expected = "An origin is written as https://play.example, with :port if it is not the usual one, or *."
        let scheme: Substring
        var rest = text[...]
        if rest.hasPrefix("https://") {
            scheme = "https"
        } else if rest.hasPrefix("http://") {
            scheme = "http"
        } else {
            return expected
        }
        rest = rest.dropFirst(scheme.count + 3)
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            let digits = rest[rest.index(after: colon)...]
            guard let port = UInt16(digits), port > 0, String(port) == digits else { return expected }
            guard port != (scheme == "https" ? 443 : 80) else {
                return "Browsers leave the usual port out: so must this."
            }
            rest = rest[..<colon]
        }
        return isHost(rest) ? nil : expected
    }

    /// Browsers write hosts in lower case, and IPv6 addresses in brackets.
    static func isHost(_ text: Substring) -> Bool {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let address = text.dropFirst().dropLast()
            return address.contains(":") && IPAddress(address) != nil
        }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy {
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
                    }
            }
    }
}
