package import Leaderboards

/// A store whose disk is a dictionary: for tests and simulations.
///
/// The disk outlives the store, as a real one does: close the store, open another on the same disk, and what was
/// committed is there. Failures are injected into the disk.
package final class InMemoryCheckpointStore: CheckpointStore {
    package let disk: InMemoryCheckpointDisk
    private let session: InMemoryCheckpointDisk.Session

    package init(disk: InMemoryCheckpointDisk = InMemoryCheckpointDisk()) {
        self.disk = disk
        self.session = disk.startSession()
    }

    package func withPiece<Result>(
        _ key: CheckpointKey, _ body: (UnsafeRawBufferPointer) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result? {
        guard let bytes = try disk.piece(key, session) else { return nil }
        var outcome: Swift.Result<Result, CheckpointStoreError>?
        bytes.withUnsafeBytes { buffer in
            do throws(CheckpointStoreError) { outcome = .success(try body(buffer)) } catch { outcome = .failure(error) }
        }
        return try outcome!.get()
    }

    package func serials(
        of kind: CheckpointKey.Kind, shard: ShardID
    ) throws(CheckpointStoreError) -> [UInt64] {
        try disk.serials(of: kind, shard: shard, session)
    }

    package func commit(_ batch: CheckpointBatch) throws(CheckpointStoreError) {
        try disk.commit(batch, session)
    }

    package func close() { disk.endSession(session) }
}
