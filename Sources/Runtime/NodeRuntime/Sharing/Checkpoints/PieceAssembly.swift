internal import Leaderboards
internal import Sharding

/// The pieces of a checkpoint, put together again from the chunks that it comes in (`CheckpointReader`).
struct PieceAssembly {
    let shard: ShardID
    /// What comes next.
    private(set) var place = CheckpointPlace.start
    private(set) var byteCount = 0
    /// The giver's number of the checkpoint.
    private(set) var source: UInt64?
    /// The shard's manifest has come, which is the last piece.
    private(set) var isComplete = false
    private var piece: (piece: StoredPiece?, byteCount: Int, bytes: [UInt8])?

    init(of shard: ShardID) { self.shard = shard }

    /// Takes the next chunk, and answers the pieces that it makes whole; nil stands for the shard's manifest. A chunk that does not
    /// continue what came is refused, and nothing changes.
    mutating func take(
        _ chunk: CheckpointChunk
    ) throws(CheckpointTransferError) -> [(piece: StoredPiece?, bytes: [UInt8])] {
        guard chunk.shard == shard, chunk.place == place, chunk.generation == source ?? chunk.generation else {
            throw .damaged("a chunk of another checkpoint, or another place of it")
        }
        guard !isComplete, !chunk.fragments.isEmpty else { throw .damaged("a chunk without pieces") }
        source = chunk.generation
        var pieces: [(piece: StoredPiece?, bytes: [UInt8])] = []
        for fragment in chunk.fragments {
            if let whole = try take(fragment) { pieces.append(whole) }
        }
        guard chunk.isLast == isComplete else { throw .damaged("the checkpoint does not end with its manifest") }
        return pieces
    }

    private mutating func take(
        _ fragment: CheckpointChunk.Fragment
    ) throws(CheckpointTransferError) -> (piece: StoredPiece?, bytes: [UInt8])? {
        guard !isComplete else { throw .damaged("a piece behind the shard's manifest") }
        if place.bytes == 0 { piece = (fragment.piece, fragment.byteCount, []) }
        guard var current = piece, current.piece == fragment.piece, current.byteCount == fragment.byteCount,
            current.bytes.count + fragment.bytes.count <= current.byteCount,
            !fragment.bytes.isEmpty || fragment.byteCount == 0
        else { throw .damaged("a fragment that does not continue its piece") }
        piece = nil
        current.bytes += fragment.bytes
        byteCount += fragment.bytes.count
        guard current.bytes.count == current.byteCount else {
            place.bytes = current.bytes.count
            piece = current
            return nil
        }
        place = CheckpointPlace(pieces: place.pieces + 1, bytes: 0)
        isComplete = current.piece == nil
        return (current.piece, current.bytes)
    }
}

extension CheckpointChunk {
    /// From the bytes of an answer.
    init(receiving bytes: [UInt8]) throws(CheckpointTransferError) {
        let decoded = bytes.withUnsafeBytes { bytes in
            Result { () throws(ByteReader.Problem) in try CheckpointChunk(bytes) }
        }
        do throws(ByteReader.Problem) { self = try decoded.get() } catch { throw .damaged("\(error)") }
    }
}
