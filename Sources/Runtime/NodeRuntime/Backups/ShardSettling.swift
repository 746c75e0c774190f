package import CheckpointStores
package import CommitLogs
package import Leaderboards
package import Sharding

/// Puts a shard of a backup into the checkpoint stores of new nodes, behind records that begin its history in a new log.
///
/// The records go on where the folded ones ended, under an epoch that nobody had before. The checkpoint reflects them, so that it
/// fits the new log; until `finish` says where they lie in it, the stores hold pieces without a manifest: nothing.
package struct ShardSettling {
    /// What the first record of the new log follows.
    package let foundation: LogFoundation
    package let records: [EncodedRecord]
    private let stores: [any CheckpointStore]
    private var manifest: ShardManifest

    /// Who takes the shard over.
    package struct Heir: Sendable {
        package var node: UInt64
        package var incarnation: UInt64
        /// Gives the shard away again, to be claimed by whoever should own it.
        package var releases: Bool

        package init(node: UInt64, incarnation: UInt64, releases: Bool) {
            self.node = node
            self.incarnation = incarnation
            self.releases = releases
        }
    }

    /// - Parameters:
    ///   - pieces: of the checkpoint that the folding began with, its manifest's first
    ///   - epochMax: no record of the backup has a higher one
    package init(
        _ folding: ShardFolding, pieces: [CheckpointKey], of source: (any CheckpointStore)?,
        into stores: [any CheckpointStore], heir: Heir, epochMax: UInt64
    ) throws(CheckpointStoreError) {
        self.stores = stores
        foundation = folding.end
        let epoch = max(epochMax, foundation.epoch) + 1
        records = Self.records(of: folding.id, behind: foundation, epoch: epoch, heir)
        let shard = folding.recovered.shard
        var batches = Batches()
        if let source {
            for key in pieces where key.kind != .shardManifest {
                guard let piece = try source.piece(key) else { throw .failed("\(key) is missing") }
                try batches.write(piece, to: key, stores)
            }
        }
        shard.beginCheckpoint(
            generation: (pieces.first?.serial ?? 0) + 1, position: .start,
            number: foundation.number + UInt64(records.count), hash: records.last!.hash, epoch: epoch)
        while true {
            let taken = shard.takePieces(byteCount: CheckpointBatch.byteCountTarget / 4)
            if taken.isEmpty { break }
            for (piece, bytes) in taken { try batches.write(bytes, to: CheckpointKey(piece, of: folding.id), stores) }
        }
        let (manifest, leaderboards, _) = shard.finishCheckpoint()
        for (piece, bytes) in leaderboards {
            try batches.write(bytes, to: CheckpointKey(piece, of: folding.id), stores)
        }
        try batches.commit(stores)
        self.manifest = manifest
    }

    private static func records(
        of shard: ShardID, behind foundation: LogFoundation, epoch: UInt64, _ heir: Heir
    ) -> [EncodedRecord] {
        var records: [EncodedRecord] = []
        for kind in heir.releases ? [LogRecord.Kind.claim, .release] : [.claim] {
            records.append(
                LogRecord(
                    kind: kind, shard: shard, epoch: epoch, node: heir.node, incarnation: heir.incarnation,
                    number: foundation.number + UInt64(records.count) + 1,
                    previousHash: records.last?.hash ?? foundation.hash, payload: []
                ).encoded())
        }
        return records
    }

    /// The last of the records lies at `position`: from here on the checkpoint counts.
    package func finish(at position: LogPosition) throws(CheckpointStoreError) {
        var manifest = manifest
        manifest.position = position
        var batch = CheckpointBatch()
        batch.write(
            manifest.encoded(),
            to: CheckpointKey(kind: .shardManifest, shard: records[0].shard, serial: manifest.generation))
        for store in stores { try store.commit(batch) }
    }
}

/// Writes to several stores, a batch at a time.
private struct Batches {
    private var batch = CheckpointBatch()

    mutating func write(
        _ bytes: [UInt8], to key: CheckpointKey, _ stores: [any CheckpointStore]
    ) throws(CheckpointStoreError) {
        batch.write(bytes, to: key)
        if batch.isFull { try commit(stores) }
    }

    mutating func commit(_ stores: [any CheckpointStore]) throws(CheckpointStoreError) {
        for store in stores { try store.commit(batch) }
        batch = CheckpointBatch()
    }
}
