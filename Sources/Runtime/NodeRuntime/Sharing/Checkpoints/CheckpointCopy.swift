package import CheckpointStores
package import Leaderboards
package import Sharding

/// Writes a checkpoint that comes from another store, chunk by chunk, and lets nobody see it before all of it was verified.
///
/// **Serials** are handed out by each store for itself, so those of the giver may be in use here. All are raised by the same amount,
/// which is beyond every serial that this store has (`Renumbering`). The generation is the next one here.
///
/// **Order.** Pieces are committed as they come, under serials that nothing refers to. Then the whole checkpoint is loaded from
/// this store, board by board, and the content hashes compared; the shard's manifest is written last, together with the removal
/// of the manifests before it. What only those needed is removed then, and if that fails, with the next checkpoint.
///
/// **Memory** is that of one batch and one piece, and, while it is verified, of the largest leaderboard. Blocks.
package struct CheckpointCopy {
    package let shard: ShardID
    private let store: any CheckpointStore
    private let settings: ShardSettings
    private let offset: UInt64
    private let generations: [UInt64]
    /// What this store had of the shard.
    private let older: [StoredPiece]
    private var assembly: PieceAssembly
    private var batch = CheckpointBatch()
    /// Pieces that manifests named, and that came.
    private var namedCount = 0
    private var pieceCount = 0
    private var manifest: ShardManifest?

    package init(
        of shard: ShardID, into store: any CheckpointStore, settings: ShardSettings = ShardSettings()
    ) throws(CheckpointTransferError) {
        self.shard = shard
        self.store = store
        self.settings = settings
        assembly = PieceAssembly(of: shard)
        do throws(CheckpointStoreError) {
            generations = try store.serials(of: .shardManifest, shard: shard)
            older = try store.pieces(of: shard)
        } catch {
            throw .store(error)
        }
        var firstUnused = (older.map(\.serial).max() ?? 0) + 1
        for generation in generations {
            if let manifest = try? store.manifest(generation, of: shard) {
                firstUnused = max(firstUnused, manifest.nextSerial)
            }
        }
        offset = firstUnused
    }

    /// What comes next.
    package var place: CheckpointPlace { assembly.place }
    package var byteCount: Int { assembly.byteCount }

    /// Whether the last chunk was taken, and it can be finished.
    package var isComplete: Bool { manifest != nil }

    /// The record that it reflects, once its manifest has come.
    package var record: CheckpointRecord? { manifest.map { CheckpointRecord($0) } }

    /// Takes the next chunk. One that does not continue what came is refused, and nothing changes.
    package mutating func take(_ chunk: CheckpointChunk) throws(CheckpointTransferError) {
        for (piece, bytes) in try assembly.take(chunk) { try take(piece, bytes) }
    }

    private mutating func take(_ piece: StoredPiece?, _ bytes: [UInt8]) throws(CheckpointTransferError) {
        do throws(ByteReader.Problem) {
            guard let piece else {
                manifest = try bytes.read { bytes throws(ByteReader.Problem) in try ShardManifest(bytes) }
                return
            }
            var renumbered = bytes
            if piece.kind == .leaderboardManifest {
                let list = try bytes.read { bytes throws(ByteReader.Problem) in try PieceList(bytes) }
                namedCount += 1 + list.pieces.count
                renumbered = try list.renumbered(by: offset)
            }
            pieceCount += 1
            batch.write(renumbered, to: CheckpointKey(try piece.renumbered(by: offset), of: shard))
        } catch {
            throw .damaged("\(error)")
        }
        if batch.isFull { try commit() }
    }

    /// Verifies what came by loading it, and makes it this store's only checkpoint of the shard. Answers its number here.
    package mutating func finish() throws(CheckpointTransferError) -> UInt64 {
        guard let manifest, manifest.generation == assembly.source, pieceCount == namedCount else {
            throw .damaged("not all pieces of the checkpoint came")
        }
        try commit()
        let generation = (generations.last ?? 0) + 1
        do throws(ByteReader.Problem) {
            let renumbered = try manifest.renumbered(generation: generation, by: offset, retiring: older)
            try verify(renumbered)
            for old in generations {
                batch.remove(CheckpointKey(kind: .shardManifest, shard: shard, serial: old))
            }
            batch.write(
                renumbered.encoded(), to: CheckpointKey(kind: .shardManifest, shard: shard, serial: generation))
        } catch {
            throw .damaged("\(error)")
        }
        try commit()
        try? store.remove(older, of: shard)
        return generation
    }

    private func verify(_ manifest: ShardManifest) throws(ByteReader.Problem) {
        do throws(ReplayError) {
            _ = try Shard(id: shard, manifest, settings: settings)
        } catch {
            throw .invalid("\(error)")
        }
        let loader = LeaderboardLoader(of: shard, in: store)
        for stored in manifest.leaderboards {
            do throws(LoadError) {
                _ = try loader.verify(stored)
            } catch {
                throw .invalid("\(error)")
            }
        }
    }

    /// Removes what was written. Nothing of the checkpoint stays behind; if this fails, recovery does it.
    package mutating func discard() {
        batch = CheckpointBatch()
        let known = Set(older)
        guard let all = try? store.pieces(of: shard) else { return }
        try? store.remove(all.filter { !known.contains($0) }, of: shard)
    }

    private mutating func commit() throws(CheckpointTransferError) {
        do throws(CheckpointStoreError) { try store.commit(batch) } catch { throw .store(error) }
        batch = CheckpointBatch()
    }
}

extension CheckpointStore {
    /// All pieces of a shard but its own manifests.
    func pieces(of shard: ShardID) throws(CheckpointStoreError) -> [StoredPiece] {
        var pieces: [StoredPiece] = []
        for kind in [StoredPiece.Kind.leaderboardManifest, .entryChunk, .memberChunk] {
            let stored = CheckpointKey(StoredPiece(kind: kind, serial: 0), of: shard).kind
            pieces += try serials(of: stored, shard: shard).map { StoredPiece(kind: kind, serial: $0) }
        }
        return pieces
    }

    func remove(_ pieces: [StoredPiece], of shard: ShardID) throws(CheckpointStoreError) {
        var batch = CheckpointBatch()
        for piece in pieces {
            batch.remove(CheckpointKey(piece, of: shard))
            if batch.isFull {
                try commit(batch)
                batch = CheckpointBatch()
            }
        }
        try commit(batch)
    }
}

extension [UInt8] {
    fileprivate func read<Value>(
        _ body: (UnsafeRawBufferPointer) throws(ByteReader.Problem) -> Value
    ) throws(ByteReader.Problem) -> Value {
        let result = withUnsafeBytes { bytes in
            Result { () throws(ByteReader.Problem) in try body(bytes) }
        }
        return try result.get()
    }
}
