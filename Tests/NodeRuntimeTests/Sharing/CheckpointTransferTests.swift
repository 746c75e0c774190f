import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// A checkpoint on its way from one store to another, without a network.
@Suite("Checkpoints handed over")
struct CheckpointTransferTests {
    private let shard = ShardID(0)
    private let daily = WindowDefinition(name: "daily", schedule: .every(.daily), grace: .seconds(60))

    /// A place whose disk has two checkpoints, with a sealed season and a board of several chunks in them.
    private func place(users: Int = 3000) async throws -> NodePlace {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points([daily]))
            _ = try await node.create(.b, .points())
            let names = (0..<users).map { "user-\($0)-\(String(repeating: "x", count: 150))" }
            _ = try await node.submit(SubmissionBatch(names), project: "p", upload: nil)
            await place.pass(.seconds(2 * 86_400))
        }
        try await place.run { node async throws in try await node.add("ann", "bob") }
        return place
    }

    private func reader(_ disk: InMemoryCheckpointDisk) throws -> CheckpointReader {
        let store = InMemoryCheckpointStore(disk: disk)
        let newest = try store.serials(of: .shardManifest, shard: shard).last!
        return try CheckpointReader(store, shard: shard, generation: newest)
    }

    /// As they would go over a wire.
    private func chunks(_ reader: CheckpointReader) throws -> [[UInt8]] {
        var place = CheckpointPlace.start
        var chunks: [[UInt8]] = []
        while true {
            let chunk = try reader.chunk(at: place)
            #expect(chunk.place == place)
            chunks.append(chunk.encoded)
            if chunk.isLast { return chunks }
            place = chunk.end
        }
    }

    private func decode(_ bytes: [UInt8]) throws -> CheckpointChunk {
        try bytes.withUnsafeBytes { try CheckpointChunk($0) }
    }

    /// What is on a disk: the generations, and how many pieces.
    private func contents(_ disk: InMemoryCheckpointDisk) throws -> (generations: [UInt64], pieces: Int) {
        let store = InMemoryCheckpointStore(disk: disk)
        let kinds: [CheckpointKey.Kind] = [.leaderboardManifest, .entryChunk, .memberChunk]
        return (
            try store.serials(of: .shardManifest, shard: shard),
            try kinds.reduce(0) { try $0 + store.serials(of: $1, shard: shard).count }
        )
    }

    private func verify(_ disk: InMemoryCheckpointDisk, _ place: NodePlace) async -> [String] {
        await OfflineVerification(
            log: InMemoryCommitLog(reopening: place.records), store: InMemoryCheckpointStore(disk: disk),
            configuration: place.configuration
        ).run { _ in }.problems
    }

    @Test(
        "A copy leads to the same state, in chunks of at most 256 KiB, and again in a store that has other checkpoints")
    func copies() async throws {
        let place = try await place()
        let reader = try reader(place.disk)
        let chunks = try chunks(reader)
        #expect(chunks.count > 2)
        #expect(chunks.allSatisfy { $0.count <= CheckpointChunk.byteCountMax })
        let disk = InMemoryCheckpointDisk()
        for round in 1...3 {
            let store = InMemoryCheckpointStore(disk: disk)
            var copy = try CheckpointCopy(of: shard, into: store)
            for chunk in chunks {
                #expect(!copy.isComplete)
                try copy.take(decode(chunk))
            }
            #expect(copy.isComplete)
            #expect(try copy.finish() == UInt64(round))
            let (generations, pieces) = try contents(disk)
            #expect(generations == [UInt64(round)])
            #expect(pieces == reader.pieceCount)
            #expect(await verify(disk, place) == [])
        }
    }

    @Test("Until a copy is finished, what was there is whole, and what is given up leaves nothing behind")
    func brokenOff() async throws {
        let place = try await place()
        let chunks = try chunks(reader(place.disk))
        let before = try contents(place.disk)
        for count in chunks.indices {
            let store = InMemoryCheckpointStore(disk: place.disk)
            var copy = try CheckpointCopy(of: shard, into: store)
            for chunk in chunks[...count] { try copy.take(decode(chunk)) }
            #expect(await place.verify() == [])
            copy = try CheckpointCopy(of: shard, into: InMemoryCheckpointStore(disk: place.disk))
            copy.discard()
            let again = InMemoryCheckpointStore(disk: place.disk)
            copy = try CheckpointCopy(of: shard, into: again)
            for chunk in chunks[...count] { try copy.take(decode(chunk)) }
            copy.discard()
            #expect(try contents(place.disk) == before)
        }
    }

    @Test("A flipped bit anywhere in a chunk is found")
    func damage() async throws {
        let place = try await place(users: 400)
        let chunks = try chunks(reader(place.disk))
        for chunk in chunks {
            for byte in stride(from: 0, to: chunk.count, by: 97) {
                var damaged = chunk
                damaged[byte] ^= 1 << (byte % 8)
                #expect(throws: ByteReader.Problem.self) { try decode(damaged) }
            }
        }
    }

    @Test("A chunk out of turn is refused, and so is an end before the last")
    func order() async throws {
        let chunks = try chunks(reader(try await self.place().disk))
        var copy = try CheckpointCopy(of: shard, into: InMemoryCheckpointStore())
        #expect(throws: CheckpointTransferError.self) { try copy.take(decode(chunks[1])) }
        try copy.take(decode(chunks[0]))
        #expect(throws: CheckpointTransferError.self) { try copy.take(decode(chunks[0])) }
        #expect(throws: CheckpointTransferError.self) { try copy.finish() }
    }

    @Test("Pieces that are whole and not the checkpoint's are found when it is loaded")
    func falsePieces() async throws {
        let place = try await place(users: 400)
        let chunks = try chunks(reader(place.disk)).map { try decode($0) }
        for chunk in chunks {
            // A leaderboard's manifest is vouched for by the checksums of its store and of the chunk.
            for index in chunk.fragments.indices where chunk.fragments[index].piece?.kind != .leaderboardManifest {
                let disk = InMemoryCheckpointDisk()
                var copy = try CheckpointCopy(of: shard, into: InMemoryCheckpointStore(disk: disk))
                #expect(throws: CheckpointTransferError.self, "fragment \(index)") {
                    for given in chunks {
                        var given = given
                        if given == chunk {
                            var fragments = given.fragments
                            let middle = fragments[index].bytes.count / 2
                            fragments[index].bytes[middle] ^= 4
                            given = CheckpointChunk(shard: given.shard, generation: given.generation, at: given.place)
                            for fragment in fragments { given.append(fragment) }
                            given.isLast = chunk.isLast
                        }
                        try copy.take(given)
                    }
                    _ = try copy.finish()
                }
                copy.discard()
                let left = try contents(disk)
                #expect(left.generations == [] && left.pieces == 0)
            }
        }
    }

    @Test("A checkpoint that goes while it is read says so")
    func gone() async throws {
        let place = try await place()
        let reader = try reader(place.disk)
        _ = try reader.chunk(at: .start)
        for _ in 0..<2 { try await place.run { node async throws in try await node.add("cid") } }
        var problem: CheckpointTransferError?
        do throws(CheckpointTransferError) {
            var at = CheckpointPlace.start
            while true {
                let chunk = try reader.chunk(at: at)
                if chunk.isLast { break }
                at = chunk.end
            }
        } catch { problem = error }
        // The store that it was opened on is closed, or the pieces are gone.
        #expect(problem != nil)
    }

    @Test("The layout of a chunk")
    func golden() throws {
        var chunk = CheckpointChunk(shard: ShardID(7), generation: 300, at: CheckpointPlace(pieces: 2, bytes: 5))
        chunk.append(.init(StoredPiece(kind: .entryChunk, serial: 129), byteCount: 9, bytes: [1, 2, 3, 4]))
        chunk.append(.init(nil, byteCount: 2, bytes: [8, 9]))
        chunk.isLast = true
        let text = chunk.encoded.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(text == "0107002c0100000000000002050203810109040102030401ac02020208090168f29ca2")
        #expect(try decode(chunk.encoded) == chunk)
    }
}
