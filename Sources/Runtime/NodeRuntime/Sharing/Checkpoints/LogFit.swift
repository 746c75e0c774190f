internal import CommitLogs
internal import Leaderboards
internal import Sharding

/// How a checkpoint stands to the log.
enum LogFit: Hashable {
    /// Its last record, or the one behind it, is in the log, and is the one that it should be.
    case fits
    /// Records behind it were given back.
    case tooOld
    case contradicts(String)
}

extension ShardRecovery {
    /// Compares a checkpoint with what the log still has. The log keeps a shard's last record, so there is always something to compare
    /// with.
    ///
    /// - Parameter record: what the checkpoint reflects; nil if there is none, and all has to be in the log
    func fit(
        _ record: CheckpointRecord?, of id: ShardID, before end: LogTail
    ) async throws(RecoveryError) -> LogFit {
        guard let record, record.number > 0 else {
            return try await firstEntry(of: id, from: .start, before: end)?.record.number == 1 ? .fits : .tooOld
        }
        if record.number > end.number {
            return .contradicts("the log ends with record \(end.number), a checkpoint has \(record.number)")
        }
        guard let found = try await firstEntry(of: id, from: record.position, before: end) else { return .tooOld }
        switch found.record.number {
        case record.number:
            let isSame = found.position == record.position && found.hash == record.hash
            return isSame ? .fits : .contradicts("record \(record.number) is another one in the log")
        case record.number + 1:
            return found.record.previousHash == record.hash && found.position > record.position
                ? .fits : .contradicts("record \(record.number + 1) of the log follows another one")
        case ...record.number:
            return .contradicts("record \(found.record.number) is behind the place of record \(record.number)")
        default: return .tooOld
        }
    }

    /// The first record that the log still has, from a position on. Nil if it is being cut this very moment.
    private func firstEntry(
        of id: ShardID, from position: LogPosition, before end: LogTail
    ) async throws(RecoveryError) -> LogEntry? {
        var from = position
        for _ in 0..<4 {
            do throws(ReadError) {
                let entries = try await environment.sharing!.log(of: id).entries(
                    of: id, from: min(from, end.position), through: end.position, following: nil)
                var iterator = entries.makeRecoveryIterator()
                return try await iterator.next()?.first
            } catch {
                guard case .truncated(let first) = error else { throw RecoveryError(error) }
                from = first
            }
        }
        return nil
    }
}
