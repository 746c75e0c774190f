import Synchronization

/// Keeps the answers to those who ask for too much a moment, so that they ask more slowly.
///
/// A refusal takes nearly as much work as an answer. Who sends the next request as soon as it has one, on each of many connections,
/// would have the node busy with refusing; with its answer held back, a connection can ask only so often. A client that waits as
/// it is told to does not notice.
///
/// Not all are held equally long: connections refused together and let go together would ask together again, and what the limit had
/// gathered meanwhile would be taken in one rush, in which everybody else waits.
final class HoldingBack: Sendable {
    private let time: Duration
    /// Answers that are held back at once; beyond it they go out. Each takes a few hundred bytes.
    private let countMax: Int
    private let count = Atomic(0)
    private let turn = Atomic<UInt64>(0)
    /// Ends early if the connection does.
    private let sleep: @Sendable (Duration) async -> Void

    init(
        _ time: Duration, countMax: Int,
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.time = time
        self.countMax = countMax
        self.sleep = sleep
    }

    /// Returns after a while: half the time that is set to half as much again, in the middle that time. Not sooner because the limit has room again: of a thousand requests a second it has that within a
    /// millisecond, and whoever asks for ten thousand would not be slowed down.
    func hold() async {
        guard time > .zero else { return }
        defer { count.subtract(1, ordering: .relaxed) }
        if count.add(1, ordering: .relaxed).newValue <= countMax { await sleep(nextTime()) }
    }

    /// Multiples of the golden ratio: however many are held at once, their ends lie evenly apart.
    private func nextTime() -> Duration {
        let turn = turn.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).oldValue
        return time / 2 + time * Int64(turn >> 44) / (1 << 20)
    }
}
