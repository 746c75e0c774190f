internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import Sharding

extension ShardActor {
    /// Appends records as they fill, one at a time, until the shard stops or fails.
    func run() async {
        while await hasWork() {
            do {
                try await claimIfNeeded()
                try await appendRecord()
            } catch {
                await recover(from: error)
            }
        }
    }

    /// Waits for a record to append. False if the shard takes no more and has appended everything.
    private func hasWork() async -> Bool {
        while record == nil {
            switch state {
            case .stopping, .failed: return false
            case .serving, .refusingWrites: await withCheckedContinuation { idle = $0 }
            }
        }
        if case .failed = state { return false }
        return true
    }

    /// Takes no more commands; `run` returns when the last record is durable.
    func stop() {
        if case .failed = state { return }
        state = .stopping
        wake()
    }

    /// The first record of a process is a claim: from then on no other process appends under this epoch.
    private func claimIfNeeded() async throws(AppendError) {
        guard !tail.isClaimed else { return }
        try await append(kind: .claim, epoch: tail.epoch + 1, payload: [])
        tail.isClaimed = true
    }

    /// The owner is alive. Also brings the shard's last record forward, so that old segments can go.
    func appendLease() {
        // A shard with a record on its way is not idle.
        guard record == nil else { return }
        record = shard.makeRecord(at: environment.clock.now())
        wake()
    }

    private func appendRecord() async throws(AppendError) {
        guard let builder = record.take() else { return }
        let batch = batchInTheMaking
        batchInTheMaking += 1
        shard.recordInTheMaking = batchInTheMaking
        let isLease = builder.isEmpty
        try await append(
            kind: isLease ? .lease : .data, epoch: tail.epoch, payload: isLease ? [] : builder.payload)
        durableBatch = batch
        release(upTo: batch, .success(tail.position ?? .start))
    }

    private func append(kind: LogRecord.Kind, epoch: UInt64, payload: [UInt8]) async throws(AppendError) {
        let encoded = LogRecord(
            kind: kind, shard: id, epoch: epoch, node: environment.configuration.node,
            incarnation: environment.configuration.incarnation, number: tail.number + 1, previousHash: tail.hash,
            payload: payload
        ).encoded()
        let position = try await environment.log.append(encoded, after: tail.position)
        tail.position = position
        tail.number += 1
        tail.hash = encoded.hash
        tail.epoch = epoch
        checkpoint.bytesSinceLast += encoded.bytes.count
    }

    private func release(upTo batch: UInt64, _ result: Result<LogPosition, ServiceError>) {
        // Waiters come in the order of their batches, so those who are due stand in front.
        let due = waiters.prefix { $0.batch <= batch }.count
        let released = waiters[..<due]
        if due == waiters.count {
            let all = waiters
            waiters.removeAll(keepingCapacity: true)
            for waiter in all { waiter.continuation.resume(returning: result) }
            return
        }
        for waiter in released { waiter.continuation.resume(returning: result) }
        waiters.removeFirst(due)
    }

    /// An append failed. What is in memory may be ahead of the log: it is dropped and read anew, or the node ends.
    private func recover(from error: AppendError) async {
        switch error {
        case .noSpace:
            environment.logger.error("disk full: shard \(id) refuses writes", metadata: ["shard": "\(id)"])
            state = .refusingWrites(until: environment.clock.now().advanced(by: .seconds(1)))
            record = nil
            release(upTo: .max, .failure(.noSpace))
            await reload()
        case .conflict(let last):
            failShard(
                .unavailable(
                    "another process owns shard \(id), last record at \(last.map(\.description) ?? "none")",
                    retryAfter: 1))
        case .invalid(let reason): failShard(.outcomeUnknown("the log refused a record: \(reason)"))
        case .outcomeUnknown(let reason): failShard(.outcomeUnknown(reason))
        case .failed(let reason): failShard(.outcomeUnknown(reason))
        case .closed: failShard(.unavailable("the log is closed", retryAfter: 2))
        }
    }

    /// Ends the shard, and with it the node: what was acknowledged is in the log, the rest is answered honestly.
    func failShard(_ error: ServiceError) {
        state = .failed(error)
        record = nil
        environment.logger.critical("shard \(id) failed: \(error)")
        release(upTo: .max, .failure(error))
        wake()
        environment.fail("shard \(id): \(error)")
    }

    /// Drops the newest checkpoint and everything in memory, and starts from the one before. False if there is none, or
    /// it is no better; then the shard goes on without the damaged leaderboard.
    func fallBack() async -> Bool {
        guard checkpoint.generations.count > 1, let newest = checkpoint.generations.last, state == .serving else {
            return false
        }
        state = .refusingWrites(until: .distantFuture)
        guard await settle(), !shard.isCheckpointing else {
            state = .serving
            return false
        }
        environment.logger.error("shard \(id) goes back to the checkpoint before \(newest)")
        await reload(before: newest)
        guard case .refusingWrites = state else { return false }
        state = .serving
        return true
    }

    private func reload(before generation: UInt64? = nil) async {
        do {
            let recovered = try await ShardRecovery.reload(id, before: generation, environment: environment)
            shard = recovered.shard
            let isClaimed = tail.isClaimed
            tail = recovered.tail
            tail.isClaimed = isClaimed
            checkpoint = CheckpointProgress()
            checkpoint.generations = recovered.generations
            checkpoint.lastPosition = recovered.checkpointPosition
            checkpoint.previousPosition = recovered.previousPosition
            batchInTheMaking += 1
            durableBatch = batchInTheMaking - 1
            shard.recordInTheMaking = batchInTheMaking
        } catch {
            failShard(.corrupted("\(error)"))
        }
    }
}
