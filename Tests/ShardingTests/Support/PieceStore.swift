import Leaderboards
import Sharding
import Synchronization

/// Where tests keep checkpoints: a dictionary of pieces, and the shard's manifests by generation.
final class PieceStore: Sendable {
    private struct Contents {
        var pieces: [StoredPiece: [UInt8]] = [:]
        var manifests: [UInt64: [UInt8]] = [:]
        var writes = 0
        var reads: Set<StoredPiece> = []
    }

    private let contents = Mutex(Contents())

    /// How many chunks and leaderboards' manifests were ever written.
    var writeCount: Int { contents.withLock { $0.writes } }
    var pieceCount: Int { contents.withLock { $0.pieces.count } }
    var pieces: Set<StoredPiece> { contents.withLock { Set($0.pieces.keys) } }
    var generations: [UInt64] { contents.withLock { $0.manifests.keys.sorted() } }

    func write(_ bytes: [UInt8], to piece: StoredPiece) {
        contents.withLock {
            $0.pieces[piece] = bytes
            $0.writes += 1
        }
    }

    func write(_ manifest: ShardManifest) {
        contents.withLock { $0.manifests[manifest.generation] = manifest.encoded() }
    }

    func remove(_ piece: StoredPiece) { contents.withLock { $0.pieces[piece] = nil } }
    func removeManifest(_ generation: UInt64) { contents.withLock { $0.manifests[generation] = nil } }
    func bytes(of piece: StoredPiece) -> [UInt8]? { contents.withLock { $0.pieces[piece] } }

    func manifest(_ generation: UInt64) throws -> ShardManifest? {
        try contents.withLock { $0.manifests[generation] }.map { try $0.withUnsafeBytes { try ShardManifest($0) } }
    }

    /// Every piece that a checkpoint consists of, found by loading all of it.
    func pieces(of generation: UInt64) throws -> Set<StoredPiece> {
        guard let manifest = try manifest(generation) else { return [] }
        contents.withLock { $0.reads = [] }
        for stored in manifest.leaderboards { _ = try loader.verify(stored) }
        return contents.withLock { $0.reads }
    }

    var loader: LeaderboardLoader {
        LeaderboardLoader(limits: ShardHarness.limits) { [self] piece, body throws(LoadError) in
            let found = contents.withLock { contents in
                contents.reads.insert(piece)
                return contents.pieces[piece]
            }
            guard let bytes = found else { throw .missing(piece) }
            var problem: LoadError?
            bytes.withUnsafeBytes { bytes in
                do throws(LoadError) { try body(bytes) } catch { problem = error }
            }
            if let problem { throw problem }
        }
    }
}
