package import Leaderboards

/// What an offline check of a log found.
package struct LogVerification: Sendable {
    /// Empty if the log is sound.
    package let damages: [LogDamage]
    /// What could be read.
    package let summary: RecoverySummary
    package let lastPositions: [ShardID: LogPosition]
}

extension SegmentedLog {
    /// Reads the whole log in `directory`, reports everything that is wrong with it, and changes nothing. Takes the
    /// log's lock for the time, since a log that is being written looks torn.
    package static func verify(
        directory: String, fileSystem: any LogFileSystem = PosixFileSystem(), threads: Int = 2
    ) throws(LogOpenError) -> LogVerification {
        let started = ContinuousClock.now
        let lock: any LogLock
        do throws(LogLockError) {
            lock = try fileSystem.lock(directory + "/" + LogDirectory.lock)
        } catch {
            switch error {
            case .held(let holder): throw .locked(by: holder)
            case .failed(let error): throw LogOpenError(error)
            }
        }
        defer { lock.release() }
        let recovery = try LogRecovery(
            fileSystem, directory, threads: threads, guards: .all, continuesAfterDamage: true)
        var summary = recovery.summary
        summary.duration = ContinuousClock.now - started
        return LogVerification(
            damages: recovery.damages, summary: summary,
            lastPositions: Dictionary(
                uniqueKeysWithValues: recovery.tails.all.map { ($0.shard, $0.tail.position) }))
    }
}
