internal import CommitLogs
internal import Leaderboards
internal import NIOPosix
internal import Sharding

/// A shard whose log other nodes write to.
extension ShardRecovery {
    /// From the newest checkpoint that fits the log, this node's own or another's, with everything that can be seen behind it.
    /// - Parameter generation: a checkpoint that turned out to be damaged, and is not used
    func recoverShared(
        _ id: ShardID, before generation: UInt64? = nil
    ) async throws(RecoveryError) -> RecoveredShard {
        var recovered = try await loadShared(id, before: generation)
        let number = recovered.tail.number
        let end = try await tail(of: id)
        if let problem = environment.sharing!.losses(of: id).problem(of: end) { throw .gap(id, problem) }
        guard let end else {
            if number > 0 {
                throw isMirror ? .early(id) : .gap(id, "the log is empty, and a checkpoint has record \(number)")
            }
            return recovered
        }
        // One that was made anew has yet to come to where the one before was.
        if isMirror, number > end.number { throw .early(id) }
        let fit = try await fit(recovered.tail.record, of: id, before: end)
        if case .contradicts(let reason) = fit { throw .gap(id, reason) }
        if try await fetchIfOfUse(id, fit, from: number, before: end) {
            recovered = try await loadShared(id, before: nil)
        }
        let generations = recovered.generations
        if end.number > recovered.tail.number {
            do throws(RecoveryError) {
                recovered = try await applyShared(to: recovered, through: end.position)
            } catch {
                guard case .hole(_, let numbers) = error else { throw error }
                try await fetch(beyond: numbers, of: id, before: end)
                return try await recoverShared(id)
            }
        }
        if let damage = recovered.damage {
            guard let damaged = generations.last else { throw .gap(id, damage) }
            return try await recoverShared(id, before: damaged)
        }
        try await removeLeftovers(of: [recovered])
        return recovered
    }

    private func loadShared(_ id: ShardID, before generation: UInt64?) async throws(RecoveryError) -> RecoveredShard {
        let recovery = self
        return try await onThread { () throws(RecoveryError) in try recovery.loadCheckpoint(id, before: generation) }
    }

    /// Fetches another node's checkpoint if this one's is too old for the log, or much older than what others have.
    private func fetchIfOfUse(
        _ id: ShardID, _ fit: LogFit, from number: UInt64, before end: LogTail
    ) async throws(RecoveryError) -> Bool {
        let exchange = environment.sharing!.exchange
        let fetch = CheckpointFetch(environment: environment, exchange: exchange, id: id)
        if fit == .tooOld {
            if try await fetch.fetch(reaching: number + 1, before: end) { return true }
            let own = number > 0 ? "this node's checkpoint ends with record \(number)" : "this node has no checkpoint"
            let others = isMirror ? "its region has none" : "no other node has one"
            throw .unreachable(id, "\(own), the log begins later, and \(others) that fits")
        }
        // A mirror is near, and its origin is far away.
        if isMirror { return false }
        let distance = exchange.keeping.fetchDistance
        guard end.number - number > distance else { return false }
        return try await fetch.fetch(reaching: number + distance, before: end)
    }

    private var isMirror: Bool { environment.sharing!.exchange.isMirror }

    /// Fetches what leads over a hole in a mirror.
    private func fetch(
        beyond numbers: ClosedRange<UInt64>, of id: ShardID, before end: LogTail
    ) async throws(RecoveryError) {
        let fetch = CheckpointFetch(environment: environment, exchange: environment.sharing!.exchange, id: id)
        guard try await !fetch.fetch(reaching: numbers.upperBound, before: end) else { return }
        throw .unreachable(id, "\(RecoveryError.hole(id, numbers)), and its region has no checkpoint behind them")
    }

    /// Applies the log up to a record that is known to be there.
    func applyShared(
        to recovered: RecoveredShard, through position: LogPosition
    ) async throws(RecoveryError) -> RecoveredShard {
        var recovered = recovered
        let id = recovered.shard.id
        var from = recovered.tail.position.map { LogPosition($0.value + 1) } ?? .start
        var hole: RecoveryError?
        while true {
            do throws(ReadError) {
                let entries = try await environment.sharing!.log(of: id).entries(
                    of: id, from: from, through: position, following: nil)
                var iterator = entries.makeRecoveryIterator()
                while let batch = try await iterator.next() {
                    do throws(RecoveryError) {
                        recovered = try await applyShared(batch, to: recovered)
                    } catch {
                        if case .newer(let id, let what) = error { throw .newer(id, at: batch[0].position, what) }
                        if case .hole = error { hole = error }
                        throw .corrupted(at: batch[0].position, "\(error)")
                    }
                    if recovered.damage != nil { return recovered }
                }
                return recovered
            } catch {
                if let hole { throw hole }
                // The record that is due may be the first that is left; whether it is, is seen when it is applied.
                guard case .truncated(let first) = error, first > from else { throw RecoveryError(error) }
                from = first
            }
        }
    }

    /// Applies records that follow each other. What was applied already is passed over.
    func applyShared(
        _ entries: [LogEntry], to recovered: RecoveredShard
    ) async throws(RecoveryError) -> RecoveredShard {
        let (recovery, id) = (self, recovered.shard.id)
        return try await onThread { () throws(RecoveryError) in
            var recovered = recovered
            for entry in entries where entry.record.number > recovered.tail.number {
                let due = recovered.tail.number + 1
                if recovery.isMirror, entry.record.number > due { throw .hole(id, due...entry.record.number - 1) }
                try recovery.apply(entry, to: &recovered)
                if recovered.damage != nil { break }
            }
            return recovered
        }
    }

    private func tail(of id: ShardID) async throws(RecoveryError) -> LogTail? {
        do throws(ReadError) {
            return try await environment.sharing!.log(of: id).tail(of: id)
        } catch {
            throw RecoveryError(error)
        }
    }

    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(RecoveryError) -> Value
    ) async throws(RecoveryError) -> Value {
        let result: Result<Value, RecoveryError>
        do {
            result = try await environment.threads.runIfActive {
                Result { () throws(RecoveryError) -> Value in try body() }
            }
        } catch {
            throw .stopping
        }
        return try result.get()
    }
}

extension ShardTail {
    /// Nil before the first record.
    var record: CheckpointRecord? {
        position.map { CheckpointRecord(position: $0, number: number, hash: hash, epoch: epoch) }
    }
}
