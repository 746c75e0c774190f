package import CheckpointStores
internal import Glibc
package import Leaderboards
package import Sharding

/// A checkpoint of one shard in a backup, as a store that can only be read.
///
/// Opening it reads and checks all of it; a piece is checked again when it is read.
package final class PieceFile: CheckpointStore {
    package let shard: ShardID
    package let manifest: ShardManifest
    private let path: String
    private let file: Int32
    private let places: [CheckpointKey: Place]

    private struct Place {
        var offset: Int
        var byteCount: Int
    }

    package init(_ path: String, of shard: ShardID) throws(BackupError) {
        self.path = path
        self.shard = shard
        var decoder = PieceDecoder(of: shard)
        var places: [CheckpointKey: Place] = [:]
        var newest: (key: CheckpointKey, bytes: [UInt8])?
        do throws(BackupError) {
            try Disk.forEachPart(of: path) { part throws(BackupError) in
                decoder.feed(part)
                while let frame = try decoder.next() {
                    guard case .piece(let key, let bytes, let offset) = frame else { continue }
                    places[key] = Place(offset: offset, byteCount: bytes.count)
                    guard key.kind == .shardManifest else { continue }
                    if let newest { places[newest.key] = newest.key == key ? places[key] : nil }
                    newest = (key, bytes)
                }
            }
            guard decoder.isAtEnd else { throw .damaged("ends too early") }
            guard let newest else { throw .damaged("has no manifest") }
            guard let manifest = try? newest.bytes.withUnsafeBytes({ try ShardManifest($0) }),
                manifest.generation == newest.key.serial
            else { throw .damaged("has a manifest that can't be read") }
            self.manifest = manifest
        } catch {
            guard case .damaged(let reason) = error else { throw error }
            throw .damaged("\(path): \(reason)")
        }
        self.places = places
        file = try Disk.open(path, O_RDONLY)
    }

    deinit { Glibc.close(file) }

    package func withPiece<Result>(
        _ key: CheckpointKey, _ body: (UnsafeRawBufferPointer) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result? {
        guard let place = places[key] else { return nil }
        let byteCount = PieceStream.frameByteCount + place.byteCount
        var frame = [UInt8](repeating: 0, count: byteCount)
        var done = 0
        while done < byteCount {
            let count = frame.withUnsafeMutableBytes { buffer in
                pread(
                    file, buffer.baseAddress! + done, byteCount - done,
                    off_t(place.offset - PieceStream.frameByteCount + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .failed("\(path) can't be read: \(String(cString: strerror(errno)))") }
            done += count
        }
        guard
            PieceStream.checksum(frame[8...], seed: UInt32(place.byteCount))
                == PieceStream.load(frame[...], 4, as: UInt32.self)
        else { throw .corrupted("\(path): \(key) fails its checksum") }
        let outcome = frame.withUnsafeBytes { bytes in
            Swift.Result { () throws(CheckpointStoreError) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[PieceStream.frameByteCount...]))
            }
        }
        return try outcome.get()
    }

    package func serials(of kind: CheckpointKey.Kind, shard: ShardID) throws(CheckpointStoreError) -> [UInt64] {
        places.keys.filter { $0.kind == kind && $0.shard == shard }.map(\.serial).sorted()
    }

    package func commit(_ batch: CheckpointBatch) throws(CheckpointStoreError) {
        throw .failed("a backup is not written to")
    }

    package func close() {}
}
