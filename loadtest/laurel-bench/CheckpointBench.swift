import CheckpointStores
import Glibc
import Leaderboards
import RocksDBCheckpoints

/// One line of the checkpoint figures.
struct CheckpointBenchmarkRow: CustomStringConvertible {
    let name: String
    let byteCount: Int
    let chunkCount: Int
    let duration: Duration

    var description: String {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
        let megabytes = Double(byteCount) / 1e6
        return "\(name): \(chunkCount) chunks, \(Int(megabytes)) MB in \(Int(seconds * 1000)) ms, "
            + "\(Int(megabytes / seconds)) MB/s, \(Int(Double(chunkCount) / seconds)) chunks/s"
    }
}

/// Writes and reads 10,000 chunks of 32 KB, as a checkpoint of ten million members has, beside a bare file in the same
/// directory and the same run: what the disk gives is the measure, and it differs from hour to hour.
///
/// "Cold" is after the kernel was asked to forget the files; it may keep some.
func checkpointBenchmarks(directory: String, chunkCount: Int = 10_000) throws -> [CheckpointBenchmarkRow] {
    var rows: [CheckpointBenchmarkRow] = []
    for content in ChunkContent.allCases {
        let chunks = (0..<64).map { content.chunk(UInt64($0)) }
        rows += try bareFile(directory + "/bare", chunks, chunkCount, content)
        rows += try store(directory + "/store-\(content)", chunks, chunkCount, content)
    }
    return rows
}

/// What chunks consist of matters, since files are compressed.
private enum ChunkContent: CaseIterable {
    /// Nothing to compress.
    case random
    /// 1024 entries: a score that grows slowly, a slot, and a name of a dozen letters of which few differ.
    case entries

    func chunk(_ seed: UInt64) -> [UInt8] {
        let noise = CheckpointStoreConformance.bytes(seed: seed, count: 32 << 10)
        guard self == .entries else { return noise }
        var bytes: [UInt8] = []
        for entry in 0..<1024 {
            let score = UInt64(entry) * 1000 + UInt64(noise[entry * 4])
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: score >> (8 * $0)) }
            bytes += noise[(entry * 4)..<(entry * 4 + 4)]
            bytes += Array("player-".utf8) + noise[(entry * 8)..<(entry * 8 + 8)].map { 48 + $0 % 10 }
            bytes += [UInt8](repeating: 0, count: 5)
        }
        return bytes
    }
}

private func timed(
    _ name: String, _ chunkCount: Int, _ body: () throws -> Int
) rethrows -> CheckpointBenchmarkRow {
    let clock = ContinuousClock()
    var byteCount = 0
    let duration = try clock.measure { byteCount = try body() }
    return CheckpointBenchmarkRow(name: name, byteCount: byteCount, chunkCount: chunkCount, duration: duration)
}

/// Batches of what a checkpoint would commit at once, each made durable before the next begins.
private let chunksPerBatch = CheckpointBatch.byteCountTarget / (32 << 10)

private func bareFile(
    _ path: String, _ chunks: [[UInt8]], _ chunkCount: Int, _ content: ChunkContent
) throws -> [CheckpointBenchmarkRow] {
    let file = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0o600)
    precondition(file >= 0, "can't make \(path)")
    defer {
        close(file)
        unlink(path)
    }
    var buffer = [UInt8](repeating: 0, count: 32 << 10)
    func readAll() -> Int {
        lseek(file, 0, SEEK_SET)
        var total = 0
        while case let count = read(file, &buffer, buffer.count), count > 0 { total += count }
        return total
    }
    return [
        timed("bare file, \(content), write and fdatasync", chunkCount) {
            for index in 0..<chunkCount {
                let chunk = chunks[index % chunks.count]
                precondition(write(file, chunk, chunk.count) == chunk.count)
                if index % chunksPerBatch == chunksPerBatch - 1 { fdatasync(file) }
            }
            fdatasync(file)
            return chunkCount * (32 << 10)
        },
        timed("bare file, \(content), read warm", chunkCount, readAll),
        {
            posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
            return timed("bare file, \(content), read cold", chunkCount, readAll)
        }(),
    ]
}

private func store(
    _ path: String, _ chunks: [[UInt8]], _ chunkCount: Int, _ content: ChunkContent
) throws -> [CheckpointBenchmarkRow] {
    let shard = ShardID(7)
    var store = try RocksDBCheckpointStore(.init(directory: path))
    var rows: [CheckpointBenchmarkRow] = []
    rows.append(
        try timed("RocksDB, \(content), commit batches of \(chunksPerBatch)", chunkCount) {
            var batch = CheckpointBatch()
            for index in 0..<chunkCount {
                batch.write(
                    chunks[index % chunks.count],
                    to: CheckpointKey(kind: .entryChunk, shard: shard, serial: UInt64(index)))
                if batch.isFull {
                    try store.commit(batch)
                    batch = CheckpointBatch()
                }
            }
            try store.commit(batch)
            return chunkCount * (32 << 10)
        })
    func readAll() throws -> Int {
        var total = 0
        for serial in try store.serials(of: .entryChunk, shard: shard) {
            let key = CheckpointKey(kind: .entryChunk, shard: shard, serial: serial)
            total += try store.withPiece(key) { bytes in bytes.count } ?? 0
        }
        return total
    }
    rows.append(try timed("RocksDB, \(content), read warm", chunkCount, readAll))
    rows.append(
        try timed("RocksDB, \(content), list serials", chunkCount) {
            try store.serials(of: .entryChunk, shard: shard).count * 8
        })
    rows.append(try timed("RocksDB, \(content), verify", chunkCount) { Int(try store.verify().byteCount) })
    let diskBytes = try store.statistics().diskBytes
    store.close()
    forget(path)
    store = try RocksDBCheckpointStore(.init(directory: path))
    rows.append(try timed("RocksDB, \(content), read cold (\(diskBytes / 1_000_000) MB on disk)", chunkCount, readAll))
    store.close()
    return rows
}

/// Asks the kernel to drop the pages of the files in a directory.
private func forget(_ directory: String) {
    guard let listing = opendir(directory) else { return }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        let file = open(directory + "/" + name, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { continue }
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        close(file)
    }
}
