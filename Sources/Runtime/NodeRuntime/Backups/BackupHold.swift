internal import Synchronization

/// That a backup is taken at this node: until it is over, the shared log is not cut (`CheckpointExchange.floor`).
///
/// Whoever takes a backup may end without a word, so a hold ends by itself; each question of the backup, and each part of an answer,
/// renews it.
final class BackupHold: Sendable {
    /// Longer than anything that whoever takes a backup does between two questions.
    static let duration: Duration = .seconds(120)
    private let end = Mutex<Duration?>(nil)

    func renew(at now: Duration) { end.withLock { $0 = now + Self.duration } }

    func isHeld(at now: Duration) -> Bool { end.withLock { end in end.map { now < $0 } ?? false } }
}
