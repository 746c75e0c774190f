import CommitLogs
import Leaderboards
import Sharding
import TestSupport
import UringLog

/// What the callers of a log were told, and whether a log found later agrees with it.
struct LogHistory: Sendable {
    var acknowledged: [(position: LogPosition, record: EncodedRecord)] = []
    /// Told that the record is not in the log.
    var refused: [EncodedRecord] = []
    /// Told that nobody knows.
    var unknown: [EncodedRecord] = []
    var truncatedBelow = LogPosition.start

    /// What is wrong with a log, which should hold all that was acknowledged and nothing that was refused.
    func problems(in log: SegmentedLog) -> [String] {
        var found: [LogPosition: [UInt8]] = [:]
        do throws(ReadError) {
            let first = log.recovery.firstPosition
            try log.forEachRecord(from: first) { position, bytes in
                found[position] = Array(bytes)
                return true
            }
        } catch {
            return ["reading fails: \(error)"]
        }
        var problems: [String] = []
        for (position, record) in acknowledged where position >= truncatedBelow {
            if let bytes = found.removeValue(forKey: position) {
                if bytes != record.bytes { problems.append("the record at \(position) was changed") }
            } else {
                problems.append("record \(record.number) of shard \(record.shard) at \(position) is lost")
            }
        }
        let allowed = Set(unknown.map(\.bytes) + acknowledged.map(\.record.bytes))
        for (position, bytes) in found where !allowed.contains(bytes) {
            problems.append("nobody was told of the record at \(position)")
        }
        return problems
    }
}

/// A run that opens a log, appends over several segments, truncates, closes, opens again and appends more, and notes
/// what it was told. A fault ends it early.
struct LogScenario {
    var options: SegmentedLogOptions
    var guards = TestingGuards.all
    var seed: UInt64 = 1

    static let directory = "/log"

    static var options: SegmentedLogOptions {
        var options = SegmentedLogOptions()
        options.segmentByteCount = 8192
        options.writeMethod = .plain
        // The order of the calls must not depend on threads.
        options.preparesAhead = false
        options.verifyingThreads = 1
        return options
    }

    init(method: SegmentedLogOptions.WriteMethod = .plain) {
        options = Self.options
        options.writeMethod = method
    }

    func open(_ disk: SimulatedDisk) throws(LogOpenError) -> SegmentedLog {
        try SegmentedLog.open(directory: Self.directory, options: options, fileSystem: disk, guards: guards)
    }

    func run(on disk: SimulatedDisk) async -> LogHistory {
        var history = LogHistory()
        var random = SplitMix64(seed: seed)
        var chains = (0..<3).map { RecordChain(shard: ShardID(UInt16($0))) }
        var last: [LogPosition?] = [nil, nil, nil]
        for round in 0..<3 {
            guard let log = try? open(disk) else { return history }
            for step in 0..<8 {
                let index = step % chains.count
                let before = chains[index]
                let payload = (0..<Int.random(in: 0...900, using: &random)).map { UInt8(truncatingIfNeeded: $0 * 7) }
                let record = chains[index].next(payload)
                do throws(AppendError) {
                    last[index] = try await log.append(record, after: last[index])
                    history.acknowledged.append((last[index]!, record))
                } catch {
                    switch error {
                    case .outcomeUnknown: history.unknown.append(record)
                    default: history.refused.append(record)
                    }
                    chains[index] = before
                    if error != .noSpace {
                        await log.close()
                        return history
                    }
                }
                if round == 1, step == 6 {
                    try? await log.truncate(below: last.compactMap { $0 }.min()!)
                    history.truncatedBelow = last.compactMap { $0 }.min()!
                }
            }
            await log.close()
        }
        return history
    }
}
