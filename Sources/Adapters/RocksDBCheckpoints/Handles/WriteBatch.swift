internal import CRocksDB
import CheckpointStores

/// Owns a `rocksdb_writebatch_t`.
@safe struct WriteBatch: ~Copyable {
    let handle: OpaquePointer

    init() { unsafe handle = rocksdb_writebatch_create() }

    deinit { unsafe rocksdb_writebatch_destroy(handle) }

    /// Puts `header` and `bytes`, one after the other, as the value of `key`. RocksDB copies all three.
    func put(_ key: [UInt8], header: [UInt8], bytes: [UInt8]) {
        unsafe key.withUnsafeBytes { key in
            unsafe header.withUnsafeBytes { header in
                unsafe bytes.withUnsafeBytes { bytes in
                    var keyPart: UnsafePointer<CChar>? = unsafe key.characters
                    var keyCount = key.count
                    var parts = unsafe [header.characters, bytes.characters]
                    let counts = [header.count, bytes.count]
                    unsafe rocksdb_writebatch_putv(handle, 1, &keyPart, &keyCount, 2, &parts, counts)
                }
            }
        }
    }

    func delete(_ key: [UInt8]) {
        unsafe key.withUnsafeBytes { key in unsafe rocksdb_writebatch_delete(handle, key.characters, key.count) }
    }
}

extension UnsafeRawBufferPointer {
    /// As the C API wants bytes.
    var characters: UnsafePointer<CChar>? { unsafe baseAddress?.assumingMemoryBound(to: CChar.self) }
}
