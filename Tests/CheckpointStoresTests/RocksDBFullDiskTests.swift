import CheckpointStores
import Glibc
import Leaderboards
import RocksDBCheckpoints
import TestSupport
import Testing

struct RocksDBFullDiskTests {
    private func open(_ disk: TinyDisk, freeBytesMin: Int) throws -> RocksDBCheckpointStore {
        var configuration = RocksDBCheckpointStore.Configuration(directory: disk.path + "/store")
        configuration.freeBytesMin = freeBytesMin
        return try RocksDBCheckpointStore(configuration)
    }

    private let old = Array(UInt64(1)..<50)
    private let new = Array(UInt64(100)..<300)

    private static let kibibyte = 1024
    /// What a store keeps free, and what the disk has left. With nothing to keep free the batch is refused beforehand;
    /// with less than nothing RocksDB meets the full disk.
    private static let margins: [(freeBytesMin: Int, spare: Int)] = [
        (0, 2048 * kibibyte),
        (-8192 * kibibyte, 2048 * kibibyte),
        (-8192 * kibibyte, 200 * kibibyte),
        (-8192 * kibibyte, 12 * kibibyte),
        (-8192 * kibibyte, 0),
    ]

    @Test(.enabled(if: TinyDisk.isAvailable, "needs the right to mount a file system"), arguments: margins)
    func `A full disk refuses commits, keeps what was there, and is usable again once there is space`(
        _ freeBytesMin: Int, _ spare: Int
    ) throws {
        let disk = try TinyDisk(megabytes: 16)
        let store = try open(disk, freeBytesMin: freeBytesMin)
        try store.commit(.chunks(old, byteCount: 20_000))

        try disk.fill(sparing: spare)
        for _ in 0..<3 {
            let error = try refusal { try store.commit(.chunks(new, byteCount: 20_000)) }
            guard case .noSpace = error else {
                Issue.record("a full disk gave \(String(describing: error))")
                return
            }
            #expect(try store.serials(of: .entryChunk, shard: ShardID(5)) == old)
            #expect(try store.piece(.chunk(100)) == nil)
            #expect(try store.piece(.chunk(49)) == CheckpointStoreConformance.bytes(seed: 49, count: 20_000))
        }

        try disk.empty()
        var batch = CheckpointBatch.chunks([500], byteCount: 20_000)
        batch.remove(.chunk(1))
        try store.commit(batch)
        #expect(try store.serials(of: .entryChunk, shard: ShardID(5)) == old.dropFirst() + [500])
        try store.commit(.chunks(new, byteCount: 20_000))
        store.close()

        let reopened = try open(disk, freeBytesMin: freeBytesMin)
        #expect(try reopened.serials(of: .entryChunk, shard: ShardID(5)) == old.dropFirst() + new + [500])
        #expect(try reopened.verify().problems.isEmpty)
        reopened.close()
    }

    @Test(.enabled(if: TinyDisk.isAvailable, "needs the right to mount a file system"))
    func `A store isn't opened where there is no room to open it`() throws {
        let disk = try TinyDisk(megabytes: 16)
        try disk.fill(sparing: 100 << 10)
        guard case .noSpace = try refusal({ _ = try open(disk, freeBytesMin: 0) }) else {
            Issue.record("opened on a full disk")
            return
        }
        try disk.empty()
        try open(disk, freeBytesMin: 0).close()
    }
}

/// A file system of a few megabytes, in memory, that goes with the test.
final class TinyDisk {
    private let directory: HeldDirectory
    var path: String { directory.path }
    private var ballast: String { path + "/ballast" }

    static var isAvailable: Bool { (try? TinyDisk(megabytes: 1)) != nil }

    private struct CannotMount: Error { let code: CInt }

    init(megabytes: Int) throws {
        directory = try HeldDirectory()
        guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw CannotMount(code: errno)
        }
    }

    deinit { umount2(directory.path, CInt(MNT_DETACH)) }

    /// Leaves so many bytes, or one page less.
    func fill(sparing spare: Int) throws {
        let file = Glibc.open(ballast, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(file, block, block.count) == block.count {}
        ftruncate(file, lseek(file, 0, SEEK_CUR) - spare)
    }

    func empty() throws { try Files.remove(ballast) }
}
