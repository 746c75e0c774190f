import Leaderboards
import Synchronization

extension CheckpointStoreConformance {
    static let batchChecks: [Check] = [
        Check(title: "a batch writes and removes together") { place in
            let store = try place.open()
            defer { store.close() }
            var first = CheckpointBatch()
            first.write([1], to: manifest(1))
            first.write([2], to: chunk(1))
            try store.commit(first)
            var second = CheckpointBatch()
            second.write([3], to: manifest(2))
            second.remove(manifest(1))
            second.remove(chunk(1))
            second.remove(chunk(77))
            try store.commit(second)
            try expect(store, has: manifest(1), nil, "removed")
            try expect(store, has: chunk(1), nil, "removed")
            try expect(store, has: manifest(2), [3], "written beside removals")
            let serials = try store.serials(of: .entryChunk, shard: ShardID(5))
            try expect(serials.isEmpty, "removed serials are listed: \(serials)")
        },
        Check(title: "a piece written and removed in one batch is gone") { place in
            let store = try place.open()
            defer { store.close() }
            var batch = CheckpointBatch()
            batch.remove(chunk(1))
            batch.write([1], to: chunk(1))
            try store.commit(batch)
            try expect(store, has: chunk(1), nil, "written and removed")
            try expect(try store.serials(of: .entryChunk, shard: ShardID(5)).isEmpty, "a removed serial is listed")
        },
        Check(title: "an empty batch changes nothing") { place in
            let store = try place.open()
            defer { store.close() }
            var batch = CheckpointBatch()
            batch.write([1], to: chunk(1))
            try store.commit(batch)
            try store.commit(CheckpointBatch())
            try expect(store, has: chunk(1), [1], "after an empty batch")
        },
        Check(title: "a batch above the limit is refused whole") { place in
            let store = try place.open()
            defer { store.close() }
            var large = CheckpointBatch()
            large.write([1], to: chunk(1))
            large.write([UInt8](repeating: 0, count: CheckpointBatch.byteCountMax), to: chunk(2))
            try expectRefusal("a batch of too many bytes") { try store.commit(large) }
            var long = CheckpointBatch()
            for serial in 0...UInt64(CheckpointBatch.pieceCountMax) { long.remove(chunk(serial)) }
            try expectRefusal("a batch of too many pieces") { try store.commit(long) }
            try expect(store, has: chunk(1), nil, "after a refused batch")
        },
        Check(title: "what was committed is there when the store is opened again") { place in
            for generation in UInt64(1)...5 {
                let store = try place.open()
                defer { store.close() }
                for earlier in 1..<generation {
                    let isKept = earlier + 2 >= generation
                    try expect(
                        store, has: chunk(earlier), isKept ? bytes(seed: earlier, count: 40_000) : nil,
                        "opened for the \(generation)th time")
                }
                var batch = CheckpointBatch()
                batch.write(bytes(seed: generation, count: 40_000), to: chunk(generation))
                if generation > 2 { batch.remove(chunk(generation - 2)) }
                try store.commit(batch)
            }
        },
        Check(title: "readers beside a commit see a batch whole or not at all") { place in
            let store = try place.open()
            defer { store.close() }
            let commits = Progress()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        while !commits.areDone.load(ordering: .acquiring) {
                            try checkNewestGeneration(of: store)
                            await Task.yield()
                        }
                    }
                }
                group.addTask {
                    defer { commits.areDone.store(true, ordering: .releasing) }
                    for generation in UInt64(1)...40 {
                        try store.commit(batch(ofGeneration: generation))
                        await Task.yield()
                    }
                }
                try await group.waitForAll()
            }
            let newest = try store.serials(of: .shardManifest, shard: ShardID(5)).last
            try expect(newest == 40, "after forty commits the newest generation is \(String(describing: newest))")
        },
    ]

    /// A manifest and two chunks; what is four generations older goes.
    private static func batch(ofGeneration generation: UInt64) -> CheckpointBatch {
        var batch = CheckpointBatch()
        batch.write(bytes(seed: generation, count: 20_000), to: chunk(generation * 2))
        batch.write(bytes(seed: generation + 1, count: 20_000), to: chunk(generation * 2 + 1))
        batch.write([UInt8(generation)], to: manifest(generation))
        if generation > 4 {
            batch.remove(manifest(generation - 4))
            batch.remove(chunk((generation - 4) * 2))
            batch.remove(chunk((generation - 4) * 2 + 1))
        }
        return batch
    }

    /// Between two reads commits may pass, so a piece may be missing, but only if its generation is gone too.
    private static func checkNewestGeneration(of store: any CheckpointStore) throws {
        guard let generation = try store.serials(of: .shardManifest, shard: ShardID(5)).last else { return }
        let expected: [(CheckpointKey, [UInt8])] = [
            (manifest(generation), [UInt8(generation)]),
            (chunk(generation * 2 + 1), bytes(seed: generation + 1, count: 20_000)),
            (chunk(generation * 2), bytes(seed: generation, count: 20_000)),
        ]
        for (key, bytes) in expected {
            let found = try store.piece(key)
            if found == bytes { continue }
            try expect(found == nil, "\(key) is read with other bytes than were written")
            let oldest = try store.serials(of: .shardManifest, shard: ShardID(5)).first ?? 0
            try expect(oldest > generation, "generation \(generation) is listed, and its \(key) is missing")
        }
    }

    static func expectRefusal(_ what: String, _ body: () throws -> Void) throws {
        try expect(try refusal(body) != nil, "\(what) was accepted")
    }

    static func refusal(_ body: () throws -> Void) throws -> CheckpointStoreError? {
        do { try body() } catch let error as CheckpointStoreError { return error }
        return nil
    }

    static func manifest(_ serial: UInt64) -> CheckpointKey {
        CheckpointKey(kind: .shardManifest, shard: ShardID(5), serial: serial)
    }

    static func chunk(_ serial: UInt64) -> CheckpointKey {
        CheckpointKey(kind: .entryChunk, shard: ShardID(5), serial: serial)
    }
}

private final class Progress: Sendable {
    let areDone = Atomic(false)
}
