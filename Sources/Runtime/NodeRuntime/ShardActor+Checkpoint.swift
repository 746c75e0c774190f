internal import CheckpointStores
internal import Leaderboards
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Sharding

/// Where the checkpoints of a shard stand.
struct CheckpointProgress {
    /// The generations in the store, oldest first; at most two.
    var generations: [UInt64] = []
    /// Of the last record that the newest reflects.
    var lastNumber: UInt64 = 0
    /// What the newest reflects.
    var lastPosition: LogPosition?
    /// What the one before reflects: the log is needed from here on.
    var previousPosition: LogPosition?
    /// When the last one was taken.
    var lastTime: Timestamp?
    /// Log written since.
    var bytesSinceLast = 0
    /// What the last one, or the one in the making, wrote.
    var writtenBytes = 0

    init(_ recovered: RecoveredShard) {
        generations = recovered.generations
        lastNumber = recovered.checkpointNumber
        lastPosition = recovered.checkpointPosition
        bytesSinceLast = recovered.appliedBytes
        previousPosition = recovered.previousPosition
    }

    init() {}
}

extension ShardActor {
    /// Whether it is time for a checkpoint.
    func needsCheckpoint() -> Bool {
        resumeWrites()
        guard role != .vacant, !isLent, !isTakingCheckpoint, reloading == nil, tail.number > 0 else { return false }
        switch state {
        case .failed: return false
        case .stopping: return shard.isDirty
        // A log that others help to fill has room again only after checkpoints.
        case .refusingWrites: if environment.sharing == nil { return false }
        case .serving: break
        }
        if isKeepingCheckpoints { return false }
        if hasLogToGiveBack { return true }
        guard shard.isDirty else { return false }
        if checkpoint.bytesSinceLast >= checkpointDistance { return true }
        let now = environment.clock.now()
        guard let last = checkpoint.lastTime else {
            checkpoint.lastTime = now
            return false
        }
        return last.advanced(by: environment.configuration.checkpointAge) <= now
    }

    /// How much log calls for a checkpoint. One that writes a great deal, because changes are spread over a large shard, is not
    /// taken again before the log has grown as much: no more than half of what is written is checkpoints.
    private var checkpointDistance: Int {
        let isLarge = checkpoint.writtenBytes >= environment.configuration.largeCheckpointBytes
        return max(environment.configuration.checkpointBytes, isLarge ? checkpoint.writtenBytes : 0)
    }

    /// Stores what the shard is now, a few chunks at a time with commands in between. False if it could not.
    func takeCheckpoint() async -> Bool {
        guard !isTakingCheckpoint, !isLent, role != .vacant, reloading == nil, state != .stopping || record == nil
        else {
            return false
        }
        isTakingCheckpoint = true
        defer {
            isTakingCheckpoint = false
            checkpointEnd?.resume()
            checkpointEnd = nil
            endLending()
        }
        guard let position = await startCheckpoint() else { return false }
        shard.setCheckpointPosition(position)
        do throws(CheckpointStoreError) {
            try await storeChunks()
            try await storeManifests()
        } catch {
            shard.abandonCheckpoint()
            environment.logger.error("checkpoint of shard \(id) failed, the log keeps all: \(error)")
            return false
        }
        await removePieces()
        return true
    }

    /// Fixes the content of a checkpoint, and answers where the last record that it reflects lies, once that is durable.
    ///
    /// A checkpoint stands for a record, so memory must be what the log is then: right now if nothing is on its way, or
    /// else at the moment at which `run` takes the record in the making to append it. Waiting for a moment of rest would
    /// be waiting for ever under load.
    private func startCheckpoint() async -> LogPosition? {
        if case .failed = state { return nil }
        if record == nil, durableBatch + 1 >= batchInTheMaking {
            beginCheckpoint(at: tail.position ?? .start, number: tail.number, hash: tail.hash)
            return tail.position ?? .start
        }
        return await withCheckedContinuation { checkpointStart = $0 }
    }

    /// Called by `run` when the log has caught up with memory.
    func startCheckpointIfWanted() {
        guard checkpointStart != nil, reloading == nil else { return }
        if case .failed = state { return endCheckpointStart(nil) }
        beginCheckpoint(at: tail.position ?? .start, number: tail.number, hash: tail.hash)
        endCheckpointStart(tail.position ?? .start)
    }

    func beginCheckpoint(at position: LogPosition, number: UInt64, hash: ChainHash) {
        shard.beginCheckpoint(
            generation: (checkpoint.generations.last ?? 0) + 1, position: position, number: number, hash: hash,
            epoch: tail.epoch)
        checkpoint.bytesSinceLast = 0
        checkpoint.writtenBytes = 0
        checkpoint.lastTime = environment.clock.now()
        keeping.isWanted = false
    }

    func endCheckpointStart(_ position: LogPosition?) {
        checkpointStart?.resume(returning: position)
        checkpointStart = nil
    }

    /// That a checkpoint in the making is still of use.
    private func checkUse() throws(CheckpointStoreError) {
        if reloading != nil { throw .failed("the shard is read anew") }
        if role == .vacant { throw .failed("the shard is another node's") }
        if case .failed = state { throw .failed("the shard failed") }
    }

    private func storeChunks() async throws(CheckpointStoreError) {
        while true {
            let begin = NIODeadline.now()
            let stepsBefore = stepCount
            var batch = CheckpointBatch()
            while !batch.isFull {
                let pieces = shard.takePieces(byteCount: environment.configuration.checkpointSliceBytes)
                if pieces.isEmpty { break }
                for (piece, bytes) in pieces { batch.write(bytes, to: CheckpointKey(piece, of: id)) }
                // Commands that came in the meantime go first.
                await Task.yield()
                try checkUse()
            }
            if batch.isEmpty { return }
            try await commit(batch)
            if stepCount != stepsBefore { await rest(after: NIODeadline.now() - begin) }
        }
    }

    /// Leaves the processor and the disk to commands for a while.
    private func rest(after work: TimeAmount) async {
        guard state == .serving else { return }
        let pause = min(work * environment.configuration.checkpointRest, Self.restMax)
        await withCheckedContinuation { continuation in
            eventLoop.scheduleTask(in: pause) { continuation.resume() }
        }
    }

    /// A node that is to stop waits no longer than this.
    private static let restMax = TimeAmount.milliseconds(500)

    private func storeManifests() async throws(CheckpointStoreError) {
        let (manifest, leaderboards, removals) = shard.finishCheckpoint()
        var batch = CheckpointBatch()
        for (piece, bytes) in leaderboards {
            batch.write(bytes, to: CheckpointKey(piece, of: id))
            // Until the shard's manifest names them, leaderboards' manifests are as good as not there.
            if batch.isFull {
                try await commit(batch)
                batch = CheckpointBatch()
            }
        }
        environment.sharing?.exchange.shelf.forget(id, manifest.generation)
        batch.write(manifest.encoded(), to: CheckpointKey(kind: .shardManifest, shard: id, serial: manifest.generation))
        if checkpoint.generations.count > 1 {
            batch.remove(CheckpointKey(kind: .shardManifest, shard: id, serial: checkpoint.generations[0]))
        }
        try await commit(batch)
        shard.completeCheckpoint()
        checkpoint.generations.append(manifest.generation)
        if checkpoint.generations.count > 2 { checkpoint.generations.removeFirst() }
        checkpoint.previousPosition = checkpoint.lastPosition
        checkpoint.lastPosition = manifest.position
        checkpoint.lastNumber = manifest.number
        unusedPieces += removals
    }

    /// Removes what only a checkpoint that is gone needed. The new checkpoint stands whether or not this succeeds; what
    /// is left behind here goes the next time, or when the shard is recovered.
    private func removePieces() async {
        while !unusedPieces.isEmpty {
            var batch = CheckpointBatch()
            var count = 0
            while count < unusedPieces.count, !batch.isFull {
                batch.remove(CheckpointKey(unusedPieces[count], of: id))
                count += 1
            }
            do throws(CheckpointStoreError) {
                try await commit(batch)
            } catch {
                environment.logger.warning("old pieces of shard \(id) are removed later: \(error)")
                return
            }
            unusedPieces.removeFirst(count)
        }
    }

    private func commit(_ batch: CheckpointBatch) async throws(CheckpointStoreError) {
        checkpoint.writtenBytes += batch.byteCount
        let store = environment.store
        let result: Result<Void, CheckpointStoreError>
        do {
            result = try await environment.threads.runIfActive {
                Result { () throws(CheckpointStoreError) in try store.commit(batch) }
            }
        } catch {
            result = .failure(.failed("the node is stopping"))
        }
        try result.get()
    }

    /// The log is needed from here on: nil if this shard needs none of it.
    func neededLogPosition() -> LogPosition? {
        guard tail.number > 0 else { return nil }
        return checkpoint.previousPosition ?? .start
    }

    /// Brings an idle shard forward in the log: its last record, and both checkpoints, so that segments from before can
    /// go. Costs one record and two small manifests.
    func renew(below position: LogPosition) async {
        guard role == .owner, tail.number > 0, !shard.isDirty, reloading == nil, state == .serving else { return }
        if let last = tail.position, last < position {
            appendLease()
            do throws(ServiceError) { _ = try await durable(batchInTheMaking) } catch { return }
        }
        for _ in 0..<2 where (checkpoint.previousPosition ?? .start) < position {
            guard await takeCheckpoint() else { return }
        }
    }

    func evict(byteCount: Int) -> Int {
        if isLent { return 0 }
        shard.evictSealedSeasons()
        return shard.evict(byteCount: byteCount)
    }

    var memoryBytes: Int { isLent ? 0 : shard.memoryBytes }
}
