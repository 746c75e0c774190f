import CheckpointStores
import Leaderboards
import RocksDBCheckpoints
import TestSupport
import Testing

struct RocksDBOpeningTests {
    @Test func `A directory that is open already is refused with a clear error`() throws {
        let place = try RocksDBPlace()
        let store = try place.openRocksDB()
        guard case .failed(let reason) = try refusal({ _ = try place.openRocksDB() }) else {
            Issue.record("opened twice")
            return
        }
        #expect(reason.contains("holds the directory"))
        try store.commit(.chunks([1], byteCount: 10))
        store.close()
        let next = try place.openRocksDB()
        #expect(try next.piece(.chunk(1))?.count == 10)
        next.close()
    }

    @Test func `A directory that another process has open is refused with a clear error`() async throws {
        let place = try RocksDBPlace()
        let store = try place.openRocksDB()
        let path = place.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            guard
                case .failed(let reason) = try refusal({
                    _ = try RocksDBCheckpointStore(.init(directory: path))
                })
            else { throw CheckpointStoreError.failed("opened twice") }
            try #require(reason.contains("another process"))
        }
        store.close()
    }

    @Test func `What a newer Laurel wrote is refused and left as it is`() throws {
        let place = try RocksDBPlace()
        var newer = place.configuration
        newer.storeVersion = StoreVersion.current + 1
        let written = try RocksDBCheckpointStore(newer)
        try written.commit(.chunks([1], byteCount: 10))
        written.close()

        #expect(try refusal { _ = try place.openRocksDB() } == .unknownVersion(StoreVersion.current + 1))
        let again = try RocksDBCheckpointStore(newer)
        #expect(try again.piece(.chunk(1))?.count == 10)
        again.close()
    }

    @Test func `A parent that isn't there is refused with RocksDB's reason`() throws {
        let place = try RocksDBPlace()
        let error = try refusal {
            _ = try RocksDBCheckpointStore(.init(directory: place.directory.subpath("none/store")))
        }
        guard case .failed(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("No such file or directory"))
    }

    @Test func `A batch of the largest size becomes one file, so it is added by one edit`() throws {
        let place = try RocksDBPlace()
        let store = try place.openRocksDB()
        var batch = CheckpointBatch()
        let block = CheckpointStoreConformance.bytes(seed: 1, count: 1 << 20)
        for serial in 0..<UInt64(CheckpointBatch.byteCountMax >> 20) { batch.write(block, to: .chunk(serial)) }
        try #require(batch.byteCount == CheckpointBatch.byteCountMax)
        try store.commit(batch)
        let sizes = try Files.list(place.path, suffix: ".sst").map { try Files.read($0).count }
        #expect(sizes.filter { $0 > 10_000 }.count == 1)
        #expect(sizes.max()! > CheckpointBatch.byteCountMax)
        store.close()
    }

    @Test func `Statistics count pieces and bytes, shard by shard`() throws {
        let place = try RocksDBPlace()
        let store = try place.openRocksDB()
        #expect(try store.statistics().pieceCount == 0)
        for shard: UInt16 in [0, 7, 255, 256, .max] {
            var batch = CheckpointBatch.chunks(0..<20, byteCount: 3000, shard: shard)
            batch.write([1, 2, 3], to: .manifest(1, shard: shard))
            try store.commit(batch)
        }
        let statistics = try store.statistics()
        #expect(statistics.pieceCounts == [.entryChunk: 100, .shardManifest: 5])
        #expect(statistics.pieceBytes == 5 * (20 * 3000 + 3))
        #expect((300_000...400_000).contains(statistics.diskBytes))
        let verification = try store.verify()
        #expect(verification.problems.isEmpty)
        #expect(verification.pieceCount == 105)
        store.close()
    }
}
