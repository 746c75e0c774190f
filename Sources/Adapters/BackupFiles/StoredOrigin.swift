package import CheckpointStores
package import CommitLogs
internal import Dispatch
package import Leaderboards
internal import Sharding

/// A backup's origin where a node keeps its data: its checkpoint store and its logs, in use by the node or not.
package struct StoredOrigin: BackupOrigin {
    private let store: any CheckpointStore
    private let logs: [any CommitLog]
    private let laurel: String
    private let source: BackupManifest.Source
    private let shardCount: Int
    private let dump: (@Sendable () async throws -> [UInt8])?
    /// Where the store's calls block.
    private let queue = DispatchQueue(label: "laurel.backup")

    /// - Parameters:
    ///   - logs: the groups, in the order that all nodes have them in
    ///   - dump: of the control database
    package init(
        store: any CheckpointStore, logs: [any CommitLog], shardCount: Int, laurel: String,
        source: BackupManifest.Source, dump: (@Sendable () async throws -> [UInt8])?
    ) {
        self.store = store
        self.logs = logs
        self.shardCount = shardCount
        self.laurel = laurel
        self.source = source
        self.dump = dump
    }

    package func outline() async throws -> BackupOutline {
        var groups: [UInt64] = []
        var ends: [UInt16: UInt64] = [:]
        for log in logs {
            groups.append(await log.firstPosition().value)
            for (shard, position) in await log.lastPositions() where position > .start {
                ends[shard.number] = position.value
            }
        }
        return BackupOutline(laurel: laurel, source: source, shardCount: shardCount, groups: groups, ends: ends)
    }

    package func control(_ body: ([UInt8]) async throws -> Void) async throws {
        if let dump { try await body(try await dump()) }
    }

    // MARK: Records

    package func records(group: Int, from position: LogPosition, _ body: ([UInt8]) async throws -> Void) async throws {
        guard logs.indices.contains(group) else { throw BackupError.refused("there is no log group \(group)") }
        do {
            try await send(try await logs[group].entries(from: position), body)
        } catch let error as ReadError {
            switch error {
            case .truncated: throw BackupError.truncated
            case .corrupted(let position, let reason): throw BackupError.damaged("the log at \(position): \(reason)")
            case .newer(let shard, let position, let what):
                throw BackupError.refused("shard \(shard) has a record of a newer version at \(position): \(what)")
            case .failed(let reason): throw BackupError.unavailable("the log can't be read: \(reason)")
            }
        }
    }

    private func send(_ entries: some LogEntries, _ body: ([UInt8]) async throws -> Void) async throws {
        var count = 0
        for try await batch in entries {
            var bytes: [UInt8] = []
            for entry in batch {
                bytes += try RecordStream.frame(entry)
                count += 1
                if bytes.count >= Self.partByteCount {
                    try await body(bytes)
                    bytes.removeAll(keepingCapacity: true)
                }
            }
            if !bytes.isEmpty { try await body(bytes) }
        }
        try await body(RecordStream.end(after: count))
    }

    private static let partByteCount = 256 << 10

    // MARK: Checkpoints

    package func checkpoint(of shard: ShardID, _ body: ([UInt8]) async throws -> Void) async throws {
        var sent: Set<CheckpointKey> = []
        try await body(PieceStream.header(of: shard))
        // A node that goes on takes further checkpoints, and removes pieces that only the ones before need. Then the newest is
        // sent instead, of which most was sent already.
        while true {
            let keys = try await onThread { try newest(of: shard) }
            var rest = keys.filter { $0.kind == .shardManifest || !sent.contains($0) }[...]
            while !rest.isEmpty {
                let part = try await onThread { [rest] in try read(rest) }
                guard part.count > 0 else { break }
                try await body(part.bytes)
                sent.formUnion(rest.prefix(part.count))
                rest = rest.dropFirst(part.count)
            }
            if rest.isEmpty { return try await body(PieceStream.end(after: sent.count)) }
            let still = try await onThread { try store.piece(keys[0]) != nil && newest(of: shard) == keys }
            if still { throw BackupError.damaged("a checkpoint of shard \(shard) lacks \(rest.first!)") }
        }
    }

    /// The pieces of the newest checkpoint whose lists can be read, its manifest first.
    private func newest(of shard: ShardID) throws -> [CheckpointKey] {
        var problem = BackupError.noCheckpoint(shard)
        for generation in try store.serials(of: .shardManifest, shard: shard).reversed() {
            do {
                let key = CheckpointKey(kind: .shardManifest, shard: shard, serial: generation)
                guard let keys = try store.pieces(ofCheckpoint: key) else { continue }
                return keys
            } catch {
                problem = .damaged("checkpoint \(generation) of shard \(shard): \(error)")
            }
        }
        throw problem
    }

    /// Some pieces, as far as they are there.
    private func read(_ keys: ArraySlice<CheckpointKey>) throws -> (bytes: [UInt8], count: Int) {
        var bytes: [UInt8] = []
        var count = 0
        for key in keys where bytes.count < Self.partByteCount {
            guard let piece = try store.piece(key) else { break }
            bytes += PieceStream.frame(key, piece)
            count += 1
        }
        return (bytes, count)
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

extension CheckpointStore {
    /// The keys of all pieces of a checkpoint, its manifest's first. Nil if it has gone meanwhile.
    package func pieces(ofCheckpoint key: CheckpointKey) throws -> [CheckpointKey]? {
        guard let bytes = try piece(key) else { return nil }
        let manifest = try bytes.withUnsafeBytes { try ShardManifest($0) }
        let loader = LeaderboardLoader(reading: { piece, body throws(LoadError) in
            let key = CheckpointKey(piece, of: key.shard)
            let bytes: [UInt8]?
            do throws(CheckpointStoreError) { bytes = try self.piece(key) } catch {
                throw .unreadable(piece, "\(error)")
            }
            guard let bytes else { throw .missing(piece) }
            let problem = bytes.withUnsafeBytes { bytes -> LoadError? in
                do throws(LoadError) {
                    try body(bytes)
                    return nil
                } catch {
                    return error
                }
            }
            if let problem { throw problem }
        })
        var keys = [key]
        for leaderboard in manifest.leaderboards {
            do throws(LoadError) {
                keys += try loader.pieces(of: leaderboard).all.map { CheckpointKey($0, of: key.shard) }
            } catch {
                if case .missing = error { return nil }
                throw error
            }
        }
        return keys
    }
}
