internal import CommitLogs
internal import Leaderboards
internal import Sharding

/// A run through the records of a subject, verified as they come.
///
/// Every answer may be short, behind, or wrong. What can be verified is given out; what can't is asked of the next
/// replica, from the same place. A replica that is behind is waited for; a record that no replica has as it was written
/// ends the run.
struct LogRun {
    enum End: Hashable {
        /// The record at this sequence is committed, and the last one wanted.
        case through(UInt64)
        /// As they come.
        case never
    }

    let reader: LogReader
    let scope: WatchScope
    let end: End
    private(set) var next: UInt64
    private var verifier: ChainVerifier
    private var choice = 0

    init(_ reader: LogReader, _ scope: WatchScope, from position: LogPosition, _ end: End, following tail: LogTail?) {
        self.reader = reader
        self.scope = scope
        self.end = end
        next = max(position.value, 1)
        if case .shard(let shard) = scope, let tail {
            verifier = ChainVerifier([shard: tail])
            next = max(next, tail.position.value + 1)
        } else {
            verifier = ChainVerifier()
        }
    }

    private var subject: String {
        switch scope {
        case .everything: reader.group.subjects
        case .shard(let shard): reader.group.subject(of: shard)
        }
    }

    /// The next records; nil at the end.
    mutating func nextBatch() async throws(ReadError) -> [LogEntry]? {
        var deadline = ContinuousClock.now + reader.options.readPatience
        var damage: [RecordProblem] = []
        var trouble = "no replica has it yet"
        while true {
            if case .through(let last) = end, next > last { return nil }
            if Task.isCancelled { throw .failed("the task was cancelled") }
            switch try await step() {
            case .entries(let entries): return entries
            case .skipped: continue
            case .behind:
                if end == .never {
                    deadline = .now + reader.options.readPatience
                    try? await Task.sleep(for: reader.options.pollInterval)
                    continue
                }
            case .damaged(let problem):
                damage.append(problem)
                if damage.count >= reader.askCount {
                    throw .corrupted(at: LogPosition(next), problem.description)
                }
            case .truncated(let first): throw .truncated(first: first)
            case .trouble(let reason): trouble = reason
            }
            if ContinuousClock.now > deadline {
                if let problem = damage.first { throw .corrupted(at: LogPosition(next), problem.description) }
                throw .failed("reading from \(next): \(trouble)")
            }
            choice = (choice + 1) % reader.replicas.count
            await reader.pause()
        }
    }

    private enum Step {
        case entries([LogEntry])
        /// What is missing was taken away on purpose.
        case skipped
        case behind
        case damaged(RecordProblem)
        case truncated(LogPosition)
        case trouble(String)
    }

    /// Asks one replica.
    private mutating func step() async throws(ReadError) -> Step {
        let messages: [StoredMessage]
        do throws(LogReader.Trouble) {
            messages = try await reader.batch(from: next, subject: subject, choice: choice)
        } catch {
            if error.isClosed { throw .failed(error.reason) }
            return .trouble(error.reason)
        }
        let (entries, stop) = take(messages)
        if !entries.isEmpty { return .entries(entries) }
        guard let stop else { return .behind }
        if case .newer(let shard, let sequence, let what) = stop {
            throw .newer(shard, at: LogPosition(sequence), what)
        }
        do throws(LogReader.Trouble) {
            // Records that were given back are missing too.
            let first = try await firstSequence()
            if first > next { return .truncated(LogPosition(first)) }
            if case .gap(let sequence) = stop, try await isEmpty(subject, from: next, upTo: sequence) {
                next = sequence
                return .skipped
            }
            if case .hole(let shard, let known, let sequence) = stop,
                try await isEmpty(reader.group.subject(of: shard), from: known + 1, upTo: sequence)
            {
                return .truncated(LogPosition(sequence))
            }
        } catch {
            if error.isClosed { throw .failed(error.reason) }
            return .trouble(error.reason)
        }
        let problem = stop.problem(next)
        reader.notice(.replicaDamaged(problem.description))
        return .damaged(problem)
    }

    // MARK: Verifying

    /// Why no more of an answer could be taken.
    private enum Stop {
        case damage(RecordProblem)
        /// In a run through everything, the sequences up to this one are not there.
        case gap(UInt64)
        /// In a mirror, records of a shard between the first of these sequences and the second are not there.
        case hole(ShardID, UInt64, UInt64)
        /// A whole record of a newer version.
        case newer(ShardID, UInt64, String)

        func problem(_ next: UInt64) -> RecordProblem {
            switch self {
            case .damage(let problem): problem
            case .newer(_, _, let what): RecordProblem(what)
            case .gap(let sequence): RecordProblem("nothing from \(next) to \(sequence)")
            case .hole(let shard, let known, let sequence):
                RecordProblem("nothing of shard \(shard) between \(known) and \(sequence)")
            }
        }
    }

    /// Takes what can be verified, up to the end.
    private mutating func take(_ messages: [StoredMessage]) -> (entries: [LogEntry], stop: Stop?) {
        var entries: [LogEntry] = []
        for message in messages {
            if case .through(let last) = end, next > last { break }
            if message.sequence < next {
                return (entries, .damage(RecordProblem("\(message.sequence) before \(next)")))
            }
            if scope == .everything, message.sequence > next { return (entries, .gap(message.sequence)) }
            if case .through(let last) = end, message.sequence > last {
                return (entries, .damage(RecordProblem("\(last) is missing")))
            }
            switch message.entry(in: reader.group) {
            case .failure(let problem):
                if let shard = problem.newerRecordOf {
                    return (entries, .newer(shard, message.sequence, problem.description))
                }
                return (entries, .damage(problem))
            case .success(let entry):
                if isBehindHole(entry), let known = verifier[entry.record.shard]?.position.value {
                    return (entries, .hole(entry.record.shard, known, message.sequence))
                }
                if let problem = verifier.take(entry) { return (entries, .damage(problem)) }
                reader.witness.note(entry)
                entries.append(entry)
                next = message.sequence + 1
            }
        }
        return (entries, nil)
    }

    /// Its origin may have given back what a mirror did not have yet.
    private func isBehindHole(_ entry: LogEntry) -> Bool {
        guard reader.options.originDomain != nil, let known = verifier[entry.record.shard] else { return false }
        return entry.record.number > known.number + 1 && entry.position > known.position
    }

    /// The oldest sequence that this run could begin with.
    private func firstSequence() async throws(LogReader.Trouble) -> UInt64 {
        switch scope {
        case .everything: return try await reader.bounds().first
        case .shard(let shard):
            let request = JetStreamAPI.GetRequest(seq: 1, next_by_subj: reader.group.subject(of: shard))
            return try await reader.askLeader(request)?.sequence ?? 0
        }
    }

    /// Whether neither the leader nor any replica has something of a subject from `first` up to `sequence`: records of single shards
    /// that were given back leave gaps, and so does damage, on one replica.
    private func isEmpty(
        _ subject: String, from first: UInt64, upTo sequence: UInt64
    ) async throws(LogReader.Trouble) -> Bool {
        let request = JetStreamAPI.GetRequest(seq: first, next_by_subj: subject)
        if let found = try await reader.askLeader(request), found.sequence < sequence { return false }
        for ask in 0..<reader.askCount {
            let found = try await reader.batch(from: first, subject: subject, count: 1, choice: ask)
            if let found = found.first, found.sequence < sequence { return false }
        }
        return true
    }
}
