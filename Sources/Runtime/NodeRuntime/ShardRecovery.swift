internal import CheckpointStores
internal import CommitLogs
package import Leaderboards
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Sharding

/// Brings shards back: the newest checkpoint that can be read, and what the log holds beyond it.
///
/// Every record is checked on the way: its number follows the one before, its hash chain holds, its epoch does not fall,
/// and every outcome is computed again and compared. Whatever does not fit is an error that names the shard and the
/// place; nothing is served from a shard in doubt.
struct ShardRecovery {
    let environment: ShardEnvironment
    /// Told now and then how far it is.
    var progress: @Sendable (RecoveryProgress) -> Void = { _ in }

    /// All shards of the node, each on an event loop of its own turn.
    func makeActors(on eventLoops: any EventLoopGroup) async throws(RecoveryError) -> [ShardActor] {
        try await recoverAll().map { ShardActor($0, on: eventLoops.next(), environment: environment) }
    }

    private func recoverAll() async throws(RecoveryError) -> [RecoveredShard] {
        let recovery = self
        let result: Result<[RecoveredShard], RecoveryError>
        do {
            result = try await environment.threads.runIfActive {
                Result { () throws(RecoveryError) in try recovery.loadCheckpoints() }
            }
        } catch {
            throw .stopping
        }
        var shards = try result.get()
        try await replay(into: &shards)
        return shards
    }

    /// One shard anew, in a node that serves the others.
    /// `generation` names a checkpoint that turned out to be damaged: it is not used, and removed.
    static func reload(
        _ id: ShardID, before generation: UInt64? = nil, environment: ShardEnvironment
    ) async throws(RecoveryError) -> RecoveredShard {
        let recovery = ShardRecovery(environment: environment)
        let checkpoint: Result<RecoveredShard, RecoveryError>
        do {
            checkpoint = try await environment.threads.runIfActive {
                Result { () throws(RecoveryError) in try recovery.loadCheckpoint(id, before: generation) }
            }
        } catch {
            throw .stopping
        }
        var shards = [try checkpoint.get()]
        try await recovery.replay(into: &shards)
        return shards[0]
    }

    /// A shard from one of its checkpoints, or from nothing but the log, with everything loaded.
    func rebuild(
        _ id: ShardID, generation: UInt64?
    ) async throws(RecoveryError) -> (hash: ChainHash, entries: Int) {
        var recovered = RecoveredShard(shard: Shard(id: id, settings: environment.configuration.shard))
        if let generation {
            let key = CheckpointKey(kind: .shardManifest, shard: id, serial: generation)
            guard let restored = restore(id, from: key) else { throw .gap(id, "manifest \(generation) can't be read") }
            recovered = restored
        }
        let loader = LeaderboardLoader(store: environment.store, shard: id)
        var entries = 0
        do throws(LoadError) {
            for piece in recovered.shard.missingAltogether {
                guard case .leaderboard(let stored) = piece else { continue }
                entries += try loader.verify(stored)
                recovered.shard.install(try loader.load(stored))
            }
        } catch {
            throw .gap(id, "\(error)")
        }
        var shards = [recovered]
        try await replay(into: &shards)
        return (shards[0].shard.stateHash(), entries)
    }

    // MARK: Checkpoints

    private func loadCheckpoints() throws(RecoveryError) -> [RecoveredShard] {
        var shards: [RecoveredShard] = []
        for number in 0..<environment.configuration.shardCount {
            shards.append(try loadCheckpoint(ShardID(UInt16(number))))
        }
        return shards
    }

    private func loadCheckpoint(_ id: ShardID, before limit: UInt64? = nil) throws(RecoveryError) -> RecoveredShard {
        let store = environment.store
        do throws(CheckpointStoreError) {
            let generations = try store.serials(of: .shardManifest, shard: id)
            for generation in generations.reversed() where limit.map({ generation < $0 }) ?? true {
                let key = CheckpointKey(kind: .shardManifest, shard: id, serial: generation)
                if let shard = restore(id, from: key) {
                    var recovered = shard
                    recovered.generations = generations.filter { $0 <= generation }
                    if let previous = recovered.generations.dropLast().last {
                        let key = CheckpointKey(kind: .shardManifest, shard: id, serial: previous)
                        recovered.previousPosition = manifest(at: key)?.position
                    }
                    try removeLeftovers(of: recovered.shard, after: generation, generations)
                    return recovered
                }
                environment.logger.error("checkpoint \(generation) of shard \(id) can't be used, trying the one before")
            }
        } catch {
            throw .store("\(error)")
        }
        return RecoveredShard(shard: Shard(id: id, settings: environment.configuration.shard))
    }

    private func manifest(at key: CheckpointKey) -> ShardManifest? {
        try? environment.store.withPiece(key) { bytes throws(CheckpointStoreError) in
            try? ShardManifest(bytes)
        } ?? nil
    }

    private func restore(_ id: ShardID, from key: CheckpointKey) -> RecoveredShard? {
        guard let manifest = manifest(at: key),
            let shard = try? Shard(id: id, manifest, settings: environment.configuration.shard)
        else { return nil }
        var recovered = RecoveredShard(shard: shard)
        recovered.tail = ShardTail(
            position: manifest.position, number: manifest.number, hash: manifest.hash, epoch: manifest.epoch)
        recovered.checkpointPosition = manifest.position
        return recovered
    }

    /// Removes the chunks of a checkpoint that was begun and never finished, or that is damaged.
    private func removeLeftovers(
        of shard: Shard, after generation: UInt64, _ generations: [UInt64]
    ) throws(CheckpointStoreError) {
        var batch = CheckpointBatch()
        for damaged in generations where damaged > generation {
            batch.remove(CheckpointKey(kind: .shardManifest, shard: shard.id, serial: damaged))
        }
        // Manifests first: none may outlive what it names.
        try environment.store.commit(batch)
        batch = CheckpointBatch()
        for kind in [CheckpointKey.Kind.leaderboardManifest, .entryChunk, .memberChunk] {
            for serial in try environment.store.serials(of: kind, shard: shard.id)
            where serial >= shard.firstUnusedSerial {
                batch.remove(CheckpointKey(kind: kind, shard: shard.id, serial: serial))
                if batch.isFull {
                    try environment.store.commit(batch)
                    batch = CheckpointBatch()
                }
            }
        }
        try environment.store.commit(batch)
    }

    // MARK: Log

    private func replay(into shards: inout [RecoveredShard]) async throws(RecoveryError) {
        var places: [ShardID: Int] = [:]
        for (place, recovered) in shards.enumerated() { places[recovered.shard.id] = place }
        guard let start = try await replayStart(of: shards) else { return progress(.replayed(records: 0)) }
        var count = 0
        do throws(ReadError) {
            let entries = try await environment.log.entries(from: start)
            var iterator = entries.makeRecoveryIterator()
            while let batch = try await iterator.next() {
                for entry in batch {
                    guard let place = places[entry.record.shard] else { continue }
                    if let position = shards[place].tail.position, entry.position <= position { continue }
                    do throws(RecoveryError) {
                        try apply(entry, to: &shards[place])
                    } catch {
                        throw .corrupted(at: entry.position, "\(error)")
                    }
                    count += 1
                    if count % 10_000 == 0 { progress(.replaying(records: count, position: entry.position)) }
                }
            }
        } catch {
            throw .log("\(error)")
        }
        progress(.replayed(records: count))
    }

    /// Where the first record is that some shard has not applied; nil if there is none.
    private func replayStart(of shards: [RecoveredShard]) async throws(RecoveryError) -> LogPosition? {
        let ends = await environment.log.lastPositions()
        var start: LogPosition?
        for recovered in shards {
            let id = recovered.shard.id
            guard let checkpoint = recovered.checkpointPosition else {
                // Without a checkpoint, all that the shard ever did is in the log.
                if ends[id] != nil { start = await environment.log.firstPosition() }
                continue
            }
            guard let end = ends[id], end >= checkpoint else {
                throw .gap(id, "the log ends before position \(checkpoint), which a checkpoint reflects")
            }
            if end > checkpoint { start = min(start ?? checkpoint, checkpoint) }
        }
        return start
    }

    private func apply(_ entry: LogEntry, to recovered: inout RecoveredShard) throws(RecoveryError) {
        let record = entry.record
        guard record.number == recovered.tail.number + 1 else {
            throw .gap(record.shard, "record \(record.number) after \(recovered.tail.number)")
        }
        guard record.previousHash == recovered.tail.hash else {
            throw .gap(record.shard, "the hash chain breaks at record \(record.number)")
        }
        switch record.kind {
        case .claim:
            guard record.epoch > recovered.tail.epoch else { throw .gap(record.shard, "epoch \(record.epoch) again") }
        case .data, .lease, .release, .checkpointMark:
            guard record.epoch == recovered.tail.epoch else {
                throw .gap(
                    record.shard, "record \(record.number) of epoch \(record.epoch), not \(recovered.tail.epoch)")
            }
        }
        if record.kind == .data { try apply(record, to: recovered.shard) }
        recovered.tail.position = entry.position
        recovered.tail.number = record.number
        recovered.tail.hash = entry.hash
        recovered.tail.epoch = record.epoch
    }

    private func apply(_ record: LogRecord, to shard: Shard) throws(RecoveryError) {
        let problem = record.payload.withUnsafeBytes { payload -> RecoveryError? in
            let loader = LeaderboardLoader(store: environment.store, shard: shard.id)
            do throws(ReplayError) {
                try shard.apply(payload: payload) { stored throws(LoadError) in
                    progress(.loading(stored.key))
                    return try loader.load(stored)
                }
                return nil
            } catch {
                return .gap(shard.id, "record \(record.number): \(error)")
            }
        }
        if let problem { throw problem }
    }
}

package enum RecoveryProgress: Sendable {
    case loading(LeaderboardKey)
    case replaying(records: Int, position: LogPosition)
    case replayed(records: Int)
}

package enum RecoveryError: Error, Sendable, Hashable, CustomStringConvertible {
    case log(String)
    case store(String)
    /// A shard's history has a hole, or does not say what it said when it was written.
    case gap(ShardID, String)
    case stopping

    package var description: String {
        switch self {
        case .log(let reason): "the log can't be read: \(reason)"
        case .store(let reason): "the checkpoints can't be read: \(reason)"
        case .gap(let shard, let reason): "shard \(shard): \(reason)"
        case .stopping: "the node is stopping"
        }
    }
}

extension LogEntries {
    /// So that an existential can be iterated with its typed error.
    func makeRecoveryIterator() -> AnyEntriesIterator { AnyEntriesIterator(self) }
}

struct AnyEntriesIterator {
    private var advance: () async throws(ReadError) -> [LogEntry]?

    init<Entries: LogEntries>(_ entries: Entries) {
        var iterator = entries.makeAsyncIterator()
        advance = { () async throws(ReadError) in try await iterator.next(isolation: nil) }
    }

    mutating func next() async throws(ReadError) -> [LogEntry]? { try await advance() }
}
