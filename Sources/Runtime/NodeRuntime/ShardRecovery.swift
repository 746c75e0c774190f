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
        for place in shards.indices where shards[place].damage != nil {
            shards[place] = try await recoverDamaged(shards[place])
        }
        try await removeLeftovers(of: shards)
        return shards
    }

    /// A shard whose newest checkpoint named a piece that can't be read: from the one before, or from the log alone.
    private func recoverDamaged(_ damaged: RecoveredShard) async throws(RecoveryError) -> RecoveredShard {
        var recovered = damaged
        while let damage = recovered.damage {
            guard let generation = recovered.generations.last else { throw .gap(damaged.shard.id, damage) }
            environment.logger.error("checkpoint \(generation) of shard \(damaged.shard.id) is damaged: \(damage)")
            do throws(RecoveryError) {
                recovered = try await reload(damaged.shard.id, before: generation)
            } catch {
                throw .gap(damaged.shard.id, "checkpoint \(generation) is damaged, \(damage), and without it: \(error)")
            }
        }
        return recovered
    }

    /// One shard anew, in a node that serves the others.
    /// `generation` names a checkpoint that turned out to be damaged: it is not used, and removed.
    static func reload(
        _ id: ShardID, before generation: UInt64? = nil, environment: ShardEnvironment
    ) async throws(RecoveryError) -> RecoveredShard {
        let recovery = ShardRecovery(environment: environment)
        let recovered = try await recovery.recoverDamaged(try await recovery.reload(id, before: generation))
        try await recovery.removeLeftovers(of: [recovered])
        return recovered
    }

    private func reload(_ id: ShardID, before generation: UInt64?) async throws(RecoveryError) -> RecoveredShard {
        let recovery = self
        let checkpoint: Result<RecoveredShard, RecoveryError>
        do {
            checkpoint = try await environment.threads.runIfActive {
                Result { () throws(RecoveryError) in try recovery.loadCheckpoint(id, before: generation) }
            }
        } catch {
            throw .stopping
        }
        var shards = [try checkpoint.get()]
        try await replay(into: &shards)
        return shards[0]
    }

    /// A shard from one of its checkpoints, or from nothing but the log, with everything loaded.
    func rebuild(
        _ id: ShardID, generation: UInt64?
    ) async throws(RecoveryError) -> Rebuilt {
        var recovered = RecoveredShard(shard: Shard(id: id, settings: environment.configuration.shard))
        if let generation {
            let key = CheckpointKey(kind: .shardManifest, shard: id, serial: generation)
            guard let restored = restore(id, from: key) else { throw .gap(id, "manifest \(generation) can't be read") }
            recovered = restored
        }
        let loader = environment.loader(of: id)
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
        if let damage = shards[0].damage { throw .gap(id, damage) }
        return Rebuilt(shards[0].shard, entries: entries)
    }

    /// What all that is stored of a shard leads to.
    struct Rebuilt {
        let entries: Int
        let hash: ChainHash
        /// Comparable only where counting began at the same record.
        let usage: ChainHash
        let countedSince: UInt64

        init(_ shard: Shard, entries: Int) {
            self.entries = entries
            hash = shard.stateHash(withUsage: false)
            usage = shard.usageHash()
            countedSince = shard.usageCountedSince
        }
    }

    // MARK: Checkpoints

    private func loadCheckpoints() throws(RecoveryError) -> [RecoveredShard] {
        var shards: [RecoveredShard] = []
        for number in 0..<environment.configuration.shardCount {
            shards.append(try loadCheckpoint(ShardID(UInt16(number))))
        }
        return shards
    }

    func loadCheckpoint(_ id: ShardID, before limit: UInt64? = nil) throws(RecoveryError) -> RecoveredShard {
        let store = environment.store
        do throws(CheckpointStoreError) {
            let generations = try store.serials(of: .shardManifest, shard: id).filter { !isVoid($0, of: id) }
            for generation in generations.reversed() where limit.map({ generation < $0 }) ?? true {
                let key = CheckpointKey(kind: .shardManifest, shard: id, serial: generation)
                if let shard = restore(id, from: key) {
                    var recovered = shard
                    recovered.generations = generations.filter { $0 <= generation }
                    if let previous = recovered.generations.dropLast().last {
                        let key = CheckpointKey(kind: .shardManifest, shard: id, serial: previous)
                        let manifest = manifest(at: key)
                        recovered.previousPosition = manifest?.position
                        // A crash may have come between the newest checkpoint and this removal, which belongs to it.
                        recovered.retired = manifest?.retired ?? []
                    }
                    return recovered
                }
                environment.logger.error("checkpoint \(generation) of shard \(id) can't be used, trying the one before")
            }
        } catch {
            throw .store("\(error)")
        }
        return RecoveredShard(shard: Shard(id: id, settings: environment.configuration.shard))
    }

    /// Whether a checkpoint reflects records that were given up. Those are left alone until recovery has succeeded without.
    private func isVoid(_ generation: UInt64, of id: ShardID) -> Bool {
        guard let losses = environment.sharing?.losses(of: id), !losses.all.isEmpty,
            let manifest = manifest(at: CheckpointKey(kind: .shardManifest, shard: id, serial: generation))
        else { return false }
        return losses.voids(number: manifest.number, epoch: manifest.epoch)
    }

    func manifest(at key: CheckpointKey) -> ShardManifest? {
        try? environment.store.withPiece(key) { bytes throws(CheckpointStoreError) in
            try? ShardManifest(bytes)
        } ?? nil
    }

    private func restore(_ id: ShardID, from key: CheckpointKey) -> RecoveredShard? {
        guard let manifest = manifest(at: key),
            let shard = try? Shard(id: id, manifest, settings: environment.configuration.shard)
        else { return nil }
        // Written by a version that did not count: what can't be read is counted when it is loaded.
        let loader = environment.loader(of: id)
        for stored in shard.unsized {
            if let size = try? loader.estimatedSize(of: stored) { shard.setSize(size, of: stored) }
        }
        var recovered = RecoveredShard(shard: shard)
        recovered.tail = ShardTail(
            position: manifest.position, number: manifest.number, hash: manifest.hash, epoch: manifest.epoch)
        recovered.checkpointPosition = manifest.position
        recovered.checkpointNumber = manifest.number
        return recovered
    }

    /// Removes what recovery found to be of no use, now that it has succeeded without: checkpoints that are damaged,
    /// chunks of one that was begun and never finished, and pieces that only a checkpoint needed which is gone.
    func removeLeftovers(of shards: [RecoveredShard]) async throws(RecoveryError) {
        let recovery = self
        // What is needed of them, since a shard itself stays where it is.
        let leftovers = shards.map { recovered in
            Leftovers(
                shard: recovered.shard.id, newest: recovered.generations.last ?? 0,
                firstUnusedSerial: recovered.shard.firstUnusedSerial, retired: Set(recovered.retired))
        }
        let result: Result<Void, CheckpointStoreError>
        do {
            result = try await environment.threads.runIfActive {
                Result { () throws(CheckpointStoreError) in
                    for leftovers in leftovers { try recovery.remove(leftovers) }
                }
            }
        } catch {
            throw .stopping
        }
        do { try result.get() } catch {
            // The disk may be full, which is no reason not to serve what is on it.
            environment.logger.warning("pieces of checkpoints without use are kept for now: \(error)")
        }
    }

    private struct Leftovers: Sendable {
        let shard: ShardID
        let newest: UInt64
        let firstUnusedSerial: UInt64
        let retired: Set<StoredPiece>
    }

    private func remove(_ leftovers: Leftovers) throws(CheckpointStoreError) {
        let store = environment.store
        var batch = CheckpointBatch()
        for damaged in try store.serials(of: .shardManifest, shard: leftovers.shard) where damaged > leftovers.newest {
            batch.remove(CheckpointKey(kind: .shardManifest, shard: leftovers.shard, serial: damaged))
        }
        // Manifests first: none may outlive what it names.
        try store.commit(batch)
        batch = CheckpointBatch()
        for kind in [StoredPiece.Kind.leaderboardManifest, .entryChunk, .memberChunk] {
            let all = CheckpointKey(StoredPiece(kind: kind, serial: 0), of: leftovers.shard).kind
            for serial in try store.serials(of: all, shard: leftovers.shard) {
                let piece = StoredPiece(kind: kind, serial: serial)
                guard serial >= leftovers.firstUnusedSerial || leftovers.retired.contains(piece) else { continue }
                batch.remove(CheckpointKey(piece, of: leftovers.shard))
                if batch.isFull {
                    try store.commit(batch)
                    batch = CheckpointBatch()
                }
            }
        }
        try store.commit(batch)
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
                    guard let place = places[entry.record.shard], shards[place].damage == nil else { continue }
                    if let position = shards[place].tail.position, entry.position <= position {
                        if entry.position == position, entry.hash != shards[place].tail.hash {
                            throw .corrupted(
                                at: position,
                                "shard \(entry.record.shard): record \(entry.record.number) is not the checkpoint's")
                        }
                        continue
                    }
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
        try await checkEnds(of: shards)
        progress(.replayed(records: count))
    }

    /// That the log ends where the shards do: one that lost its end must not go on as if that had never been.
    private func checkEnds(of shards: [RecoveredShard]) async throws(RecoveryError) {
        let last = await environment.log.lastPositions()
        for recovered in shards where recovered.damage == nil && last[recovered.shard.id] != recovered.tail.position {
            let place = last[recovered.shard.id].map { "at \($0)" } ?? "before its first record"
            let expected = recovered.tail.position.map(\.description) ?? "the start"
            throw .gap(
                recovered.shard.id, "the log ends \(place), record \(recovered.tail.number) is at \(expected)")
        }
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

    func apply(_ entry: LogEntry, to recovered: inout RecoveredShard) throws(RecoveryError) {
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
        if record.kind == .data {
            try apply(record, to: &recovered)
            if recovered.damage != nil { return }
        }
        recovered.tail.position = entry.position
        recovered.tail.number = record.number
        recovered.tail.hash = entry.hash
        recovered.tail.epoch = record.epoch
        recovered.appliedBytes += record.payload.count
    }

    private func apply(_ record: LogRecord, to recovered: inout RecoveredShard) throws(RecoveryError) {
        let shard = recovered.shard
        let error = record.payload.withUnsafeBytes { payload -> ReplayError? in
            let loader = environment.loader(of: shard.id)
            do throws(ReplayError) {
                try shard.apply(payload: payload) { stored throws(LoadError) in
                    progress(.loading(stored.key))
                    return try loader.load(stored)
                } listing: { stored throws(LoadError) in
                    try loader.pieces(of: stored)
                }
                return nil
            } catch {
                return error
            }
        }
        switch error {
        case nil: break
        case .unreadableCheckpoint(let error)?: recovered.damage = "\(error)"
        case let error? where error.isOfNewerVersion: throw .newer(shard.id, "record \(record.number): \(error)")
        case let error?: throw .gap(shard.id, "record \(record.number): \(error)")
        }
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
    /// The log begins behind what is known of the shard, and no node has a checkpoint that fills the gap.
    case unreachable(ShardID, String)
    /// As much as may be is fetched already.
    case busy
    /// What a mirror has ends before the checkpoints that there are.
    case early(ShardID)
    /// A mirror lacks the records from one number to another: its origin gave them back before it had them.
    case hole(ShardID, ClosedRange<UInt64>)
    /// The log has a record that only newer versions understand. Nothing is wrong with it.
    case newer(ShardID, String)

    init(_ error: ReadError) {
        if case .newer(let shard, let position, let what) = error {
            self = .newer(shard, "at \(position): \(what)")
        } else {
            self = .log("\(error)")
        }
    }

    package var description: String {
        switch self {
        case .log(let reason): "the log can't be read: \(reason)"
        case .store(let reason): "the checkpoints can't be read: \(reason)"
        case .gap(let shard, let reason): "shard \(shard): \(reason)"
        case .stopping: "the node is stopping"
        case .unreachable(let shard, let reason): "shard \(shard) can't be followed yet: \(reason)"
        case .busy: "enough is fetched from other nodes already"
        case .early(let shard): "the mirror of shard \(shard) ends before the checkpoints that there are"
        case .hole(let shard, let numbers):
            "the mirror of shard \(shard) lacks records \(numbers.lowerBound) to \(numbers.upperBound)"
        case .newer(let shard, let what): "shard \(shard) has a record of a newer version: \(what)"
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
