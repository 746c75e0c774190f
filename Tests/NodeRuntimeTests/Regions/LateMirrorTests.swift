import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Placement
import Regions
import Sharding
import Synchronization
import Testing

/// Mirrors that lack what their origin has given back, and get it from nodes there.
@Suite("Mirrors of a log that was cut", .timeLimit(.minutes(5)))
struct LateMirrorTests {
    private let shard = ShardID(0)

    /// Two nodes of a region, both of them gateways, and the log of one that mirrors them.
    private struct Origin: Sendable {
        let place: ClusterPlace
        let members: [ClusterPlace.Member]
        let gateways: [GatewayService]
        let links = WiredLinks()
        let mirrored = InMemoryCommitLog()

        init() {
            let place = ClusterPlace(shardCount: 1, keep: .zero, checkpointAge: .seconds(4))
            let regions = ["eu", "us"].map {
                Region(name: $0, cluster: $0, gateways: [GatewayAddress(host: "127.0.0.1", port: 1)])
            }
            let routing = RegionRouting("eu", of: RegionMap(regions: regions, defaultHome: "eu"), links: links)
            members = [place.member(1), place.member(2)]
            gateways = members.map { member in
                let links = place.wires.links(of: member.id.number, member.node)
                return GatewayService(RoutedService(member.node, links: links, directory: FixedDirectory()), routing)
            }
            for member in members { member.membership.believe(alive: [1, 2]) }
            links.set("eu", gateways[0], gateways[1])
            self.place = place
        }

        func mirror() -> ClusterPlace.Member {
            let mirror = place.member(3, isMirror: true, on: mirrored)
            mirror.membership.believe(alive: [])
            mirror.node.use(CheckpointOrigin("eu", links: links))
            return mirror
        }

        /// What it writes is mirrored.
        func add(_ user: String) async throws {
            guard let owner = await holder(of: .a, among: members) else { return }
            _ = try? await owner.node.add(user)
        }

        /// Writes until all before a position was given back.
        ///
        /// - Parameter isLarge: whether a checkpoint has several chunks
        func cutLog(beyond position: UInt64 = 1, isLarge: Bool = false) async throws {
            try await place.pass { await holder(of: .a, among: members) != nil }
            if let owner = await holder(of: .a, among: members),
                await problem({ try await owner.node.describe(.a) }) != nil
            {
                _ = try await owner.node.create(.a, .points())
                let ballast = String(repeating: "x", count: 150)
                for part in 0..<(isLarge ? 3 : 1) {
                    let names = (0..<(isLarge ? 1000 : 10)).map { "user-\(part)-\($0)-\(ballast)" }
                    _ = try await owner.node.submit(SubmissionBatch(names), project: "p", upload: nil)
                }
            }
            try await place.pass {
                try await add("ann")
                return place.records.firstPosition(of: ShardID(0))!.value > position
            }
        }

        /// Whether the mirror has the same state as its origin, which rests.
        func isFollowed(by mirror: ClusterPlace.Member) async -> Bool {
            guard let owner = await holder(of: .a, among: members) else { return false }
            mirrored.takeOver(from: place.records)
            guard let theirs = try? await owner.node.state(ofShard: 0),
                let mine = try? await mirror.node.state(ofShard: 0)
            else { return false }
            return mine.number > 0 && mine == theirs
        }
    }

    private func run(_ body: (Origin) async throws -> Void) async throws {
        let origin = Origin()
        try await origin.place.run(origin.members) { try await body(origin) }
    }

    @Test("One that is made when the log was cut begins with a checkpoint of its origin, and follows from there")
    func late() async throws {
        try await run { origin in
            try await origin.cutLog(isLarge: true)
            origin.mirrored.takeOver(from: origin.place.records)
            let mirror = origin.mirror()
            try await origin.place.run(mirror) {
                try await origin.place.pass { await origin.isFollowed(by: mirror) }
                #expect(origin.links.count(of: .originChunk) > 1)
                // Each gateway has passed on what the other node has.
                #expect(origin.place.wires.count(of: .checkpointChunk) > 0)
                let fetched = origin.links.count(of: .originChunk)
                try await origin.add("bob")
                try await origin.place.pass { await origin.isFollowed(by: mirror) }
                #expect(origin.links.count(of: .originChunk) == fetched)
                try await origin.place.pass {
                    let sight = await mirror.node.mirrorSight(askingLogs: false)
                    return sight.followedCount == 1 && sight.age.map { $0 <= .seconds(1) } ?? false
                }
            }
            // It has it for itself from then on.
            let again = origin.mirror()
            let fetched = origin.links.count(of: .originChunk)
            try await origin.place.run(again) {
                try await origin.place.pass { await origin.isFollowed(by: again) }
                #expect(origin.links.count(of: .originChunk) == fetched)
            }
        }
    }

    @Test("One that fell behind a cut goes on behind it, whether it runs meanwhile or not", arguments: [true, false])
    func hole(isRunning: Bool) async throws {
        try await run { origin in
            try await origin.place.pass { await holder(of: .a, among: origin.members) != nil }
            let mirror = origin.mirror()
            try await origin.place.run(mirror) {
                try await origin.cutLog()
                try await origin.place.pass { await origin.isFollowed(by: mirror) }
                let end = try await origin.mirrored.tail(of: shard)!
                if isRunning {
                    try await origin.cutLog(beyond: end.position.value + 1)
                    try await origin.place.pass { await origin.isFollowed(by: mirror) }
                    #expect(origin.links.count(of: .originChunk) > 0)
                }
                try await origin.place.pass { try !mirror.store.serials(of: .shardManifest, shard: shard).isEmpty }
            }
            if isRunning { return }
            let end = try await origin.mirrored.tail(of: shard)!
            try await origin.cutLog(beyond: end.position.value + 1)
            let again = origin.mirror()
            try await origin.place.run(again) {
                try await origin.place.pass { await origin.isFollowed(by: again) }
            }
        }
    }

    @Test("A node of the region that is given the mirror's checkpoints goes on where that ends, when it is promoted")
    func promoted() async throws {
        try await run { origin in
            try await origin.cutLog()
            let mirror = origin.mirror()
            var table = ""
            try await origin.place.run(mirror) {
                try await origin.place.pass { await origin.isFollowed(by: mirror) }
                let end = try await origin.mirrored.tail(of: shard)!
                try await origin.cutLog(beyond: end.position.value + 1)
                try await origin.place.pass { await origin.isFollowed(by: mirror) }
                table = try await holder(of: .a, among: origin.members)!.node.table()
            }
            // Without them there is nothing that it could begin with.
            let bare = origin.place.member(4, on: origin.mirrored)
            bare.membership.believe(alive: [4])
            try await origin.place.run(bare) {
                await origin.place.pass(.seconds(20))
                #expect(await holder(of: .a, among: [bare])?.id == nil)
            }
            // The mirror's disk.
            let heir = origin.place.member(3, on: origin.mirrored)
            heir.membership.believe(alive: [3])
            try await origin.place.run(heir) {
                try await origin.place.pass { await holder(of: .a, among: [heir]) != nil }
                #expect(try await heir.node.table() == table)
                try await heir.node.add("bob")
            }
        }
    }

    @Test("Checkpoints that are newer than what it has are waited for, and so is its origin")
    func early() async throws {
        try await run { origin in
            try await origin.cutLog()
            origin.mirrored.takeOver(from: origin.place.records)
            let end = try await origin.mirrored.tail(of: shard)!
            try await origin.cutLog(beyond: end.position.value + 1)
            let mirror = origin.mirror()
            try await origin.place.run(mirror) {
                await origin.place.pass(.seconds(5))
                #expect(origin.links.count(of: .originCheckpoints) > 0)
                #expect(origin.links.count(of: .originChunk) == 0)
                #expect(try await mirror.node.state(ofShard: 0).number == 0)
                origin.links.cut()
                origin.mirrored.takeOver(from: origin.place.records)
                await origin.place.pass(.seconds(10))
                #expect(try await mirror.node.state(ofShard: 0).number == 0)
                origin.links.mend()
                try await origin.place.pass { await origin.isFollowed(by: mirror) }
            }
        }
    }

    @Test("One that contradicts the mirror, or was damaged on the way, is not taken")
    func wrong() async throws {
        try await run { origin in
            try await origin.cutLog()
            origin.mirrored.takeOver(from: origin.place.records)
            origin.links.set { operation, answer throws(ServiceError) in
                guard operation == .originCheckpoints,
                    var list = try? PeerAnswer<PeerList<CheckpointOffer>>.decode(answer).result.get()
                else { return answer }
                for index in list.elements.indices {
                    list.elements[index].checkpoint.record.hash = ChainHash(low: 1, high: 2)
                }
                return PeerAnswer(.success(list)).encoded
            }
            let mirror = origin.mirror()
            try await origin.place.run(mirror) {
                await origin.place.pass(.seconds(10))
                #expect(origin.links.count(of: .originCheckpoints) > 0)
                #expect(origin.links.count(of: .originChunk) == 0)
                origin.links.set { operation, answer throws(ServiceError) in
                    guard operation == .originChunk else { return answer }
                    var damaged = answer
                    damaged[answer.count / 2] ^= 1
                    return damaged
                }
                await origin.place.pass(.seconds(10))
                #expect(origin.links.count(of: .originChunk) > 0)
                #expect(try mirror.store.serials(of: .shardManifest, shard: shard) == [])
                #expect(try mirror.store.serials(of: .entryChunk, shard: shard) == [])
                #expect(try await mirror.node.state(ofShard: 0).number == 0)
                origin.links.set(nil)
                try await origin.place.pass { await origin.isFollowed(by: mirror) }
            }
        }
    }

    @Test("A gateway hands out two checkpoints at once, and another when nobody asks for more of one of them")
    func bounded() async throws {
        try await run { origin in
            try await origin.cutLog(isLarge: true)
            let gateway = origin.gateways[0]
            func offers(_ shard: Int = 0) async throws -> [CheckpointOffer] {
                let request = OriginQuestion(shard: shard, number: 1).encoded
                let bytes = await gateway.answer(.originCheckpoints, request)!
                return try PeerAnswer<PeerList<CheckpointOffer>>.decode(bytes).result.get().elements
            }
            func ask(_ offer: CheckpointOffer, at place: CheckpointPlace = .start) async throws -> CheckpointChunk {
                let question = ChunkQuestion(shard: 0, generation: offer.checkpoint.generation, place: place)
                let request = OriginChunkQuestion(node: offer.node.number, chunk: question).encoded
                let answer = try PeerAnswer<ChunkBytes>.decode(await gateway.answer(.originChunk, request)!)
                return try answer.result.get().bytes.withUnsafeBytes { try CheckpointChunk($0) }
            }
            // Of both nodes, the best first.
            var found: [CheckpointOffer] = []
            try await origin.place.pass {
                found = try await offers()
                return found.count == 4 && found.allSatisfy(\.checkpoint.isVerified)
            }
            #expect(Set(found.map(\.node)) == [NodeID(1), NodeID(2)])
            #expect(found.map(\.checkpoint.record.number) == found.map(\.checkpoint.record.number).sorted(by: >))
            var chunk = try await ask(found[0])
            #expect(!chunk.isLast)
            _ = try await ask(found[1])
            #expect(await problem { try await ask(found[2]) } == .overloaded(retryAfter: 1))
            // The last chunk of one makes room.
            while !chunk.isLast { chunk = try await ask(found[0], at: chunk.end) }
            _ = try await ask(found[2])
            #expect(await problem { try await ask(found[0]) } == .overloaded(retryAfter: 1))
            // Nobody goes on with the others.
            await origin.place.pass(.seconds(11))
            let later = try await offers()
            for offer in later.prefix(2) { _ = try await ask(offer) }
            #expect(await problem { try await offers(7) } == .unavailable("there is no shard 7", retryAfter: 5))
        }
    }
}
