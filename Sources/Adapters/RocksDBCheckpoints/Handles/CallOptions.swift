internal import CRocksDB

/// Owns a `rocksdb_readoptions_t`.
@safe struct ReadOptions: ~Copyable {
    let handle: OpaquePointer

    init(verifiesBlocks: Bool, fillsCache: Bool) {
        unsafe handle = rocksdb_readoptions_create()
        unsafe rocksdb_readoptions_set_verify_checksums(handle, verifiesBlocks ? 1 : 0)
        unsafe rocksdb_readoptions_set_fill_cache(handle, fillsCache ? 1 : 0)
    }

    deinit { unsafe rocksdb_readoptions_destroy(handle) }
}

/// Owns a `rocksdb_writeoptions_t`: no write-ahead log, since a flush follows each write.
@safe struct WriteOptions: ~Copyable {
    let handle: OpaquePointer

    init() {
        unsafe handle = rocksdb_writeoptions_create()
        unsafe rocksdb_writeoptions_disable_WAL(handle, 1)
    }

    deinit { unsafe rocksdb_writeoptions_destroy(handle) }
}

/// Owns a `rocksdb_flushoptions_t`: a flush returns once its file and the manifest are on disk.
@safe struct FlushOptions: ~Copyable {
    let handle: OpaquePointer

    init() {
        unsafe handle = rocksdb_flushoptions_create()
        unsafe rocksdb_flushoptions_set_wait(handle, 1)
    }

    deinit { unsafe rocksdb_flushoptions_destroy(handle) }
}
