internal import CheckpointStores
internal import Leaderboards
internal import Sharding
internal import Synchronization

/// Hands this node's checkpoints out to other nodes, chunk by chunk.
///
/// Bounded: so many at once, and one that nobody asks for is put away. While a checkpoint is read, the shard takes none that would
/// remove it, for five minutes at most; after that the reader finds pieces gone, and begins anew with a newer one.
final class CheckpointDesk: Sendable {
    private struct Key: Hashable {
        var shard: ShardID
        var generation: UInt64
    }

    private struct Reading {
        var reader: CheckpointReader
        var since: Duration
        var lastUse: Duration
    }

    static let readingCountMax = 4
    private static let patience: Duration = .seconds(10)
    private static let holdMax: Duration = .seconds(300)

    private let store: any CheckpointStore
    private let readings = Mutex<[Key: Reading]>([:])

    init(_ store: any CheckpointStore) { self.store = store }

    /// Blocks.
    func chunk(_ question: ChunkQuestion, at now: Duration) throws(ServiceError) -> ChunkBytes {
        let key = Key(shard: ShardID(UInt16(truncatingIfNeeded: question.shard)), generation: question.generation)
        do throws(CheckpointTransferError) {
            let chunk = try reader(key, at: now).chunk(at: question.place)
            if chunk.isLast { readings.withLock { $0[key] = nil } }
            return ChunkBytes(chunk.encoded)
        } catch {
            readings.withLock { $0[key] = nil }
            throw .unavailable("checkpoint \(key.generation) of shard \(key.shard): \(error)", retryAfter: 1)
        }
    }

    private func reader(_ key: Key, at now: Duration) throws(CheckpointTransferError) -> CheckpointReader {
        let (found, isFull) = readings.withLock { readings -> (CheckpointReader?, Bool) in
            readings = readings.filter { now - $0.value.lastUse < Self.patience }
            readings[key]?.lastUse = now
            return (readings[key]?.reader, readings.count >= Self.readingCountMax)
        }
        if let found { return found }
        if isFull { throw .unreadable(.failed("too many checkpoints are read already")) }
        let reader = try CheckpointReader(store, shard: key.shard, generation: key.generation)
        readings.withLock { $0[key] = Reading(reader: reader, since: now, lastUse: now) }
        return reader
    }

    /// Whether somebody reads a checkpoint, and may go on with it.
    func isReading(_ shard: ShardID, _ generation: UInt64, at now: Duration) -> Bool {
        readings.withLock { readings in
            guard let reading = readings[Key(shard: shard, generation: generation)] else { return false }
            return now - reading.lastUse < Self.patience && now - reading.since < Self.holdMax
        }
    }
}
