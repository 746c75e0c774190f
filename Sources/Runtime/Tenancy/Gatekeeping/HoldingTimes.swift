internal import Synchronization

/// How long those who ask for too much are kept waiting, each in turn: half the time that is set to half as much again, in the
/// middle that time.
///
/// Not all equally long: connections refused together and let go together would ask together again, and what the limit had
/// gathered meanwhile would be taken in one rush, in which everybody else waits.
package final class HoldingTimes: Sendable {
    private let time: Duration
    private let turn = Atomic<UInt64>(0)

    /// - Parameter time: zero for not at all
    package init(_ time: Duration) { self.time = time }

    /// Nil if nobody is kept waiting.
    package func next() -> Duration? {
        guard time > .zero else { return nil }
        // Multiples of the golden ratio: however many are held at once, their ends lie evenly apart.
        let turn = turn.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).oldValue
        return time / 2 + time * Int64(turn >> 44) / (1 << 20)
    }
}
