package import CheckpointStores
import Leaderboards

extension RocksDBCheckpointStore {
    /// How much the store holds. Taken from the listing: no piece is read.
    package struct Statistics: Hashable, Sendable {
        package fileprivate(set) var pieceCounts: [CheckpointKey.Kind: Int] = [:]
        /// The bytes of all pieces as they were handed in.
        package fileprivate(set) var pieceBytes: UInt64 = 0
        /// The bytes of RocksDB's files: compressed, and with what was removed and not yet compacted away.
        package fileprivate(set) var diskBytes: UInt64 = 0

        package var pieceCount: Int { pieceCounts.values.reduce(0, +) }
    }

    package func statistics() throws(CheckpointStoreError) -> Statistics {
        var statistics = Statistics()
        var next: [UInt8]? = [KeyLayout.space]
        while let start = next {
            next = try reading { database throws(CheckpointStoreError) in
                statistics.diskBytes = database.property("rocksdb.total-sst-files-size")
                return try statistics.addShard(from: start, in: database)
            }
        }
        return statistics
    }
}

extension RocksDBCheckpointStore.Statistics {
    /// Adds the first shard that isn't before `start`, and answers where the following ones begin.
    fileprivate mutating func addShard(
        from start: [UInt8], in database: Database
    ) throws(CheckpointStoreError) -> [UInt8]? {
        let keys = database.keys(.listing, from: start)
        var shard: ShardID?
        while let key = try keys.key(), let listed = PieceListingKey(decoding: key)?.piece {
            guard listed.shard == shard ?? listed.shard else { return key }
            shard = listed.shard
            let listing = try unsafe keys.withValue { stored throws(CheckpointStoreError) in
                try unsafe PieceListing(stored, key: key)
            }
            pieceCounts[listed.kind, default: 0] += 1
            pieceBytes += UInt64(listing.byteCount)
            keys.next()
        }
        // What follows the listing are the shard's pieces: jump over them.
        guard let shard else { return nil }
        return KeyLayout.prefix(shard, .piece) + [UInt8](repeating: 0xFF, count: 10)
    }
}
