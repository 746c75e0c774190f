import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Synchronization
import Testing

/// Nodes that find the log cut, and get what they lack from others.
@Suite("Checkpoints from other nodes", .timeLimit(.minutes(5)))
struct CheckpointFetchTests {
    private let shard = ShardID(0)

    private func place(fetchDistance: UInt64 = 4096) -> ClusterPlace {
        ClusterPlace(shardCount: 1, keep: .zero, fetchDistance: fetchDistance, checkpointAge: .seconds(4))
    }

    /// Writes, with some ballast, until the log was cut behind record `position`.
    private func cutLog(_ place: ClusterPlace, _ members: [ClusterPlace.Member], above position: UInt64 = 1)
        async throws
    {
        try await place.pass { await holder(of: .a, among: members) != nil }
        if let owner = await holder(of: .a, among: members), await problem({ try await owner.node.describe(.a) }) != nil
        {
            _ = try await owner.node.create(.a, .points())
            let names = (0..<3000).map { "user-\($0)-\(String(repeating: "x", count: 150))" }
            for part in 0..<3 {
                _ = try await owner.node.submit(
                    SubmissionBatch(Array(names[part * 1000..<(part + 1) * 1000])), project: "p", upload: nil)
            }
        }
        try await place.pass {
            if let owner = await holder(of: .a, among: members) { _ = try? await owner.node.add("ann") }
            return place.records.firstPosition(of: shard)!.value > position
        }
    }

    private func serials(_ store: any CheckpointStore) throws -> Int {
        try [CheckpointKey.Kind.leaderboardManifest, .entryChunk, .memberChunk].reduce(0) {
            try $0 + store.serials(of: $1, shard: shard).count
        }
    }

    private func follows(_ member: ClusterPlace.Member, like other: ClusterPlace.Member) async -> Bool {
        guard let mine = try? await member.node.state(ofShard: 0), mine.number > 0,
            let theirs = try? await other.node.state(ofShard: 0)
        else { return false }
        return mine == theirs
    }

    @Test("A node with an empty disk joins after the log was cut, has the same state, and becomes owner of it")
    func newNode() async throws {
        let place = place()
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await cutLog(place, members)
            let third = place.member(3)
            try await place.run(third) {
                let owner = try #require(await holder(of: .a, among: members))
                try await place.pass { await follows(third, like: owner) }
                #expect(place.wires.count(of: .checkpointChunk) > 1)
                let table = try await owner.node.table()
                // The others end without a word.
                for member in members {
                    member.log.cut()
                    member.log.staysCut()
                    place.rumours.set(member.id, .gone)
                }
                try await place.pass { await holder(of: .a, among: [third]) != nil }
                #expect(try await third.node.table() == table)
                try await third.node.add("ann")
            }
        }
    }

    @Test("A node that comes back with a checkpoint from before the log's beginning fetches another")
    func oldCheckpoint() async throws {
        let place = place()
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            let third = place.member(3)
            try await place.run(third) {
                try await cutLog(place, members + [third])
                try await place.pass { try !third.store.serials(of: .shardManifest, shard: shard).isEmpty }
            }
            place.rumours.set(third.id, .gone)
            let end = try await place.records.tail(of: shard)!.position
            try await cutLog(place, members, above: end.value)
            let again = place.member(3)
            try await place.run(again) {
                try await place.pass {
                    guard let owner = await holder(of: .a, among: members) else { return false }
                    return await follows(again, like: owner)
                }
                #expect(place.wires.count(of: .checkpointChunk) > 0)
            }
        }
    }

    @Test("A log that is much longer behind this node's checkpoint than behind another's is not replayed")
    func longLog() async throws {
        let place = ClusterPlace(shardCount: 1, fetchDistance: 40, checkpointAge: .seconds(4))
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await place.pass { await holder(of: .a, among: members) != nil }
            let owner = try #require(await holder(of: .a, among: members))
            _ = try await owner.node.create(.a, .points())
            for _ in 0..<80 { try await owner.node.add("ann") }
            try await place.pass { try !owner.store.serials(of: .shardManifest, shard: shard).isEmpty }
            let third = place.member(3)
            try await place.run(third) {
                try await place.pass { await follows(third, like: owner) }
                #expect(place.wires.count(of: .checkpointChunk) == 1)
            }
        }
    }

    @Test("A fetch that breaks off anywhere leaves nothing behind, and is made again")
    func brokenOff() async throws {
        let place = place()
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await cutLog(place, members)
            let chunkCount = Mutex(0)
            let fetches = Mutex(0)
            // The first fetch ends before its first chunk, the second before its second, and so on.
            place.wires.set { operation, _, answer throws(ServiceError) in
                guard operation == .checkpointChunk else {
                    if operation == .checkpoints { chunkCount.withLock { $0 = 0 } }
                    return answer
                }
                let isOver = chunkCount.withLock { count in
                    count += 1
                    return count > fetches.withLock { $0 } % 8
                }
                if isOver {
                    fetches.withLock { $0 += 1 }
                    throw .unavailable("cut", retryAfter: 1)
                }
                return answer
            }
            let third = place.member(3)
            try await place.run(third) {
                let owner = try #require(await holder(of: .a, among: members))
                try await place.pass { await follows(third, like: owner) }
                #expect(fetches.withLock { $0 } > 3)
                let generation = try third.store.serials(of: .shardManifest, shard: shard).last!
                let reader = try CheckpointReader(third.store, shard: shard, generation: generation)
                #expect(try serials(third.store) == reader.pieceCount)
            }
        }
    }

    @Test("Bytes that were damaged on the way are refused, and another node is asked")
    func damaged() async throws {
        let place = place()
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await cutLog(place, members)
            let seed = Mutex(0)
            let whole = Mutex<Set<UInt64>>([])
            place.wires.set { operation, node, answer throws(ServiceError) in
                guard operation == .checkpointChunk else { return answer }
                // Node 1 never hands out a chunk as it is.
                guard node == 1 else {
                    whole.withLock { _ = $0.insert(node) }
                    return answer
                }
                var damaged = answer
                let place = seed.withLock { seed in
                    seed = (seed &+ 7919) % answer.count
                    return max(seed, 8)
                }
                damaged[place] ^= 1
                return damaged
            }
            let third = place.member(3)
            try await place.run(third) {
                let owner = try #require(await holder(of: .a, among: members))
                try await place.pass { await follows(third, like: owner) }
                #expect(whole.withLock { $0 } == [2])
            }
        }
    }

    @Test("A checkpoint that contradicts the log is refused; if all do, nobody serves what they say")
    func contradiction() async throws {
        let place = place()
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await cutLog(place, members)
            let liars = Mutex<Set<UInt64>>([1, 2])
            place.wires.set { operation, node, answer throws(ServiceError) in
                guard operation == .checkpoints, liars.withLock({ $0.contains(node) }),
                    var list = try? PeerAnswer<PeerList<ShardHoldings>>.decode(answer).result.get()
                else { return answer }
                for index in list.elements.indices {
                    for place in list.elements[index].checkpoints.indices {
                        list.elements[index].checkpoints[place].record.hash = ChainHash(low: 1, high: 2)
                    }
                }
                return PeerAnswer(.success(list)).encoded
            }
            let third = place.member(3)
            try await place.run(third) {
                let before = place.wires.count(of: .checkpoints)
                await place.pass(.seconds(20))
                #expect(place.wires.count(of: .checkpoints) > before)
                #expect(place.wires.count(of: .checkpointChunk) == 0)
                #expect(try third.store.serials(of: .shardManifest, shard: shard) == [])
                #expect(try await third.node.state(ofShard: 0).number == 0)
                liars.withLock { $0 = [1] }
                let owner = try #require(await holder(of: .a, among: members))
                try await place.pass { await follows(third, like: owner) }
            }
        }
    }
}
