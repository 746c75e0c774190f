/// How well this node itself seems to be: 0 is well. The worse, the longer it waits before it says of others that they
/// don't answer, since it may be the one that is slow (Lifeguard's *local health multiplier*).
struct LocalHealth: Hashable, Sendable {
    static let max = 8

    private(set) var score = 0
    let isUsed: Bool

    /// What times are multiplied by.
    var multiplier: Int { score + 1 }

    mutating func worsen(by steps: Int = 1) {
        guard isUsed else { return }
        score = min(score + steps, Self.max)
    }

    mutating func improve() { score = Swift.max(score - 1, 0) }

    private func min(_ left: Int, _ right: Int) -> Int { left < right ? left : right }
}
