import BackupFiles
import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Synchronization
import TestSupport
import Testing

/// Backups that are taken at a node which has no checkpoint of use, of a log without its beginning.
@Suite("Backups with checkpoints of other nodes", .timeLimit(.minutes(5)))
struct BackupRelayTests {
    private let shard = ShardID(0)

    /// Runs `body` with three nodes whose log has been cut.
    private func withCutLog(
        _ body: (ClusterPlace, [ClusterPlace.Member], BackupDirectory) async throws -> Void
    ) async throws {
        let place = ClusterPlace(shardCount: 1, keep: .zero, checkpointAge: .seconds(4))
        let members = [place.member(1), place.member(2), place.member(3)]
        try await TemporaryDirectory.with { directory in
            try await place.run(members) {
                try await place.pass { await holder(of: .a, among: members) != nil }
                let owner = try #require(await holder(of: .a, among: members))
                _ = try await owner.node.create(.a, .points())
                // More than a chunk of a checkpoint.
                let names = (0..<2000).map { "user-\($0)-\(String(repeating: "x", count: 200))" }
                _ = try await owner.node.submit(SubmissionBatch(Array(names[..<1000])), project: "p", upload: nil)
                _ = try await owner.node.submit(SubmissionBatch(Array(names[1000...])), project: "p", upload: nil)
                try await place.pass {
                    try await owner.node.add("ann")
                    return place.records.firstPosition(of: shard)!.value > 3
                }
                try await body(place, members, BackupDirectory(directory.path + "/backup"))
            }
        }
    }

    private func expectWhole(
        _ manifest: BackupManifest, in target: BackupDirectory, _ members: [ClusterPlace.Member]
    ) async throws {
        let owner = try #require(await holder(of: .a, among: members))
        let folding = try target.fold(manifest.shards[0])
        #expect(try await folding.stateHash == owner.node.state(ofShard: 0).hash)
    }

    @Test("A node that has no checkpoint hands out another's, and keeps nothing of it")
    func without() async throws {
        try await withCutLog { place, members, target in
            let empty = InMemoryCheckpointStore()
            let manifest = try await target.take(place.origin(at: members[0], store: empty))
            #expect(manifest.shards[0].checkpoints.count == 1)
            #expect(place.wires.count(of: .checkpointChunk) > 1)
            #expect(try empty.serials(of: .shardManifest, shard: shard).isEmpty)
            try await expectWhole(manifest, in: target, members)
        }
    }

    @Test("A node whose checkpoint is damaged hands out another's instead", arguments: [0, 1])
    func damaged(after count: Int) async throws {
        try await withCutLog { place, members, target in
            let store = DamagedStore(base: members[0].store, readable: count)
            let manifest = try await target.take(place.origin(at: members[0], store: store))
            #expect(place.wires.count(of: .checkpointChunk) > 1)
            try await expectWhole(manifest, in: target, members)
        }
    }

    @Test("A node whose checkpoint is older than the log hands out another's instead")
    func old() async throws {
        try await withCutLog { place, members, target in
            let old = InMemoryCheckpointStore(disk: InMemoryCheckpointDisk())
            let serial = try members[0].store.serials(of: .shardManifest, shard: shard).last!
            let keys = try members[0].store.pieces(
                ofCheckpoint: CheckpointKey(kind: .shardManifest, shard: shard, serial: serial))
            var batch = CheckpointBatch()
            for key in try #require(keys) { batch.write(try #require(try members[0].store.piece(key)), to: key) }
            try old.commit(batch)
            let position = try await place.records.tail(of: shard)!.position
            let owner = try #require(await holder(of: .a, among: members))
            try await place.pass {
                try await owner.node.add("ann")
                return place.records.firstPosition(of: shard)! > position
            }
            let manifest = try await target.take(place.origin(at: members[0], store: old))
            try await expectWhole(manifest, in: target, members)
        }
    }

    @Test("If one breaks off or falsifies what it hands out, the next is asked")
    func brokenOff() async throws {
        try await withCutLog { place, members, target in
            let calls = Mutex(0)
            place.wires.set { operation, _, answer throws(ServiceError) in
                guard operation == .checkpointChunk else { return answer }
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                // Of the first one, the first chunk comes; of the second one, a byte is another.
                switch call {
                case 2...4: throw .unavailable("cut", retryAfter: 1)
                case 5:
                    var damaged = answer
                    damaged[answer.count / 2] ^= 1
                    return damaged
                default: return answer
                }
            }
            let manifest = try await target.take(place.origin(at: members[0], store: InMemoryCheckpointStore()))
            #expect(calls.withLock { $0 } > 6)
            try await expectWhole(manifest, in: target, members)
        }
    }

    @Test("If no node has one that fits the log, there is no backup, and it is said why")
    func none() async throws {
        try await withCutLog { place, members, target in
            place.wires.set { operation, _, answer throws(ServiceError) in
                guard operation == .checkpoints,
                    var list = try? PeerAnswer<PeerList<ShardHoldings>>.decode(answer).result.get()
                else { return answer }
                for index in list.elements.indices {
                    for place in list.elements[index].checkpoints.indices {
                        list.elements[index].checkpoints[place].record.hash = ChainHash(low: 1, high: 2)
                    }
                }
                return PeerAnswer(.success(list)).encoded
            }
            let origin = place.origin(at: members[0], store: InMemoryCheckpointStore())
            await #expect(throws: BackupError.noCheckpoint(shard)) { try await target.take(origin) }
            #expect(place.wires.count(of: .checkpointChunk) == 0)
            let manifest = try target.manifest()
            #expect(manifest == nil)
        }
    }
}

/// A store of whose chunks only some can be read.
private final class DamagedStore: CheckpointStore {
    private let base: any CheckpointStore
    private let readable: Mutex<Int>

    init(base: any CheckpointStore, readable: Int) {
        self.base = base
        self.readable = Mutex(readable)
    }

    func withPiece<Result>(
        _ key: CheckpointKey, _ body: (UnsafeRawBufferPointer) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result? {
        if key.kind == .entryChunk || key.kind == .memberChunk {
            let isReadable = readable.withLock { count in
                count -= 1
                return count >= 0
            }
            if !isReadable { throw .corrupted("\(key) fails its checksum") }
        }
        return try base.withPiece(key, body)
    }

    func serials(of kind: CheckpointKey.Kind, shard: ShardID) throws(CheckpointStoreError) -> [UInt64] {
        try base.serials(of: kind, shard: shard)
    }

    func commit(_ batch: CheckpointBatch) throws(CheckpointStoreError) { try base.commit(batch) }
    func close() { base.close() }
}
