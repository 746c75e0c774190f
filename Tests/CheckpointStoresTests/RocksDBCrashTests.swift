import CheckpointStores
import Leaderboards
import RocksDBCheckpoints
import TestSupport
import Testing

/// What a power cut leaves, made by hand: RocksDB syncs a new file before it appends to its manifest that the file
/// belongs to it. So a cut leaves the file torn with the manifest as before, or the file whole with a torn manifest.
struct RocksDBCrashTests {
    private let place: RocksDBPlace
    private let older: String
    private let newer: String

    /// Generation 1, and a copy of the directory; then generation 2 in its place, and another copy.
    init() throws {
        place = try RocksDBPlace()
        older = place.directory.subpath("older")
        newer = place.directory.subpath("newer")
        let store = try place.openRocksDB()
        try store.commit(Self.batch(ofGeneration: 1))
        try Files.copy(place.path, to: older)
        try store.commit(Self.batch(ofGeneration: 2))
        try Files.copy(place.path, to: newer)
        store.close()
    }

    private static func batch(ofGeneration generation: UInt64) -> CheckpointBatch {
        var batch = CheckpointBatch.chunks([generation * 10, generation * 10 + 1], byteCount: 5000)
        batch.write([UInt8(generation)], to: .manifest(generation))
        if generation > 1 {
            batch.remove(.manifest(generation - 1))
            batch.remove(.chunk((generation - 1) * 10))
            batch.remove(.chunk((generation - 1) * 10 + 1))
        }
        return batch
    }

    /// The generation in a directory; an issue if there is a mixture.
    private func generation(in directory: String) throws -> UInt64? {
        let store = try RocksDBCheckpointStore(.init(directory: directory))
        defer { store.close() }
        let manifests = try store.serials(of: .shardManifest, shard: ShardID(5))
        let chunks = try store.serials(of: .entryChunk, shard: ShardID(5))
        try #require(manifests.count == 1)
        #expect(chunks == [manifests[0] * 10, manifests[0] * 10 + 1])
        for serial in chunks {
            #expect(try store.piece(.chunk(serial)) == CheckpointStoreConformance.bytes(seed: serial, count: 5000))
        }
        return manifests[0]
    }

    @Test func `The directory as it is after a commit needs no close`() throws {
        #expect(try generation(in: older) == 1)
        #expect(try generation(in: newer) == 2)
    }

    @Test func `A manifest torn anywhere in its last edit gives the older or the newer state`() throws {
        let name = try #require(try Files.list(older).first { $0.contains("MANIFEST-") }?.split(separator: "/").last)
        let before = try Files.read("\(older)/\(name)")
        let after = try Files.read("\(newer)/\(name)")
        try #require(after.count > before.count && after.starts(with: before))
        // A file that an edit removes is deleted only once the edit is synced.
        try Files.copyMissing(from: older, to: newer)
        var generations: [UInt64] = []
        let torn = place.directory.subpath("torn")
        for count in Array(stride(from: before.count, to: after.count, by: 5)) + [after.count] {
            try Files.copy(newer, to: torn)
            try Files.write(after.prefix(count), to: "\(torn)/\(name)")
            generations.append(try #require(try generation(in: torn)))
            try Files.remove(torn)
        }
        #expect(generations.first == 1 && generations.last == 2)
        #expect(generations == generations.sorted(), "what is written later must not take back what was there")
    }

    @Test func `A new file torn anywhere is ignored while the manifest doesn't name it`() throws {
        let old = Set(try Files.list(older, suffix: ".sst").map { $0.split(separator: "/").last! })
        let file = try #require(
            try Files.list(newer, suffix: ".sst").first { !old.contains($0.split(separator: "/").last!) })
        let bytes = try Files.read(file)
        let torn = place.directory.subpath("torn")
        for count in stride(from: 0, through: bytes.count, by: 1500) {
            try Files.copy(older, to: torn)
            try Files.write(bytes.prefix(count), to: "\(torn)/\(file.split(separator: "/").last!)")
            #expect(try generation(in: torn) == 1, "torn at \(count) of \(bytes.count)")
            try Files.remove(torn)
        }
    }

    @Test func `Chunks committed ahead of their manifest are found and can be removed`() throws {
        let store = try place.openRocksDB()
        defer { store.close() }
        try store.commit(.chunks(100..<110, byteCount: 2000))
        let serials = try store.serials(of: .entryChunk, shard: ShardID(5))
        #expect(serials == [20, 21] + Array(100..<110))
        var batch = CheckpointBatch()
        for serial in serials where serial >= 100 { batch.remove(.chunk(serial)) }
        try store.commit(batch)
        #expect(try store.serials(of: .entryChunk, shard: ShardID(5)) == [20, 21])
    }
}
