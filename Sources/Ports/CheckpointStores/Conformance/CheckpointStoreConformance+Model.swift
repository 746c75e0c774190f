import Leaderboards

extension CheckpointStoreConformance {
    static let modelChecks: [Check] = [UInt64(1), 2, 3].map { seed in
        Check(title: "random batches and reopenings give what a dictionary gives (seed \(seed))") { place in
            var generator = SeededGenerator(seed: seed)
            var model: [CheckpointKey: [UInt8]] = [:]
            var store = try place.open()
            defer { store.close() }
            for round in 0..<30 {
                let batch = randomBatch(&generator)
                try store.commit(batch)
                for (key, bytes) in batch.writes { model[key] = bytes }
                for key in batch.removals { model[key] = nil }
                if generator.next() % 6 == 0 {
                    store.close()
                    store = try place.open()
                }
                try compare(store, with: model, "seed \(seed), round \(round)")
            }
        }
    }

    private static func randomKey(_ generator: inout SeededGenerator) -> CheckpointKey {
        CheckpointKey(
            kind: CheckpointKey.Kind.allCases.randomElement(using: &generator)!,
            shard: ShardID(UInt16.random(in: 254...257, using: &generator)),
            serial: UInt64.random(in: 250...262, using: &generator))
    }

    /// Overwrites too: serials are never used twice, but a store must not depend on it.
    private static func randomBatch(_ generator: inout SeededGenerator) -> CheckpointBatch {
        var batch = CheckpointBatch()
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            let count = Int.random(in: 0...3, using: &generator) == 0 ? 30_000 : 100
            let length = Int.random(in: 0...count, using: &generator)
            batch.write(bytes(seed: generator.next(), count: length), to: randomKey(&generator))
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) { batch.remove(randomKey(&generator)) }
        return batch
    }

    private static func compare(
        _ store: any CheckpointStore, with model: [CheckpointKey: [UInt8]], _ occasion: String
    ) throws {
        for kind in CheckpointKey.Kind.allCases {
            for shard in UInt16(253)...258 {
                let expected = model.keys.filter { $0.kind == kind && $0.shard.number == shard }.map(\.serial).sorted()
                let found = try store.serials(of: kind, shard: ShardID(shard))
                try expect(found == expected, "\(occasion): \(kind) of shard \(shard) lists \(found), not \(expected)")
            }
        }
        for (key, bytes) in model { try expect(store, has: key, bytes, occasion) }
    }
}
