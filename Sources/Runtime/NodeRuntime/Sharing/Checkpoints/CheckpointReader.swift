package import CheckpointStores
package import Leaderboards
package import Sharding

/// A checkpoint in a store as a sequence of chunks, which `CheckpointCopy` writes into another store.
///
/// The order of its pieces follows from its manifests alone: of each leaderboard the chunks and then the manifest, and the shard's
/// manifest last. So a chunk can be asked for again, and from any place. Blocks while it reads.
package struct CheckpointReader: Sendable {
    package let shard: ShardID
    package let generation: UInt64
    /// The record that it reflects.
    package let record: CheckpointRecord
    private let store: any CheckpointStore
    private let pieces: [StoredPiece]

    /// Reads the manifests.
    package init(
        _ store: any CheckpointStore, shard: ShardID, generation: UInt64
    ) throws(CheckpointTransferError) {
        self.store = store
        self.shard = shard
        self.generation = generation
        let manifest = try store.manifest(generation, of: shard)
        record = CheckpointRecord(manifest)
        let loader = LeaderboardLoader(of: shard, in: store)
        var pieces: [StoredPiece] = []
        for stored in manifest.leaderboards {
            do throws(LoadError) {
                pieces += try loader.pieces(of: stored).inOrder
            } catch {
                if case .missing = error { throw .gone("\(error)") }
                throw .damaged("\(error)")
            }
        }
        self.pieces = pieces
    }

    /// Beside the shard's manifest.
    package var pieceCount: Int { pieces.count }

    /// As many pieces from `place` on as a chunk holds.
    package func chunk(at place: CheckpointPlace) throws(CheckpointTransferError) -> CheckpointChunk {
        var chunk = CheckpointChunk(shard: shard, generation: generation, at: place)
        var next = place
        while chunk.room > 0, next.pieces <= pieces.count {
            let piece = next.pieces < pieces.count ? pieces[next.pieces] : nil
            let key =
                piece.map { CheckpointKey($0, of: shard) }
                ?? CheckpointKey(kind: .shardManifest, shard: shard, serial: generation)
            let fragment = try read(key, piece, from: next.bytes, atMost: chunk.room)
            // A small piece is not divided, for it has to be read as a whole.
            let isDivided = next.bytes + fragment.bytes.count < fragment.byteCount
            if isDivided, !chunk.fragments.isEmpty, fragment.byteCount <= CheckpointChunk.byteCountMax / 2 { break }
            chunk.append(fragment)
            next.bytes += fragment.bytes.count
            if isDivided { break }
            next = CheckpointPlace(pieces: next.pieces + 1, bytes: 0)
        }
        chunk.isLast = next.pieces > pieces.count
        return chunk
    }

    private func read(
        _ key: CheckpointKey, _ piece: StoredPiece?, from offset: Int, atMost room: Int
    ) throws(CheckpointTransferError) -> CheckpointChunk.Fragment {
        let fragment: CheckpointChunk.Fragment??
        do throws(CheckpointStoreError) {
            fragment = try store.withPiece(key) { bytes throws(CheckpointStoreError) in
                guard offset <= bytes.count, bytes.count <= CheckpointChunk.pieceByteCountMax else { return nil }
                let end = min(bytes.count, offset + room)
                return CheckpointChunk.Fragment(piece, byteCount: bytes.count, bytes: Array(bytes[offset..<end]))
            }
        } catch {
            throw CheckpointTransferError(reading: error)
        }
        guard let found = fragment else { throw .gone("\(key)") }
        guard let found else { throw .damaged("\(key) has no byte \(offset)") }
        return found
    }
}

/// The last record that a checkpoint reflects.
package struct CheckpointRecord: Hashable, Sendable {
    package var position: LogPosition
    package var number: UInt64
    package var hash: ChainHash
    package var epoch: UInt64

    package init(position: LogPosition, number: UInt64, hash: ChainHash, epoch: UInt64) {
        self.position = position
        self.number = number
        self.hash = hash
        self.epoch = epoch
    }

    package init(_ manifest: ShardManifest) {
        self.init(position: manifest.position, number: manifest.number, hash: manifest.hash, epoch: manifest.epoch)
    }
}

/// Why a checkpoint could not be handed over.
package enum CheckpointTransferError: Error, Hashable, Sendable {
    /// It, or a piece of it, is not there any more.
    case gone(String)
    /// Others are handed over at the moment.
    case busy
    /// It is not what was written, or not a checkpoint.
    case damaged(String)
    /// The store that it is written to.
    case store(CheckpointStoreError)
    /// The store that it is read from.
    case unreadable(CheckpointStoreError)

    init(reading error: CheckpointStoreError) {
        if case .corrupted(let reason) = error { self = .damaged(reason) } else { self = .unreadable(error) }
    }
}

extension StoredPieces {
    /// Chunks first: a manifest must not be there before what it names.
    fileprivate var inOrder: [StoredPiece] {
        let all = self.all
        return Array(all.dropFirst()) + all.prefix(1)
    }
}

extension CheckpointStore {
    /// The manifest of a checkpoint.
    func manifest(_ generation: UInt64, of shard: ShardID) throws(CheckpointTransferError) -> ShardManifest {
        let key = CheckpointKey(kind: .shardManifest, shard: shard, serial: generation)
        let found: Result<ShardManifest, ByteReader.Problem>?
        do throws(CheckpointStoreError) {
            found = try withPiece(key) { bytes throws(CheckpointStoreError) in
                Result { () throws(ByteReader.Problem) in try ShardManifest(bytes) }
            }
        } catch {
            throw CheckpointTransferError(reading: error)
        }
        switch found {
        case nil: throw .gone("\(key)")
        case .failure(let problem)?: throw .damaged("\(key): \(problem)")
        case .success(let manifest)?: return manifest
        }
    }
}

extension LeaderboardLoader {
    /// Reads a shard's pieces on the caller's thread.
    init(of shard: ShardID, in store: any CheckpointStore, counting: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.init(reading: { piece, body throws(LoadError) in
            var problem: LoadError?
            let found: Void?
            do throws(CheckpointStoreError) {
                found = try store.withPiece(CheckpointKey(piece, of: shard)) { bytes throws(CheckpointStoreError) in
                    counting(bytes.count)
                    do throws(LoadError) { try body(bytes) } catch { problem = error }
                }
            } catch {
                throw .unreadable(piece, "\(error)")
            }
            if let problem { throw problem }
            if found == nil { throw .missing(piece) }
        })
    }
}
