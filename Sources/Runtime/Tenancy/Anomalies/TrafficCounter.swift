internal import Admission
internal import Synchronization

/// What came from a key, or to a project, since it was looked at last.
final class TrafficCounter: Sendable {
    private let requests = Atomic<UInt64>(0)
    private let errors = Atomic<UInt64>(0)
    private let countries = CountrySet()

    /// Two additions that nobody waits for. Which interval they fall into matters to nobody.
    func count(_ requests: Int, refused: Int) {
        self.requests.add(UInt64(requests), ordering: .relaxed)
        if refused > 0 { count(errors: refused) }
    }

    /// Requests that were counted when they came.
    func count(errors: Int) { self.errors.add(UInt64(errors), ordering: .relaxed) }

    func note(_ country: CountryCode) { countries.insert(country) }

    func take() -> IntervalCounts {
        IntervalCounts(
            requests: requests.exchange(0, ordering: .relaxed), errors: errors.exchange(0, ordering: .relaxed),
            countries: countries.take())
    }
}

/// Countries, a bit for each that there can be: one that was seen before costs a look at a word.
private struct CountrySet: ~Copyable {
    private static let wordCount = (CountryCode.indexCount + 63) / 64
    private let words = InlineArray<15, Atomic<UInt64>> { _ in Atomic(0) }

    init() { precondition(Self.wordCount == 15) }

    borrowing func insert(_ country: CountryCode) {
        let bit: UInt64 = 1 << UInt64(country.index % 64)
        let word = country.index / 64
        if words[word].load(ordering: .relaxed) & bit == 0 { words[word].bitwiseOr(bit, ordering: .relaxed) }
    }

    borrowing func take() -> [CountryCode] {
        var found: [CountryCode] = []
        for word in 0..<Self.wordCount where words[word].load(ordering: .relaxed) != 0 {
            var bits = words[word].exchange(0, ordering: .relaxed)
            while bits != 0 {
                found.append(CountryCode(index: word * 64 + bits.trailingZeroBitCount))
                bits &= bits - 1
            }
        }
        return found
    }
}

extension Subjects {
    /// Counts requests of which some were refused, for the project and the key.
    func count(_ requests: Int, refused: Int) {
        project.state.traffic.count(requests, refused: refused)
        key?.use.traffic.count(requests, refused: refused)
    }

    func note(_ country: CountryCode) {
        project.state.traffic.note(country)
        key?.use.traffic.note(country)
    }
}
