internal import CommitLogs
internal import Leaderboards
internal import NIOPosix
internal import Sharding

/// A shard whose log other nodes write to.
extension ShardRecovery {
    /// From the newest checkpoint that fits the log, with everything that can be seen behind it.
    /// - Parameter generation: a checkpoint that turned out to be damaged, and is not used
    func recoverShared(
        _ id: ShardID, before generation: UInt64? = nil
    ) async throws(RecoveryError) -> RecoveredShard {
        let recovery = self
        let recovered = try await onThread { () throws(RecoveryError) in
            try recovery.loadCheckpoint(id, before: generation)
        }
        let caughtUp = try await catchUp(recovered)
        guard let damage = caughtUp.damage else { return caughtUp }
        guard let damaged = recovered.generations.last else { throw .gap(id, damage) }
        return try await recoverShared(id, before: damaged)
    }

    private func catchUp(_ recovered: RecoveredShard) async throws(RecoveryError) -> RecoveredShard {
        let id = recovered.shard.id
        let number = recovered.tail.number
        guard let end = try await tail(of: id) else {
            if number > 0 { throw .gap(id, "the log is empty, and a checkpoint has record \(number)") }
            return recovered
        }
        if end.number < number { throw .gap(id, "the log ends with record \(end.number), a checkpoint has \(number)") }
        return end.number == number ? recovered : try await applyShared(to: recovered, through: end.position)
    }

    /// Applies the log up to a record that is known to be there.
    func applyShared(
        to recovered: RecoveredShard, through position: LogPosition
    ) async throws(RecoveryError) -> RecoveredShard {
        var recovered = recovered
        let id = recovered.shard.id
        do throws(ReadError) {
            let from = recovered.tail.position.map { LogPosition($0.value + 1) } ?? .start
            let entries = try await environment.sharing!.log(of: id).entries(
                of: id, from: from, through: position, following: nil)
            var iterator = entries.makeRecoveryIterator()
            while let batch = try await iterator.next() {
                do throws(RecoveryError) {
                    recovered = try await applyShared(batch, to: recovered)
                } catch {
                    throw .corrupted(at: batch[0].position, "\(error)")
                }
                if recovered.damage != nil { return recovered }
            }
        } catch {
            throw .log("\(error)")
        }
        return recovered
    }

    /// Applies records that follow each other. What was applied already is passed over.
    func applyShared(
        _ entries: [LogEntry], to recovered: RecoveredShard
    ) async throws(RecoveryError) -> RecoveredShard {
        let recovery = self
        return try await onThread { () throws(RecoveryError) in
            var recovered = recovered
            for entry in entries where entry.record.number > recovered.tail.number {
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
            throw .log("\(error)")
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
