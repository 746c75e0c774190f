internal import Leaderboards

/// The signatures that came within the last while, so that none counts twice.
///
/// Two generations: what came in this period and in the one before. Each is as long as a signature can be good for, so that
/// whatever is forgotten has become too old.
struct NonceTable: Sendable {
    /// For so long a signature can be good at most: from as far ahead of the clock as behind it.
    static let periodMilliseconds: Int64 = 2 * SubmitSignature.windowMilliseconds
    /// In each generation: 100 a second for ten minutes and a little more.
    static let capacity = 1 << 16

    private var current: Set<SubmitSignature.Mark> = []
    private var previous: Set<SubmitSignature.Mark> = []
    private var period: Int64 = .min
    private let capacity: Int

    init(capacity: Int = Self.capacity) { self.capacity = capacity }

    enum Entry: Sendable {
        case new
        case seen
        /// There is no room to remember it, and without that it must not count.
        case full
    }

    mutating func enter(_ mark: SubmitSignature.Mark, at now: Timestamp) -> Entry {
        let period = now.milliseconds / Self.periodMilliseconds
        if period > self.period {
            previous = period == self.period &+ 1 ? current : []
            current = []
            self.period = period
        }
        if current.contains(mark) || previous.contains(mark) { return .seen }
        guard current.count < capacity else { return .full }
        current.insert(mark)
        return .new
    }
}
