internal import CRocksDB
import CheckpointStores

/// Owns a `rocksdb_options_t`: how a checkpoint store uses RocksDB.
@safe struct DatabaseOptions: ~Copyable {
    let handle: OpaquePointer

    init(_ configuration: RocksDBCheckpointStore.Configuration) throws(CheckpointStoreError) {
        unsafe handle = rocksdb_options_create()
        unsafe rocksdb_options_set_create_if_missing(handle, 1)
        unsafe rocksdb_options_set_paranoid_checks(handle, 1)
        unsafe rocksdb_options_set_max_open_files(handle, CInt(configuration.openFilesMax))
        setMemtable()
        setFiles()
        setTables(configuration)
        silenceInfoLog()
        neverStall()
        try dropUnflushedOnClose()
    }

    deinit { unsafe rocksdb_options_destroy(handle) }

    /// A batch goes into one memtable whatever its size: a full memtable is exchanged before the next write, never
    /// within one. The buffer is nevertheless larger than any batch, so that the only flushes are those we ask for; a
    /// flush makes one file, which one edit of RocksDB's manifest adds. With a single column family that is atomic, and
    /// `atomic_flush` has nothing to add. Memory is taken as it fills.
    private borrowing func setMemtable() {
        unsafe rocksdb_options_set_write_buffer_size(handle, 2 * CheckpointBatch.byteCountMax)
        unsafe rocksdb_options_set_max_write_buffer_number(handle, 3)
    }

    /// Levelled compaction, started late: with pieces replaced at random it wrote each byte 1.8 to 3.1 times and kept the
    /// disk near the size of what lives (universal: up to 16 times; blob files: fewer bytes but three times the files).
    /// LZ4 halves what is written of plausible chunks, and leaves alone what doesn't shrink.
    private borrowing func setFiles() {
        unsafe rocksdb_options_set_level0_file_num_compaction_trigger(handle, 8)
        unsafe rocksdb_options_set_target_file_size_base(handle, 64 << 20)
        unsafe rocksdb_options_set_max_bytes_for_level_base(handle, 512 << 20)
        unsafe rocksdb_options_set_compression(handle, CInt(rocksdb_lz4_compression))
        unsafe rocksdb_options_set_max_background_jobs(handle, 2)
        // Writes back as it goes, so that the sync at the end finds little left and the log's syncs aren't held up.
        unsafe rocksdb_options_set_bytes_per_sync(handle, 1 << 20)
        unsafe rocksdb_options_set_max_manifest_file_size(handle, 4 << 20)
    }

    /// Blocks of 4 KiB: each chunk has one of its own, small pieces share one. The filter spares reading a chunk of a
    /// file whose range merely covers the key. Indices and filters live in the cache, else they'd grow with the store.
    private borrowing func setTables(_ configuration: RocksDBCheckpointStore.Configuration) {
        let tables = unsafe rocksdb_block_based_options_create()
        defer { unsafe rocksdb_block_based_options_destroy(tables) }
        let cache = unsafe rocksdb_cache_create_lru(configuration.blockCacheBytes)
        // The tables keep what they share of it.
        defer { unsafe rocksdb_cache_destroy(cache) }
        unsafe rocksdb_block_based_options_set_block_cache(tables, cache)
        unsafe rocksdb_block_based_options_set_block_size(tables, 4 << 10)
        unsafe rocksdb_block_based_options_set_filter_policy(tables, rocksdb_filterpolicy_create_bloom_full(10))
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1)
        unsafe rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(tables, 1)
        unsafe rocksdb_options_set_block_based_table_factory(handle, tables)
    }

    /// RocksDB's `LOG` gets the headings that each opening writes, and nothing else: this RocksDB ends the process with an
    /// assertion if it can't write a line of it, which a full disk would bring about. What goes wrong comes back to us
    /// as errors anyway.
    private borrowing func silenceInfoLog() {
        let headingsOnly: CInt = 5
        unsafe rocksdb_options_set_info_log_level(handle, headingsOnly)
        unsafe rocksdb_options_set_max_log_file_size(handle, 1 << 20)
        unsafe rocksdb_options_set_keep_log_file_num(handle, 2)
        unsafe rocksdb_options_set_stats_dump_period_sec(handle, 0)
    }

    /// When files pile up because compaction can't write, RocksDB would let a flush wait until it can, be it for ever.
    /// `Database.filesBeforeCompactionMax` bounds them instead.
    private borrowing func neverStall() {
        unsafe rocksdb_options_set_level0_slowdown_writes_trigger(handle, .max)
        unsafe rocksdb_options_set_level0_stop_writes_trigger(handle, .max)
        unsafe rocksdb_options_set_soft_pending_compaction_bytes_limit(handle, 0)
        unsafe rocksdb_options_set_hard_pending_compaction_bytes_limit(handle, 0)
    }

    /// What sits in the memtable at close is a batch whose commit failed, and must not come back. The C API has no
    /// function for this option, so it goes by its name.
    private borrowing func dropUnflushedOnClose() throws(CheckpointStoreError) {
        try unsafe rocksDB("setting options") {
            unsafe rocksdb_get_options_from_string(handle, "avoid_flush_during_shutdown=true", handle, $0)
        }
    }
}
