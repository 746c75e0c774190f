import Leaderboards

extension CheckpointStoreConformance {
    static let faultChecks: [Check] = [
        Check(title: "a damaged piece is reported, and the others stay readable") { place in
            let count = 20_000
            let first = try place.open()
            var batch = CheckpointBatch()
            for serial in UInt64(1)...5 { batch.write(bytes(seed: serial, count: count), to: chunk(serial)) }
            try first.commit(batch)
            first.close()

            try place.damage(chunk(3))
            let second = try place.open()
            defer { second.close() }
            guard case .corrupted = try refusal({ _ = try second.piece(chunk(3)) }) else {
                throw Failure(description: "a damaged piece was not reported as corrupted")
            }
            for serial in UInt64(1)...5 where serial != 3 {
                try expect(second, has: chunk(serial), seed: serial, count: count, "beside a damaged piece")
            }
            var next = CheckpointBatch()
            next.remove(chunk(3))
            next.write(bytes(seed: 6, count: count), to: chunk(6))
            try second.commit(next)
            try expect(second, has: chunk(3), nil, "damaged, then removed")
            try expect(second, has: chunk(6), seed: 6, count: count, "written after the damage")
        },
        Check(title: "a closed store refuses every call, and may be closed twice") { place in
            let store = try place.open()
            var batch = CheckpointBatch()
            batch.write([1], to: chunk(1))
            try store.commit(batch)
            store.close()
            store.close()
            try expectRefusal("a read after close") { _ = try store.piece(chunk(1)) }
            try expectRefusal("a listing after close") { _ = try store.serials(of: .entryChunk, shard: ShardID(5)) }
            try expectRefusal("a commit after close") { try store.commit(batch) }
        },
    ]
}
