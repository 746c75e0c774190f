internal import CheckpointStores
internal import Leaderboards
internal import Logging
internal import NIOPosix
internal import Sharding

/// Where the checkpoints of a shard stand.
struct CheckpointProgress {
    /// The generations in the store, oldest first; at most two.
    var generations: [UInt64] = []
    /// What the newest reflects.
    var lastPosition: LogPosition?
    /// What the one before reflects: the log is needed from here on.
    var previousPosition: LogPosition?
    /// When the last one was taken.
    var lastTime: Timestamp?
    /// Log written since.
    var bytesSinceLast = 0
}

extension ShardActor {
    /// Whether it is time for a checkpoint.
    func needsCheckpoint() -> Bool {
        guard shard.isDirty, !shard.isCheckpointing, tail.number > 0, state == .serving || state == .stopping else {
            return false
        }
        if state == .stopping || checkpoint.bytesSinceLast >= environment.configuration.checkpointBytes { return true }
        let now = environment.clock.now()
        guard let last = checkpoint.lastTime else {
            checkpoint.lastTime = now
            return false
        }
        return last.advanced(by: environment.configuration.checkpointAge) <= now
    }

    /// Stores what the shard is now, a few chunks at a time with commands in between. False if it could not.
    func takeCheckpoint() async -> Bool {
        guard !shard.isCheckpointing, await settle() else { return false }
        let generation = (checkpoint.generations.last ?? 0) + 1
        shard.beginCheckpoint(
            generation: generation, position: tail.position ?? .start, number: tail.number, hash: tail.hash,
            epoch: tail.epoch)
        let position = tail.position ?? .start
        checkpoint.bytesSinceLast = 0
        checkpoint.lastTime = environment.clock.now()
        do throws(CheckpointStoreError) {
            try await storeChunks()
            try await storeManifests()
        } catch {
            shard.abandonCheckpoint()
            environment.logger.error("checkpoint of shard \(id) failed, the log keeps all: \(error)")
            return false
        }
        shard.completeCheckpoint()
        checkpoint.generations.append(generation)
        if checkpoint.generations.count > 2 { checkpoint.generations.removeFirst() }
        checkpoint.previousPosition = checkpoint.lastPosition
        checkpoint.lastPosition = position
        return true
    }

    /// Waits until memory reflects no more than the log: a checkpoint stands for a position, and what it holds must be
    /// durable before it is.
    func settle() async -> Bool {
        while record != nil || durableBatch + 1 < batchInTheMaking {
            do { _ = try await durable(record == nil ? batchInTheMaking - 1 : batchInTheMaking) } catch { return false }
        }
        if case .failed = state { return false }
        return true
    }

    private func storeChunks() async throws(CheckpointStoreError) {
        while true {
            var batch = CheckpointBatch()
            while !batch.isFull {
                let pieces = shard.takePieces(byteCount: environment.configuration.checkpointSliceBytes)
                if pieces.isEmpty { break }
                for (piece, bytes) in pieces { batch.write(bytes, to: CheckpointKey(piece, of: id)) }
                // Commands that came in the meantime go first.
                await Task.yield()
            }
            if batch.isEmpty { return }
            try await commit(batch)
        }
    }

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
        batch.write(manifest.encoded(), to: CheckpointKey(kind: .shardManifest, shard: id, serial: manifest.generation))
        if checkpoint.generations.count > 1 {
            batch.remove(CheckpointKey(kind: .shardManifest, shard: id, serial: checkpoint.generations[0]))
        }
        try await commit(batch)
        // Removed only when nothing refers to them any more; what a crash leaves behind, recovery removes.
        var cleaning = CheckpointBatch()
        for piece in removals {
            cleaning.remove(CheckpointKey(piece, of: id))
            if cleaning.isFull {
                try await commit(cleaning)
                cleaning = CheckpointBatch()
            }
        }
        try await commit(cleaning)
    }

    private func commit(_ batch: CheckpointBatch) async throws(CheckpointStoreError) {
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
        guard tail.number > 0, !shard.isDirty, state == .serving else { return }
        if let last = tail.position, last < position {
            appendLease()
            guard await settle() else { return }
        }
        for _ in 0..<2 where (checkpoint.previousPosition ?? .start) < position {
            guard await takeCheckpoint() else { return }
        }
    }

    func evict(byteCount: Int) -> Int {
        shard.evictSealedSeasons()
        return shard.evict(byteCount: byteCount)
    }

    var memoryBytes: Int { shard.memoryBytes }
}
