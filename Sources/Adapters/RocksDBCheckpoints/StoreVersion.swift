import CheckpointStores
internal import Glibc

/// The format version of a whole store: what its keys and values mean.
package enum StoreVersion {
    /// Version 1: `Envelope` 1 around every value; the keys of `Keys`.
    package static let current: UInt32 = 1

    /// Refuses what a newer Laurel wrote; marks a new store as ours.
    static func check(
        _ database: Database, _ configuration: RocksDBCheckpointStore.Configuration
    ) throws(CheckpointStoreError) {
        if let found = try read(database) {
            guard found <= configuration.storeVersion else { throw .unknownVersion(found) }
        } else if try database.keys(.listing, from: []).key() == nil {
            try write(configuration.storeVersion, to: database)
            try syncParent(of: configuration.directory)
        } else {
            throw .corrupted("\(configuration.directory): it holds data, but no format version")
        }
    }

    private static func read(_ database: Database) throws(CheckpointStoreError) -> UInt32? {
        let key = StoreVersionKey.encoded
        guard let value = try database.value(key, .listing) else { return nil }
        return try unsafe value.withBytes { stored throws(CheckpointStoreError) in
            let bytes = try unsafe Envelope.open(stored, key: key)
            guard bytes.count == 4 else { throw .corrupted("the version of the store has \(bytes.count) bytes") }
            return unsafe UInt32(bigEndianBytes: bytes)
        }
    }

    private static func write(_ version: UInt32, to database: Database) throws(CheckpointStoreError) {
        let key = StoreVersionKey.encoded
        let bytes = version.bigEndianBytes
        let batch = WriteBatch()
        batch.put(key, header: Envelope.header(key: key, bytes: bytes), bytes: bytes)
        try database.writeAndFlush(batch)
        database.publish()
    }

    /// RocksDB syncs its directory, but not the entry that its parent has for it.
    private static func syncParent(of directory: String) throws(CheckpointStoreError) {
        let descriptor = unsafe open(directory + "/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed("opening the parent of \(directory): error \(errno)") }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .failed("syncing the parent of \(directory): error \(errno)") }
    }
}
