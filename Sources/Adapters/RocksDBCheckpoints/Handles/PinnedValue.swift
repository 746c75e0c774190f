internal import CRocksDB

/// Owns a `rocksdb_pinnableslice_t`: a value where RocksDB has it, in its block cache or in the block just read.
@safe struct PinnedValue: ~Copyable {
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    deinit { unsafe rocksdb_pinnableslice_destroy(handle) }

    func withBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var count = 0
        let start = unsafe rocksdb_pinnableslice_value(handle, &count)
        return try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }
}
