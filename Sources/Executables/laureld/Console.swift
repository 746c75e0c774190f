import Foundation
import NodeRuntime
import Synchronization

/// What laureld tells whoever started it: a few lines on standard output.
final class Console: Sendable {
    private let lastProgress = Mutex(ContinuousClock.now)

    func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// At most one line of progress a second.
    func show(_ progress: RecoveryProgress) {
        switch progress {
        case .replayed(let records):
            say("Recovered: \(records) records replayed.")
        case .replaying(let records, let position):
            guard isDue() else { return }
            say("Recovering: \(records) records replayed, at position \(position).")
        case .loading(let key):
            guard isDue() else { return }
            say("Recovering: loading leaderboard \(key).")
        }
    }

    private func isDue() -> Bool {
        lastProgress.withLock { last in
            let now = ContinuousClock.now
            guard last.duration(to: now) >= .seconds(1) else { return false }
            last = now
            return true
        }
    }
}
