import CheckpointStores
import Leaderboards
import RocksDBCheckpoints
import Testing

struct ConformanceTests {
    @Test(arguments: CheckpointStoreConformance.checks)
    func `A store in memory keeps the promises`(_ check: CheckpointStoreConformance.Check) async throws {
        try await check.run(InMemoryCheckpointDisk())
    }

    @Test(arguments: CheckpointStoreConformance.checks)
    func `A store in RocksDB keeps the promises`(_ check: CheckpointStoreConformance.Check) async throws {
        try await check.run(try RocksDBPlace())
    }

    /// The canary: each of these stores breaks a promise, so some check must fail.
    @Test(arguments: BrokenStore.Flaw.allCases)
    func `A store that breaks a promise is found out`(_ flaw: BrokenStore.Flaw) async throws {
        var failures: [String] = []
        for check in CheckpointStoreConformance.checks {
            do {
                try await check.run(BrokenPlace(flaw: flaw))
            } catch {
                failures.append(check.title)
            }
        }
        #expect(!failures.isEmpty)
    }
}

struct BrokenPlace: CheckpointStorePlace {
    let flaw: BrokenStore.Flaw
    let disk = InMemoryCheckpointDisk()

    func open() throws -> any CheckpointStore { BrokenStore(flaw: flaw, store: InMemoryCheckpointStore(disk: disk)) }
    func damage(_ key: CheckpointKey) throws { if flaw != .hidesDamage { disk.damage(key) } }
}

struct BrokenStore: CheckpointStore {
    enum Flaw: CaseIterable {
        case keepsRemoved, splitsBatches, descends, mixesShards, hidesDamage, losesEmptyPieces
    }

    let flaw: Flaw
    let store: InMemoryCheckpointStore

    func withPiece<Result>(
        _ key: CheckpointKey, _ body: (UnsafeRawBufferPointer) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result? {
        if flaw == .losesEmptyPieces, try store.piece(key)?.isEmpty == true { return nil }
        return try store.withPiece(key, body)
    }

    func serials(of kind: CheckpointKey.Kind, shard: ShardID) throws(CheckpointStoreError) -> [UInt64] {
        let serials = try store.serials(of: kind, shard: shard)
        switch flaw {
        case .descends: return serials.reversed()
        case .mixesShards: return serials + (try store.serials(of: kind, shard: ShardID(shard.number ^ 1)))
        default: return serials
        }
    }

    func commit(_ batch: CheckpointBatch) throws(CheckpointStoreError) {
        var partial = CheckpointBatch()
        switch flaw {
        case .keepsRemoved:
            for (key, bytes) in batch.writes { partial.write(bytes, to: key) }
            try store.commit(partial)
        case .splitsBatches:
            for (key, bytes) in batch.writes.reversed() {
                partial = CheckpointBatch()
                partial.write(bytes, to: key)
                try store.commit(partial)
            }
            try batch.validate()
            partial = CheckpointBatch()
            for key in batch.removals { partial.remove(key) }
            try store.commit(partial)
        default:
            try store.commit(batch)
        }
    }

    func close() { store.close() }
}
