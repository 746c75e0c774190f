package import CheckpointStores
package import Leaderboards
internal import Synchronization

/// Checkpoints in a RocksDB of their own, one directory for each node.
///
/// The write-ahead log is off. A commit is one write batch and one flush: the batch becomes one file, which a single
/// edit of RocksDB's manifest adds once it is synced. So a crash leaves the batch whole or not at all, and each byte is
/// written once before compaction.
///
/// When a commit fails, RocksDB refuses all further writes, but keeps the failed batch in memory and may write it on its
/// own once it sees space. So the store stops RocksDB's background work and lets readers go on with what was there before;
/// the next commit closes RocksDB, which drops the failed batch, and opens it again. Nobody has to restart.
package final class RocksDBCheckpointStore: CheckpointStore {
    /// What can be done at present.
    enum Condition {
        case serving(Database)
        /// A commit failed. Reads are served; before the next commit RocksDB is opened again.
        case suspended(Database)
        /// Opening again failed, for this reason. The next commit tries once more.
        case failed(CheckpointStoreError)
        case closed
    }

    let configuration: Configuration
    let condition: ReadWriteLock<Condition>
    /// Held through a commit, which readers need not wait for. `condition` is locked within, never the other way round.
    private let committing = Mutex(())

    /// Opens the store, or makes a new one.
    ///
    /// Throws `.unknownVersion` if a newer Laurel wrote it, and `.failed` if another process has it open.
    package init(_ configuration: Configuration) throws(CheckpointStoreError) {
        self.configuration = configuration
        condition = ReadWriteLock(.serving(try Self.open(configuration)))
    }

    package func withPiece<Result>(
        _ key: CheckpointKey, _ body: (UnsafeRawBufferPointer) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result? {
        try reading { database throws(CheckpointStoreError) -> Result? in
            let encodedKey = key.encodedPieceKey
            guard let value = try database.value(encodedKey, .pieces) else { return nil }
            return try unsafe value.withBytes { stored throws(CheckpointStoreError) in
                try unsafe body(Envelope.open(stored, key: encodedKey, isChecked: checksEnvelopes))
            }
        }
    }

    package func serials(
        of kind: CheckpointKey.Kind, shard: ShardID
    ) throws(CheckpointStoreError) -> [UInt64] {
        try reading { database throws(CheckpointStoreError) in
            var serials: [UInt64] = []
            let keys = database.keys(.listing, from: PieceListingKey.prefix(shard, kind))
            while let key = try keys.key(), let listed = PieceListingKey(decoding: key)?.piece {
                guard listed.kind == kind, listed.shard == shard else { break }
                serials.append(listed.serial)
                keys.next()
            }
            return serials
        }
    }

    package func commit(_ batch: CheckpointBatch) throws(CheckpointStoreError) {
        try batch.validate()
        try committing.withLock { _ throws(CheckpointStoreError) in
            let database = try databaseForWriting()
            guard !batch.isEmpty else { return }
            try checkRoom(for: batch, in: database)
            do throws(CheckpointStoreError) {
                try database.writeAndFlush(WriteBatch(batch))
            } catch {
                database.stopBackgroundWork()
                condition.writing { $0 = .suspended(database) }
                throw error
            }
            condition.writing { _ in database.publish() }
        }
    }

    package func close() {
        committing.withLock { _ in
            condition.writing { condition in
                condition.database?.close()
                condition = .closed
            }
        }
    }

    deinit { close() }
}

// The condition and its changes.
extension RocksDBCheckpointStore {
    var checksEnvelopes: Bool { configuration.checks.contains(.envelopes) }

    /// Runs `body` on the open database, which stays open until it returns. Commits become visible only between such
    /// calls, so everything that `body` reads belongs together; and it must be short.
    func reading<Result>(
        _ body: (Database) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result {
        try condition.reading { condition throws(CheckpointStoreError) in
            switch condition {
            case .serving(let database), .suspended(let database): try body(database)
            case .failed(let error): throw error
            case .closed: throw .closed
            }
        }
    }

    /// Only under `committing`.
    private func databaseForWriting() throws(CheckpointStoreError) -> Database {
        switch condition.reading({ $0 }) {
        // A background failure, such as of a compaction on a full disk, makes RocksDB refuse writes too.
        case .serving(let database) where database.backgroundErrorCount == 0: database
        case .closed: throw .closed
        default: try reopen()
        }
    }

    /// Drops what RocksDB has in memory and starts anew from what is on disk. Only under `committing`.
    private func reopen() throws(CheckpointStoreError) -> Database {
        // Without room to open, rather let the readers keep what they have.
        try DiskSpace.check(configuration.directory, needed: DiskSpace.neededToOpen)
        return try condition.writing { condition throws(CheckpointStoreError) in
            condition.database?.close()
            do throws(CheckpointStoreError) {
                let database = try Self.open(configuration)
                condition = .serving(database)
                return database
            } catch {
                condition = .failed(error)
                throw error
            }
        }
    }

    private static func open(_ configuration: Configuration) throws(CheckpointStoreError) -> Database {
        try DiskSpace.check(configuration.directory, needed: DiskSpace.neededToOpen)
        let database = try Database(configuration)
        try StoreVersion.check(database, configuration)
        return database
    }

    private func checkRoom(for batch: CheckpointBatch, in database: Database) throws(CheckpointStoreError) {
        try DiskSpace.check(configuration.directory, needed: configuration.freeBytesMin + batch.byteCount)
        guard database.filesBeforeCompaction < Database.filesBeforeCompactionMax else {
            throw .failed("RocksDB has not compacted \(Database.filesBeforeCompactionMax) files: see verify()")
        }
    }
}

extension CheckpointStoreError {
    fileprivate static let closed = CheckpointStoreError.failed("the store is closed")
}

extension RocksDBCheckpointStore.Condition {
    fileprivate var database: Database? {
        switch self {
        case .serving(let database), .suspended(let database): database
        case .failed, .closed: nil
        }
    }
}

extension WriteBatch {
    /// Each piece in its envelope, and beside it what the listing says of it.
    init(_ batch: CheckpointBatch) {
        self.init()
        for (key, bytes) in batch.writes {
            let pieceKey = key.encodedPieceKey
            let header = Envelope.header(key: pieceKey, bytes: bytes)
            put(pieceKey, header: header, bytes: bytes)

            let listingKey = PieceListingKey(key).encoded
            let listing = PieceListing(byteCount: UInt32(bytes.count), checksum: UInt32(bigEndianBytes: header[4...]))
            let listingBytes = listing.encoded
            put(listingKey, header: Envelope.header(key: listingKey, bytes: listingBytes), bytes: listingBytes)
        }
        for key in batch.removals {
            delete(key.encodedPieceKey)
            delete(PieceListingKey(key).encoded)
        }
    }
}
