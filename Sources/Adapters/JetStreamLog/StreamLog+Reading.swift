package import CommitLogs
package import Leaderboards
internal import Sharding
internal import Synchronization

extension StreamLog {
    package func lastPositions() async -> [ShardID: LogPosition] {
        await reader.lastPositions() ?? witness.all.mapValues(\.position)
    }

    package func firstPosition() async -> LogPosition {
        let bounds: (first: UInt64, last: UInt64)? = await reader.insist { () throws(LogReader.Trouble) in
            try await reader.bounds()
        }
        return raiseFirst(to: bounds?.first ?? 0)
    }

    /// A stream begins at 1, or at 0 while it is empty; both are the start.
    func raiseFirst(to sequence: UInt64) -> LogPosition {
        firstKnown.withLock { first in
            if sequence > 1 { first = max(first, LogPosition(sequence)) }
            return first
        }
    }

    package func entries(from position: LogPosition) async throws(ReadError) -> any LogEntries {
        let found: (first: UInt64, last: UInt64)? = await reader.insist { () throws(LogReader.Trouble) in
            try await reader.bounds()
        }
        guard let bounds = found, let lasts = await reader.lastPositions() else { throw .failed("the log is closed") }
        let first = raiseFirst(to: bounds.first)
        if position < first { throw .truncated(first: first) }
        // The leader may be behind what was acknowledged, if it is none any more or lost its end.
        let last = max(bounds.last, lasts.values.map(\.value).max() ?? 0)
        return LogRunEntries(run: LogRun(reader, .everything, from: position, .through(last), following: nil))
    }

    package func entries(
        of shard: ShardID, from position: LogPosition, through barrier: LogPosition, following predecessor: LogTail?
    ) async throws(ReadError) -> any LogEntries {
        if predecessor == nil { try await expectBeginning(of: shard, at: position) }
        return LogRunEntries(
            run: LogRun(
                reader, .shard(shard), from: position, .through(barrier.value), following: predecessor))
    }

    package func watch(_ scope: WatchScope, from position: LogPosition) async throws(ReadError) -> any LogEntries {
        switch scope {
        case .everything:
            let first = await firstPosition()
            if position < first { throw .truncated(first: first) }
        case .shard(let shard): try await expectBeginning(of: shard, at: position)
        }
        return LogRunEntries(run: LogRun(reader, scope, from: position, .never, following: nil))
    }

    package func tail(of shard: ShardID) async throws(ReadError) -> LogTail? { try await reader.tail(of: shard) }

    package func end() async throws(ReadError) -> LogEnd {
        let info: JetStreamAPI.StreamInfo
        // A mirror has everything when it has what its origin has.
        do throws(LogReader.Trouble) { info = try await reader.streamInfo(in: options.originDomain) } catch {
            throw .failed(error.reason)
        }
        guard let state = info.state, let age = info.cluster.map(\.leaderAge) ?? .zero else {
            throw .failed("the stream has no leader that a majority knows")
        }
        let last = LogPosition(state.last_seq)
        let known = lastKnown.withLock { known in
            known = max(known, last)
            return known
        }
        if last < known { throw .failed("the stream's leader is behind \(known)") }
        return LogEnd(last: state.last_seq == 0 ? nil : last, age: age)
    }

    package func found(_ shard: ShardID, on foundation: LogFoundation) { witness.note(LogTail(foundation), of: shard) }

    package func fill() async throws(ReadError) -> LogFill {
        do throws(LogReader.Trouble) {
            guard let state = try await reader.streamInfo().state else {
                throw .init(reason: "an answer without a state")
            }
            return LogFill(
                byteCount: Int(clamping: state.bytes), byteCountMax: options.byteCountMax,
                end: LogPosition(state.last_seq + 1))
        } catch {
            throw .failed(error.reason)
        }
    }

    /// Throws if records of the shard from `position` on were given back.
    private func expectBeginning(of shard: ShardID, at position: LogPosition) async throws(ReadError) {
        let request = JetStreamAPI.GetRequest(seq: 1, next_by_subj: group.subject(of: shard))
        let found: StoredMessage?? = await reader.insist { () throws(LogReader.Trouble) in
            try await reader.askLeader(request)
        }
        guard let found else { throw .failed("the log is closed") }
        guard let first = found, first.sequence > position.value, case .success(let entry) = first.entry(in: group)
        else { return }
        if entry.record.number > 1 { throw .truncated(first: entry.position) }
    }
}

extension JetStreamAPI.StreamInfo.Cluster {
    /// How long ago it is certain that this leader was one: a majority answered it then, and so none of them had voted for another.
    /// Nil if it knows of no majority.
    var leaderAge: Duration? {
        let others = replicas ?? []
        let needed = (others.count + 1) / 2
        guard needed > 0 else { return .zero }
        let ages = others.filter { $0.offline != true }.compactMap(\.active).sorted()
        guard ages.count >= needed else { return nil }
        return .nanoseconds(max(ages[needed - 1], 0))
    }
}
