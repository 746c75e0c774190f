package import CommitLogs
package import Leaderboards
internal import Sharding

/// Up to where a shard is restored.
package enum RestorePoint: Hashable, Sendable {
    /// All there is.
    case end
    /// The records up to this one.
    case record(UInt64)
    /// The records up to, and without, the first one of data with a later time.
    case time(Timestamp)

    /// Whether a record comes after it.
    func isBefore(_ record: LogRecord) -> Bool {
        switch self {
        case .end: false
        case .record(let number): record.number > number
        case .time(let time): record.time.map { $0 > time } ?? false
        }
    }
}

/// The way to a point of a shard's history: the newest checkpoint that is not behind it, and the records from there.
package final class ShardHistory {
    package let shard: ShardID
    package let checkpoint: ShardBackup.Checkpoint?
    private let directory: BackupDirectory
    private let point: RestorePoint
    private var logs: ArraySlice<ShardBackup.Log>
    private var file: RecordFile?
    private var number: UInt64
    /// The last record that can be reached without a gap.
    private let last: UInt64
    /// The last one that the backup knows of.
    private let end: UInt64
    private var isOver = false

    package init(_ backup: ShardBackup, to point: RestorePoint, in directory: BackupDirectory) throws(BackupError) {
        shard = ShardID(backup.shard)
        self.directory = directory
        self.point = point
        end = backup.end?.number ?? 0
        if case .record(let number) = point, number > end {
            throw .refused("shard \(backup.shard): the backup ends with record \(end)")
        }
        checkpoint = backup.checkpoints.last { candidate in
            switch point {
            case .end: true
            case .record(let number): candidate.number <= number
            case .time(let time): candidate.time <= time.milliseconds
            }
        }
        let start = checkpoint?.number ?? 0
        number = start
        var reached = start
        var usable: [ShardBackup.Log] = []
        for log in backup.logs where log.last > start {
            guard log.first <= reached + 1 else { break }
            usable.append(log)
            reached = log.last
        }
        logs = usable[...]
        last = reached
        if checkpoint == nil, usable.isEmpty {
            let oldest =
                backup.checkpoints.first.map {
                    "record \($0.number), \(Timestamp(milliseconds: $0.time))"
                } ?? "nothing"
            throw .refused("shard \(backup.shard): the backup reaches back to \(oldest), and no further")
        }
    }

    /// The files that it needs.
    package var files: [FileSeal] { (checkpoint.map { [$0.file] } ?? []) + logs.map(\.file) }

    /// The next record up to the point; nil behind the last one.
    package func next() throws(BackupError) -> LogEntry? {
        while !isOver {
            if file == nil {
                guard let log = logs.popFirst() else { break }
                file = try directory.records(log)
            }
            guard let entry = try file!.next() else {
                file = nil
                continue
            }
            guard entry.record.number > number else { continue }
            guard entry.record.shard == shard else {
                throw .damaged("a record of shard \(entry.record.shard) among those of shard \(shard)")
            }
            if point.isBefore(entry.record) {
                isOver = true
                return nil
            }
            number = entry.record.number
            return entry
        }
        if !isOver, number != last { throw .damaged("shard \(shard): record \(number + 1) is missing") }
        let wanted: UInt64 = if case .record(let number) = point { number } else { end }
        if !isOver, last < wanted {
            throw .refused("shard \(shard): the backup has no records from \(last + 1) on, up to a later checkpoint")
        }
        isOver = true
        return nil
    }
}
