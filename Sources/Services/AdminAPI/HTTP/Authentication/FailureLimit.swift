package import Leaderboards

/// How many wrong tokens each address may still send: so many a minute.
///
/// Nobody guesses a token of 190 random bits; what is bounded is what trying costs, and what it puts into the logs. So a right
/// token is taken whatever was sent before it: else anyone on the machine could lock the operator out.
package struct FailureLimit: Sendable {
    private let perMinute: Int
    private var addresses: [String: Allowance] = [:]

    private struct Allowance {
        /// In thousandths of a failure.
        var left: Int
        var at: Timestamp
    }

    /// Addresses beyond these share one allowance.
    package static let addressCountMax = 1024
    private static let others = "others"

    package init(perMinute: Int) { self.perMinute = perMinute }

    /// Counts a failure: answers nil, or after how many seconds the address may fail again.
    package mutating func failure(from address: String, at now: Timestamp) -> Int? {
        forgetTheRested(at: now)
        let isKnown = addresses[address] != nil || addresses.count < Self.addressCountMax
        let name = isKnown ? address : Self.others
        var allowance = refilled(addresses[name], at: now)
        defer { addresses[name] = allowance }
        guard allowance.left >= 1000 else {
            let missing = 1000 - allowance.left
            return max(1, (missing * 60 + perMinute * 1000 - 1) / (perMinute * 1000))
        }
        allowance.left -= 1000
        return nil
    }

    private func refilled(_ allowance: Allowance?, at now: Timestamp) -> Allowance {
        let full = perMinute * 1000
        guard let allowance else { return Allowance(left: full, at: now) }
        let milliseconds = Int(max(0, min(now.milliseconds - allowance.at.milliseconds, 60_000)))
        return Allowance(left: min(full, allowance.left + milliseconds * perMinute / 60), at: now)
    }

    private mutating func forgetTheRested(at now: Timestamp) {
        guard addresses.count >= Self.addressCountMax else { return }
        addresses = addresses.filter { now.milliseconds - $0.value.at.milliseconds < 60_000 }
    }
}
