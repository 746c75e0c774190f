import CheckpointStores
import Leaderboards
import RocksDBCheckpoints
import TestSupport

/// A directory for `RocksDBCheckpointStore`, with what the tests do to it behind its back.
struct RocksDBPlace: CheckpointStorePlace {
    let directory: HeldDirectory
    var checks = RocksDBCheckpointStore.Checks.all

    init() throws { directory = try HeldDirectory() }

    var path: String { directory.subpath("store") }

    var configuration: RocksDBCheckpointStore.Configuration {
        var configuration = RocksDBCheckpointStore.Configuration(directory: path)
        configuration.checks = checks
        return configuration
    }

    func open() throws -> any CheckpointStore { try openRocksDB() }

    func openRocksDB() throws -> RocksDBCheckpointStore { try RocksDBCheckpointStore(configuration) }

    func damage(_ key: CheckpointKey) throws { try flip(key, at: 7000) }

    /// Flips a bit of the byte at `offset` of a piece that doesn't compress, where it lies in its file.
    func flip(_ key: CheckpointKey, at offset: Int) throws {
        let (file, start) = try place(of: key)
        try Files.flipByte(at: start + offset, of: file)
    }

    private func place(of key: CheckpointKey) throws -> (file: String, offset: Int) {
        let store = try open()
        let needle = Array(try store.piece(key)!.prefix(64))
        store.close()
        for file in try Files.list(path, suffix: ".sst") {
            if let offset = try Files.offset(of: needle, in: file) { return (file, offset) }
        }
        throw CheckpointStoreConformance.Failure(description: "\(key) lies in no file as it is")
    }
}

/// The first error that `body` throws, as the store's.
func refusal(_ body: () throws -> Void) throws -> CheckpointStoreError? {
    do { try body() } catch let error as CheckpointStoreError { return error }
    return nil
}

extension CheckpointKey {
    static func chunk(_ serial: UInt64, shard: UInt16 = 5) -> CheckpointKey {
        CheckpointKey(kind: .entryChunk, shard: ShardID(shard), serial: serial)
    }

    static func manifest(_ serial: UInt64, shard: UInt16 = 5) -> CheckpointKey {
        CheckpointKey(kind: .shardManifest, shard: ShardID(shard), serial: serial)
    }
}

extension CheckpointBatch {
    /// Chunks whose bytes follow from their serials.
    static func chunks(_ serials: some Sequence<UInt64>, byteCount: Int, shard: UInt16 = 5) -> CheckpointBatch {
        var batch = CheckpointBatch()
        for serial in serials {
            batch.write(
                CheckpointStoreConformance.bytes(seed: serial, count: byteCount), to: .chunk(serial, shard: shard))
        }
        return batch
    }
}
