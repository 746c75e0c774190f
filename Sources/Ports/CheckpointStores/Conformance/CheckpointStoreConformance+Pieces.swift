import Leaderboards

extension CheckpointStoreConformance {
    static let pieceChecks: [Check] = [
        Check(title: "a piece never written is nil, and an empty store has no serials") { place in
            let store = try place.open()
            defer { store.close() }
            for kind in CheckpointKey.Kind.allCases {
                let key = CheckpointKey(kind: kind, shard: ShardID(3), serial: 1)
                try expect(store, has: key, nil, "in an empty store")
                let serials = try store.serials(of: kind, shard: ShardID(3))
                try expect(serials.isEmpty, "an empty store lists \(serials)")
            }
        },
        Check(title: "a piece reads back byte for byte, be it empty, small or 1 MiB") { place in
            let store = try place.open()
            defer { store.close() }
            for (serial, count) in [0, 1, 7, 1000, 32 << 10, (1 << 20) + 3].enumerated() {
                let key = CheckpointKey(kind: .entryChunk, shard: ShardID(0), serial: UInt64(serial))
                var batch = CheckpointBatch()
                batch.write(bytes(seed: UInt64(count), count: count), to: key)
                try store.commit(batch)
                try expect(store, has: key, seed: UInt64(count), count: count, "after its commit")
            }
        },
        Check(title: "serials come ascending, of one kind and one shard only") { place in
            let store = try place.open()
            defer { store.close() }
            let shards = [0, 1, 255, 256, 65_535].map { ShardID($0) }
            let serials: [UInt64] = [.max, 256, 1, 0, 255, 65_536, 1 << 40, 2]
            var batch = CheckpointBatch()
            for shard in shards {
                for kind in CheckpointKey.Kind.allCases {
                    // Each shelf gets another selection, so that a leak from a neighbour shows.
                    for serial in serials where (Int(serial & 3) + Int(kind.rawValue) + Int(shard.number)) % 3 > 0 {
                        batch.write([1], to: CheckpointKey(kind: kind, shard: shard, serial: serial))
                    }
                }
            }
            try store.commit(batch)
            for shard in shards {
                for kind in CheckpointKey.Kind.allCases {
                    let expected = batch.writes.map(\.key).filter { $0.kind == kind && $0.shard == shard }
                        .map(\.serial).sorted()
                    let found = try store.serials(of: kind, shard: shard)
                    try expect(found == expected, "\(kind) of shard \(shard) lists \(found), not \(expected)")
                }
            }
        },
        Check(title: "five thousand pieces in one batch are all there") { place in
            let store = try place.open()
            defer { store.close() }
            var batch = CheckpointBatch()
            for serial in UInt64(0)..<5000 {
                batch.write(
                    bytes(seed: serial, count: Int(serial % 200)),
                    to: CheckpointKey(kind: .memberChunk, shard: ShardID(9), serial: serial))
            }
            try store.commit(batch)
            let serials = try store.serials(of: .memberChunk, shard: ShardID(9))
            try expect(serials == Array(0..<5000), "\(serials.count) serials instead of 5000")
            for serial in stride(from: UInt64(0), to: 5000, by: 7) {
                let key = CheckpointKey(kind: .memberChunk, shard: ShardID(9), serial: serial)
                try expect(store, has: key, seed: serial, count: Int(serial % 200), "among five thousand")
            }
        },
        Check(title: "an error of the reader comes back to the reader, and the store works on") { place in
            let store = try place.open()
            defer { store.close() }
            let key = CheckpointKey(kind: .shardManifest, shard: ShardID(1), serial: 1)
            var batch = CheckpointBatch()
            batch.write([1, 2, 3], to: key)
            try store.commit(batch)
            let thrown = CheckpointStoreError.corrupted("not what the reader can decode")
            let received = try refusal {
                _ = try store.withPiece(key) { _ throws(CheckpointStoreError) -> Int in throw thrown }
            }
            try expect(received == thrown, "the reader threw \(thrown) and received \(String(describing: received))")
            try expect(store, has: key, [1, 2, 3], "after a reader's error")
        },
    ]
}
