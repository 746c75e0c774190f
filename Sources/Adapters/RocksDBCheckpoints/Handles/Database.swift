internal import CRocksDB
import CheckpointStores

/// Owns an open `rocksdb_t`, and what its readers may see of it.
///
/// Readers look through a snapshot that moves only when a flush is done: a batch is in RocksDB's memtable before it is
/// on disk, and must not be seen there. (Moving it lets RocksDB rewrite files that have nothing below them, which added
/// 1 % to what is written.)
///
/// Unchecked Sendable: RocksDB's own calls may come from any thread, and the rest changes in `publish` and `close` only,
/// which the store calls while it holds its lock exclusively.
@safe final class Database: @unchecked Sendable {
    private let handle: OpaquePointer
    private var snapshot: OpaquePointer?
    private var isOpen = true
    private let pieceReads: ReadOptions
    private let listingReads: ReadOptions
    private let writes = WriteOptions()
    private let flushes = FlushOptions()

    init(_ configuration: RocksDBCheckpointStore.Configuration) throws(CheckpointStoreError) {
        let options = try DatabaseOptions(configuration)
        let directory = configuration.directory
        let opened = try unsafe rocksDB("opening \(directory)") { unsafe rocksdb_open(options.handle, directory, $0) }
        unsafe handle = opened!
        let verifiesBlocks = configuration.checks.contains(.blocks)
        pieceReads = ReadOptions(verifiesBlocks: verifiesBlocks, fillsCache: false)
        listingReads = ReadOptions(verifiesBlocks: verifiesBlocks, fillsCache: true)
        publish()
    }

    deinit { close() }

    /// Closes at once, not when the last reference goes: the directory is about to be opened again.
    func close() {
        guard isOpen else { return }
        isOpen = false
        unsafe rocksdb_release_snapshot(handle, snapshot)
        unsafe rocksdb_close(handle)
    }

    /// Lets readers see what is flushed by now.
    func publish() {
        let previous = unsafe snapshot
        unsafe snapshot = rocksdb_create_snapshot(handle)
        unsafe rocksdb_readoptions_set_snapshot(pieceReads.handle, snapshot)
        unsafe rocksdb_readoptions_set_snapshot(listingReads.handle, snapshot)
        if let previous = unsafe previous { unsafe rocksdb_release_snapshot(handle, previous) }
    }
}

// Reading.
extension Database {
    enum Reads {
        /// Each read once: not worth a place in the cache.
        case pieces
        /// Small, and asked for often.
        case listing
    }

    func value(_ key: [UInt8], _ reads: Reads) throws(CheckpointStoreError) -> PinnedValue? {
        let value = try unsafe rocksDB("reading") { message in
            unsafe key.withUnsafeBytes { key in
                unsafe rocksdb_get_pinned(handle, options(reads), key.characters, key.count, message)
            }
        }
        guard let value = unsafe value else { return nil }
        return unsafe PinnedValue(owning: value)
    }

    func keys(_ reads: Reads, from key: [UInt8]) -> KeyIterator {
        let iterator = unsafe KeyIterator(owning: rocksdb_create_iterator(handle, options(reads)))
        iterator.seek(key)
        return iterator
    }

    private func options(_ reads: Reads) -> OpaquePointer {
        switch reads {
        case .pieces: unsafe pieceReads.handle
        case .listing: unsafe listingReads.handle
        }
    }

    /// A counter or size that RocksDB keeps, 0 if it doesn't know the name.
    func property(_ name: String) -> UInt64 {
        var value: UInt64 = 0
        return unsafe rocksdb_property_int(handle, name, &value) == 0 ? value : 0
    }
}

// Writing.
extension Database {
    /// Returns when the batch is on disk. After an error the batch may still sit in memory: close, and it is gone.
    func writeAndFlush(_ batch: borrowing WriteBatch) throws(CheckpointStoreError) {
        let batchHandle = unsafe batch.handle
        try unsafe rocksDB("writing a batch") { unsafe rocksdb_write(handle, writes.handle, batchHandle, $0) }
        try unsafe rocksDB("flushing a batch") { unsafe rocksdb_flush(handle, flushes.handle, $0) }
    }

    /// For good: what failed to be flushed stays in memory, from where RocksDB would otherwise flush it when it sees
    /// space again. Reads go on.
    func stopBackgroundWork() { unsafe rocksdb_cancel_all_background_work(handle, 1) }

    /// Failures since this was opened of what RocksDB does on its own, such as compaction.
    var backgroundErrorCount: UInt64 { property("rocksdb.background-errors") }

    /// Files that no compaction has sorted in yet. Many of them slow down reads.
    var filesBeforeCompaction: UInt64 { property("rocksdb.num-files-at-level0") }

    /// Compaction starts at 8. With so many something is wrong with it, such as a damaged file.
    static let filesBeforeCompactionMax: UInt64 = 400
}
