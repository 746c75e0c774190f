package import Leaderboards

/// Where checkpoints are kept: small ordered pieces of bytes, replaced together or not at all.
///
/// What every implementation promises, and `CheckpointStoreConformance` checks:
///
/// - `commit` applies a whole batch or nothing, and returns only once it would survive a power cut.
/// - Reads see committed batches only: not the batch being committed, and not one that failed.
/// - A piece that reads back differently from how it was written is reported as `.corrupted`, never returned.
///   Damage doesn't spread further than to small pieces (below some 4 KiB) that lie beside it.
/// - After a crash the store holds what the last successful commit left, or that and the whole of the batch whose
///   commit was under way.
/// - After `.noSpace` and `.failed` earlier batches stay readable, and a later commit succeeds once the cause is gone:
///   nobody has to restart the process.
///
/// A checkpoint of hundreds of megabytes doesn't fit in one batch and doesn't have to. Its chunks are committed first,
/// batch by batch (`CheckpointBatch.isFull`), under serials nothing refers to yet; the manifests that name them, and the
/// removal of what they replace, come last in a batch of their own. A crash in between leaves the older checkpoint
/// whole, and chunks without a manifest, which `serials` finds and the shard removes.
///
/// Calls block: they belong on threads of their own, never on an event loop. Any number of threads may read; commits
/// wait for each other.
package protocol CheckpointStore: Sendable {
    /// Calls `body` with the piece's bytes, valid during the call only. Answers nil if there is no such piece.
    ///
    /// `body` must not call the store: a commit may be waiting for it to return.
    func withPiece<Result>(
        _ key: CheckpointKey, _ body: (UnsafeRawBufferPointer) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result?

    /// The serials of the pieces of one kind that a shard has, ascending. Reads no piece, so it is cheap.
    func serials(of kind: CheckpointKey.Kind, shard: ShardID) throws(CheckpointStoreError) -> [UInt64]

    /// Applies the batch, all or nothing: first its writes, then its removals. An empty batch costs nothing.
    func commit(_ batch: CheckpointBatch) throws(CheckpointStoreError)

    /// Waits for the calls under way and releases files and locks. Later calls fail; closing again does nothing.
    func close()
}

extension CheckpointStore {
    /// A copy of the piece's bytes, for those who keep them.
    package func piece(_ key: CheckpointKey) throws(CheckpointStoreError) -> [UInt8]? {
        try withPiece(key) { bytes throws(CheckpointStoreError) in [UInt8](bytes) }
    }
}

package enum CheckpointStoreError: Error, Hashable, Sendable {
    /// A piece is not what was written, or the store itself is damaged. Use an older checkpoint or another node's.
    case corrupted(String)
    /// The disk is full. Nothing of the batch is visible; a later commit may succeed.
    case noSpace(String)
    /// Any other failure of the store. Of a failed commit either all is visible later or nothing.
    case failed(String)
    /// The data was written by a newer Laurel. It is left untouched.
    case unknownVersion(UInt32)
}
