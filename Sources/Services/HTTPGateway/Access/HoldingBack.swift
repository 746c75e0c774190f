import Synchronization
import Tenancy

/// Keeps the answers to those who ask for too much a moment, so that they ask more slowly.
///
/// A refusal takes nearly as much work as an answer. Who sends the next request as soon as it has one, on each of many connections,
/// would have the node busy with refusing; with its answer held back, a connection can ask only so often. A client that waits as
/// it is told to does not notice.
final class HoldingBack: Sendable {
    private let times: HoldingTimes
    /// Answers that are held back at once; beyond it they go out. Each takes a few hundred bytes.
    private let countMax: Int
    private let count = Atomic(0)
    /// Ends early if the connection does.
    private let sleep: @Sendable (Duration) async -> Void

    init(
        _ time: Duration, countMax: Int,
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        times = HoldingTimes(time)
        self.countMax = countMax
        self.sleep = sleep
    }

    /// Returns after a while. Not sooner because the limit has room again: of a thousand requests a second it has that within a
    /// millisecond, and whoever asks for ten thousand would not be slowed down.
    func hold() async {
        guard let time = times.next() else { return }
        defer { count.subtract(1, ordering: .relaxed) }
        if count.add(1, ordering: .relaxed).newValue <= countMax { await sleep(time) }
    }
}
