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
    private let aid: SharedLogAid?
    /// Where the store's calls block.
    private let queue = DispatchQueue(label: "laurel.backup")

    /// - Parameters:
    ///   - logs: the groups, in the order that all nodes have them in
    ///   - dump: of the control database
    ///   - aid: where nodes share the logs; nil of a node that stands alone
    package init(
        store: any CheckpointStore, logs: [any CommitLog], shardCount: Int, laurel: String,
        source: BackupManifest.Source, dump: (@Sendable () async throws -> [UInt8])?, aid: SharedLogAid? = nil
    ) {
        self.store = store
        self.logs = logs
        self.shardCount = shardCount
        self.laurel = laurel
        self.source = source
        self.dump = dump
        self.aid = aid
    }

    package func outline() async throws -> BackupOutline {
        // Before it is asked what there is.
        aid?.hold()
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
        aid?.hold()
        if let dump { try await body(try await dump()) }
    }

    // MARK: Records

    package func records(group: Int, from position: LogPosition, _ body: ([UInt8]) async throws -> Void) async throws {
        aid?.hold()
        guard logs.indices.contains(group) else { throw BackupError.refused("there is no log group \(group)") }
        var count = 0
        do {
            if let log = logs[group] as? any SharedLog {
                let lasts = await log.lastPositions().sorted { $0.key < $1.key }
                for (shard, last) in lasts where last >= position {
                    try await send(shard, of: log, from: position, through: last, &count, body)
                }
            } else {
                var next = position
                try await send(try await logs[group].entries(from: position), &next, &count, body)
            }
        } catch let error as ReadError {
            switch error {
            case .truncated: throw BackupError.truncated
            case .corrupted(let position, let reason): throw BackupError.damaged("the log at \(position): \(reason)")
            case .newer(let shard, let position, let what):
                throw BackupError.refused("shard \(shard) has a record of a newer version at \(position): \(what)")
            case .failed(let reason): throw BackupError.unavailable("the log can't be read: \(reason)")
            }
        }
        try await body(RecordStream.end(after: count))
    }

    /// A shared log is cut shard by shard, and so is read: to tell gaps from damage costs a question for each where all shards are read
    /// at once. Records that were given back are left out; whoever gets the rest sees it.
    private func send(
        _ shard: ShardID, of log: any SharedLog, from position: LogPosition, through last: LogPosition,
        _ count: inout Int, _ body: ([UInt8]) async throws -> Void
    ) async throws {
        var next = position
        while next <= last {
            do {
                let entries = try await log.entries(of: shard, from: next, through: last, following: nil)
                return try await send(entries, &next, &count, body)
            } catch ReadError.truncated(let first) where first > next {
                next = first
            }
        }
    }

    /// - Parameter next: the position behind what was sent
    private func send(
        _ entries: some LogEntries, _ next: inout LogPosition, _ count: inout Int,
        _ body: ([UInt8]) async throws -> Void
    ) async throws {
        for try await batch in entries {
            var bytes: [UInt8] = []
            for entry in batch {
                bytes += try RecordStream.frame(entry)
                count += 1
                next = LogPosition(entry.position.value + 1)
                if bytes.count >= Self.partByteCount {
                    try await send(bytes, body)
                    bytes.removeAll(keepingCapacity: true)
                }
            }
            if !bytes.isEmpty { try await send(bytes, body) }
        }
    }

    private func send(_ bytes: [UInt8], _ body: ([UInt8]) async throws -> Void) async throws {
        aid?.hold()
        try await body(bytes)
    }

    private static let partByteCount = 256 << 10

    // MARK: Checkpoints

    /// This node's, or if it has none of use, that of another node.
    package func checkpoint(of shard: ShardID, _ body: ([UInt8]) async throws -> Void) async throws {
        aid?.hold()
        var count = 0
        try await body(PieceStream.header(of: shard))
        do throws(Lack) {
            try await sendOwn(shard, &count, body)
        } catch {
            guard case .checkpoint(let problem) = error else { throw error.cause }
            try await sendOthers(shard, &count, insteadOf: problem, body)
        }
        try await body(PieceStream.end(after: count))
    }

    /// Why this node's checkpoint was not sent.
    private enum Lack: Error {
        /// There is none, or it is damaged, or the log does not continue it.
        case checkpoint(BackupError)
        /// Whoever gets it has gone, or the log can't be asked.
        case other(any Error)

        var cause: any Error {
            switch self {
            case .checkpoint(let error): error
            case .other(let error): error
            }
        }

        init(reading error: any Error, of shard: ShardID) {
            self = .checkpoint(error as? BackupError ?? .damaged("a checkpoint of shard \(shard): \(error)"))
        }
    }

    private func sendOwn(
        _ shard: ShardID, _ count: inout Int, _ body: ([UInt8]) async throws -> Void
    ) async throws(Lack) {
        var sent: Set<CheckpointKey> = []
        // A node that goes on takes further checkpoints, and removes pieces that only the ones before need. Then the newest is
        // sent instead, of which most was sent already.
        while true {
            let (manifest, keys) = try await reading(shard) { try newest(of: shard) }
            if let aid {
                let isOfUse: Bool
                do { isOfUse = try await aid.continues(shard, manifest) } catch { throw .other(error) }
                if !isOfUse { throw .checkpoint(.noCheckpoint(shard)) }
            }
            var rest = keys.filter { $0.kind == .shardManifest || !sent.contains($0) }[...]
            while !rest.isEmpty {
                let part = try await reading(shard) { [rest] in try read(rest) }
                guard part.count > 0 else { break }
                do { try await send(part.bytes, body) } catch { throw .other(error) }
                count += part.count
                sent.formUnion(rest.prefix(part.count))
                rest = rest.dropFirst(part.count)
            }
            guard let lacking = rest.first else { return }
            let still = try await reading(shard) { try store.piece(keys[0]) != nil && newest(of: shard).keys == keys }
            if still { throw .checkpoint(.damaged("a checkpoint of shard \(shard) lacks \(lacking)")) }
        }
    }

    private func sendOthers(
        _ shard: ShardID, _ count: inout Int, insteadOf problem: BackupError,
        _ body: ([UInt8]) async throws -> Void
    ) async throws {
        guard let aid else { throw problem }
        // Then none is needed.
        if try await aid.continues(shard, nil) { throw BackupError.noCheckpoint(shard) }
        var sent = count
        let isThere = try await aid.relay(shard) { key, piece in
            try await send(PieceStream.frame(key, piece), body)
            sent += 1
        }
        count = sent
        if !isThere { throw problem }
    }

    /// The newest checkpoint whose lists can be read: its manifest, and the keys of its pieces, the manifest's first.
    private func newest(of shard: ShardID) throws -> (manifest: ShardManifest, keys: [CheckpointKey]) {
        var problem = BackupError.noCheckpoint(shard)
        for generation in try store.serials(of: .shardManifest, shard: shard).reversed() {
            do {
                let key = CheckpointKey(kind: .shardManifest, shard: shard, serial: generation)
                guard let bytes = try store.piece(key), let keys = try store.pieces(ofCheckpoint: key) else { continue }
                return (try bytes.withUnsafeBytes { try ShardManifest($0) }, keys)
            } catch {
                problem = .damaged("checkpoint \(generation) of shard \(shard): \(error)")
            }
        }
        throw problem
    }

    private func reading<Value: Sendable>(
        _ shard: ShardID, _ body: @escaping @Sendable () throws -> Value
    ) async throws(Lack) -> Value {
        do { return try await onThread(body) } catch { throw Lack(reading: error, of: shard) }
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
