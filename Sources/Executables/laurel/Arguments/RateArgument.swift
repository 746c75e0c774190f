import ArgumentParser

/// A rate as it is typed: `100/s`, `50/10s:200`, `1000/m`; or `none`.
struct RateArgument: ExpressibleByArgument {
    var value: Value

    init?(argument: String) {
        if argument == "none" {
            value = .null
            return
        }
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rate = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard rate.count == 2, let requests = Int64(rate[0]), let seconds = Self.seconds(rate[1]) else { return nil }
        var burst = requests
        if parts.count == 2 {
            guard let number = Int64(parts[1]) else { return nil }
            burst = number
        }
        value = .object(["requests": .integer(requests), "seconds": .integer(seconds), "burst": .integer(burst)])
    }

    private static func seconds(_ text: Substring) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600]
        guard let last = text.last, let unit = units[last] else { return nil }
        let digits = text.dropLast()
        guard let count = digits.isEmpty ? 1 : Int64(digits), (1...86_400).contains(count) else { return nil }
        return count * unit
    }

    /// As tables show one: `100/1s:200`.
    static func text(_ rate: Value) -> String {
        guard case .object = rate else { return "-" }
        return "\(rate["requests"].text)/\(rate["seconds"].text)s:\(rate["burst"].text)"
    }
}

/// A number, or `unlimited`.
struct LimitArgument: ExpressibleByArgument {
    var value: Value

    init?(argument: String) {
        if argument == "unlimited" {
            value = .null
        } else if let number = Int64(argument), number >= 0 {
            value = .integer(number)
        } else {
            return nil
        }
    }

    /// As tables show one.
    static func text(_ limit: Value) -> String { limit == .null ? "unlimited" : limit.text }
}
