internal import CRocksDB
import CheckpointStores

/// Owns a `rocksdb_iterator_t`: a walk through keys and values in key order, as of when it began.
@safe struct KeyIterator: ~Copyable {
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    deinit { unsafe rocksdb_iter_destroy(handle) }

    /// Goes to the first key that isn't below `key`.
    func seek(_ key: [UInt8]) {
        unsafe key.withUnsafeBytes { key in unsafe rocksdb_iter_seek(handle, key.characters, key.count) }
    }

    func next() { unsafe rocksdb_iter_next(handle) }

    /// The key it stands on, nil at the end. Throws if what comes next can't be read.
    func key() throws(CheckpointStoreError) -> [UInt8]? {
        guard unsafe rocksdb_iter_valid(handle) != 0 else {
            try unsafe rocksDB("listing keys") { unsafe rocksdb_iter_get_error(handle, $0) }
            return nil
        }
        var count = 0
        let start = unsafe rocksdb_iter_key(handle, &count)
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The value it stands on; only after `key` answered one.
    func withValue<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var count = 0
        let start = unsafe rocksdb_iter_value(handle, &count)
        return try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }
}
