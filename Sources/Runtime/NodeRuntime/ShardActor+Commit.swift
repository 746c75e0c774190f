internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import Placement
internal import Sharding

extension ShardActor {
    /// Appends records as they fill, one at a time, until the shard stops or fails.
    func run() async {
        while await hasWork() {
            if record == nil, let damaged = damagedGeneration {
                await reload(before: damaged)
                continue
            }
            do {
                if handOver != nil {
                    if record == nil {
                        try await appendRelease()
                        continue
                    }
                    closeForHandOver()
                }
                try await claimIfNeeded()
                try await appendRecordInTurn()
            } catch {
                endFingerprints(nil)
                await recover(from: error)
            }
        }
        endFingerprints(nil)
    }

    /// Waits for a record to append. False if the shard takes no more and has appended everything.
    private func hasWork() async -> Bool {
        while record == nil {
            startCheckpointIfWanted()
            if damagedGeneration != nil, reloading != nil { return true }
            if handOver != nil, role == .owner { return true }
            switch state {
            case .stopping, .failed: return false
            case .serving, .refusingWrites: await withCheckedContinuation { idle = $0 }
            }
        }
        if case .failed = state {
            endCheckpointStart(nil)
            return false
        }
        return true
    }

    /// Takes no more commands; `run` returns when the last record is durable.
    func stop() {
        if case .failed = state { return }
        state = .stopping
        endTurns()
        endWaiting(.unavailable("the node is stopping", retryAfter: 2))
        wake()
    }

    /// The first record of a process is a claim: from then on no other process appends under this epoch.
    private func claimIfNeeded() async throws(AppendError) {
        guard !tail.isClaimed, environment.sharing == nil else { return }
        let epoch = tail.epoch + 1
        try await append(encode(kind: .claim, epoch: epoch, payload: []), epoch: epoch)
        tail.isClaimed = true
    }
    /// The owner is alive. Also brings the shard's last record forward, so that old segments can go.
    func appendLease() {
        // A shard with a record on its way is not idle.
        guard record == nil else { return }
        record = shard.makeRecord(at: environment.clock.now())
        wake()
    }

    private func appendRecordInTurn() async throws(AppendError) {
        guard let pace = environment.sharing?.pace(of: id) else { return try await appendRecord() }
        let ticket = await pace.enter(at: environment.clock.uptime())
        defer { pace.leave(ticket, at: environment.clock.uptime()) }
        try await appendRecord()
    }

    private func appendRecord() async throws(AppendError) {
        guard let builder = record.take() else { return }
        let batch = batchInTheMaking
        batchInTheMaking += 1
        shard.recordInTheMaking = batchInTheMaking
        pendingBytes = 0
        let isLease = builder.isEmpty
        keeping.isAppendingLease = isLease
        let encoded = encode(
            kind: isLease ? .lease : .data, epoch: tail.epoch, payload: isLease ? [] : builder.payload)
        // Right now, memory is what the log will be with this record.
        let startsCheckpoint = checkpointStart != nil
        if startsCheckpoint { beginCheckpoint(at: .start, number: encoded.number, hash: encoded.hash) }
        let fingerprint = beginFingerprints()
        try await append(encoded, epoch: tail.epoch)
        if let fingerprint { endFingerprints(fingerprint) }
        durableBatch = batch
        release(upTo: batch, .success(tail.position ?? .start))
        if startsCheckpoint { endCheckpointStart(tail.position) }
        servePutOff()
    }

    func encode(kind: LogRecord.Kind, epoch: UInt64, payload: [UInt8]) -> EncodedRecord {
        LogRecord(
            kind: kind, shard: id, epoch: epoch, node: environment.configuration.node,
            incarnation: environment.configuration.incarnation, number: tail.number + 1, previousHash: tail.hash,
            payload: payload
        ).encoded()
    }

    func append(_ encoded: EncodedRecord, epoch: UInt64) async throws(AppendError) {
        let sentAt = environment.sharing == nil ? .zero : environment.clock.uptime()
        if environment.sharing != nil { appendingSince = sentAt }
        defer { appendingSince = nil }
        let position = try await environment.log(of: id).append(encoded, after: tail.position)
        // From the first attempt on, however many it took: nobody waits for the lease to end from any earlier moment.
        if let sharing = environment.sharing { leaseEnd = sentAt + sharing.terms.usable }
        tail.position = position
        tail.number += 1
        tail.hash = encoded.hash
        tail.epoch = epoch
        checkpoint.bytesSinceLast += encoded.bytes.count
    }

    func release(upTo batch: UInt64, _ result: Result<LogPosition, ServiceError>) {
        // A reader may come after a writer and yet wait for an earlier record.
        let areAllDue = waiters.allSatisfy { $0.batch <= batch }
        let due = areAllDue ? waiters : waiters.filter { $0.batch <= batch }
        if areAllDue {
            waiters.removeAll(keepingCapacity: true)
        } else {
            waiters.removeAll { $0.batch <= batch }
        }
        for waiter in due { waiter.tell(result) }
    }

    /// An append failed. What is in memory may be ahead of the log: it is dropped and read anew, or the node ends.
    private func recover(from error: AppendError) async {
        endHandOver(false)
        switch error {
        case .noSpace where environment.sharing != nil && role != .owner: await step(down: .noSpace)
        // Nobody else can claim the shard either while there is no room. So it stays, and answers reads while its lease lasts.
        case .noSpace where environment.sharing != nil && keeping.isAppendingLease:
            refuseWrites()
            durableBatch = max(durableBatch, batchInTheMaking - 1)
            release(upTo: durableBatch, .failure(.noSpace))
            servePutOff()
        case .noSpace:
            environment.logger.error("disk full: shard \(id) refuses writes", metadata: ["shard": "\(id)"])
            refuseWrites()
            reloading = .noSpace
            await reload(before: nil)
        case .conflict where environment.sharing != nil: await depose()
        case .conflict(let last):
            failShard(
                .unavailable(
                    "another process owns shard \(id), last record at \(last.map(\.description) ?? "none")",
                    retryAfter: 1))
        // A shared log takes shorter records. Whoever waits asked for too much at once, with whoever else was in the record.
        case .invalid(let reason) where environment.sharing != nil:
            await step(down: .unavailable("the log refused a record: \(reason)", retryAfter: 1))
        // What the log does with this record nobody knows, and whoever owns the shard next finds out. To keep it and not to serve it
        // would keep everybody from it.
        case .outcomeUnknown(let reason) where environment.sharing != nil:
            await step(down: .outcomeUnknown(reason))
        case .failed(let reason) where environment.sharing != nil:
            await step(down: .unavailable("the log failed: \(reason)", retryAfter: 1))
        case .invalid(let reason): failShard(.outcomeUnknown("the log refused a record: \(reason)"))
        case .outcomeUnknown(let reason): failShard(.outcomeUnknown(reason))
        case .failed(let reason): failShard(.outcomeUnknown(reason))
        case .quarantined(let reason) where environment.sharing != nil:
            damage = reason
            await step(down: .corrupted(reason))
        case .quarantined(let reason): failShard(.corrupted(reason))
        case .closed: failShard(.unavailable("the log is closed", retryAfter: 2))
        }
    }

    private func refuseWrites() {
        if state != .stopping { state = .refusingWrites(until: environment.clock.now().advanced(by: .seconds(1))) }
    }

    /// Ends the shard, and with it the node: what was acknowledged is in the log, the rest is answered honestly.
    func failShard(_ error: ServiceError) {
        state = .failed(error)
        record = nil
        pendingBytes = 0
        endCheckpointStart(nil)
        endReload()
        environment.logger.critical("shard \(id) failed: \(error)")
        release(upTo: .max, .failure(error))
        endTurns()
        endWaiting(error)
        wake()
        // One shard that nobody may go on with is no reason to take the others away.
        if environment.sharing == nil { environment.fail("shard \(id): \(error)") }
    }

    /// Drops memory, which may be ahead of the log, and reads it anew: from the newest checkpoint, or from one before
    /// `generation`. Writes are refused meanwhile, and reads wait.
    private func reload(before generation: UInt64?) async {
        record = nil
        pendingBytes = 0
        let reason = reloading ?? .unavailable("the shard is read anew", retryAfter: 1)
        release(upTo: .max, .failure(reason))
        // What they wait for may come back with what was lost.
        endWaiting(reason)
        endCheckpointStart(nil)
        // A checkpoint in the making is of the memory that goes; it gives up, but may be in the midst of a commit.
        while isTakingCheckpoint { await withCheckedContinuation { checkpointEnd = $0 } }
        do {
            let recovered =
                environment.sharing == nil
                ? try await ShardRecovery.reload(id, before: generation, environment: environment)
                : try await ShardRecovery(environment: environment).recoverShared(id, before: generation)
            // While it was read another node has become owner.
            if environment.sharing != nil, recovered.tail.epoch != tail.epoch {
                endReload()
                return await depose()
            }
            shard = recovered.shard
            environment.budgets.limit(shard)
            let isClaimed = tail.isClaimed
            tail = recovered.tail
            tail.isClaimed = isClaimed
            checkpoint = CheckpointProgress(recovered)
            batchInTheMaking += 1
            durableBatch = batchInTheMaking - 1
            shard.recordInTheMaking = batchInTheMaking
            endReload()
        } catch {
            failShard(.corrupted("\(error)"))
        }
    }

    private func endReload() {
        reloading = nil
        damagedGeneration = nil
        let waiting = reloadWaiters
        reloadWaiters = []
        for waiter in waiting { waiter.resume() }
    }
}
