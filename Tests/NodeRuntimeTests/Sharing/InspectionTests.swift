import CommitLogs
import Leaderboards
import Placement
import Sharding
import Testing

@testable import NodeRuntime

/// What nodes say of themselves and their shards, gathered by one of them.
@Suite("Looking at a cluster", .timeLimit(.minutes(3)))
struct InspectionTests {
    private func isSettled(_ members: [ClusterPlace.Member]) async -> Bool {
        var owners = 0
        for member in members {
            let shards = await member.node.report(on: []).shards
            owners += shards.count { $0.role == .owner }
            if shards.isEmpty || shards.contains(where: { $0.role == .vacant || $0.isBehind }) { return false }
        }
        return owners == members[0].node.configuration.shardCount
    }

    private func holder(_ members: [ClusterPlace.Member]) async -> ClusterPlace.Member {
        for member in members where await member.node.report(on: [0]).shards.first?.role == .owner { return member }
        return members[0]
    }

    @Test("All nodes are asked; who does not answer is told as such")
    func reports() async throws {
        let place = ClusterPlace()
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await isSettled(members) }
            let links = DirectLinks(members)
            let inspector = members[0].inspector(links)
            var sights = await inspector.nodes(shards: [])
            #expect(sights.map(\.member.id) == [NodeID(1), NodeID(2), NodeID(3)])
            let reports = try sights.map { try $0.report!.get() }
            #expect(reports.map(\.node) == [1, 2, 3])
            #expect(reports.allSatisfy { $0.state == "ready" && $0.shards.count == 4 })
            let owned = reports.flatMap { $0.shards.filter { $0.role == .owner }.map(\.shard.number) }
            #expect(owned.sorted() == [0, 1, 2, 3])
            // Each has its own view of it, as of its last look.
            try await place.pass {
                let reports = await inspector.nodes(shards: []).map { try? $0.report?.get() }
                return reports.allSatisfy { $0?.shards.allSatisfy { $0.log.owner == $0.log.target } ?? false }
            }
            #expect(try await inspector.nodes(shards: [2])[1].report?.get().shards.map(\.shard) == [ShardID(2)])

            links.cut(NodeID(2))
            place.rumours.set(NodeID(3), .gone)
            sights = await inspector.nodes(shards: [])
            #expect(sights.map(\.member.state) == [.alive, .alive, .dead])
            #expect(throws: ServiceError.self) { try sights[1].report?.get() }
            #expect(sights[2].report == nil)
        }
    }

    @Test("Owner and followers have the same at the same record, while it is written to")
    func same() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await isSettled(members) }
            let owner = await holder(members)
            _ = try await owner.node.create(.a, .points())
            let inspector = members[1].inspector(DirectLinks(members))
            for round in 0..<5 {
                try await owner.node.add("ann", "bob", points: Int64(round))
                async let more = owner.node.add("cid", "dora")
                let found = try await inspector.compare(shard: 0)
                _ = try await more
                #expect(found.owner == owner.id.number)
                #expect(found.followers.count == 2)
                #expect(found.followers.allSatisfy { $0.finding == .same }, "\(found.followers)")
            }
            // They follow on.
            try await place.pass { await isSettled(members) }
        }
    }

    @Test("A follower that differs is found, and in what")
    func differs() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await isSettled(members) }
            let owner = await holder(members)
            _ = try await owner.node.create(.a, .points())
            try await owner.node.add("ann")
            try await place.pass { await isSettled(members) }
            let other = members.first { $0.id != owner.id }!
            try await other.node.shards()[0].spoil()
            let links = DirectLinks(members)
            let found = try await members[0].inspector(links).compare(shard: 0)
            for follower in found.followers {
                let isSpoilt = follower.node == other.id.number
                #expect(follower.finding == (isSpoilt ? .differs(["p/a"]) : .same))
            }
            // One that can't be asked is told, and the others are compared.
            links.cut(other.id)
            let asked = owner.inspector(links)
            let rest = try await asked.compare(shard: 0)
            #expect(rest.followers.contains { $0.node == other.id.number && $0.finding != .same })
            #expect(rest.followers.count { $0.finding == .same } == 1)
        }
    }

    @Test("What is in memory at one node and on disk at another is the same")
    func residency() async throws {
        let place = ClusterPlace(shardCount: 1)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await place.pass { await isSettled(members) }
            let owner = await holder(members)
            _ = try await owner.node.create(.a, .points())
            try await owner.node.add("ann")
            try await place.pass { await isSettled(members) }
            let other = members.first { $0.id != owner.id }!
            let shard = try other.node.shards()[0]
            // What it applies at the moment is not its to write down.
            try await place.pass { await shard.takeCheckpoint() }
            try await place.pass { await shard.evict(byteCount: .max) > 0 }
            let found = try await owner.inspector(DirectLinks(members)).compare(shard: 0)
            #expect(found.followers.map(\.finding) == [.same])
        }
    }

    @Test("A log is shown record by record, from any place, and is as it must be")
    func log() async throws {
        let place = ClusterPlace(shardCount: 2)
        let members = [place.member(1), place.member(2)]
        try await place.run(members[0], members[1]) {
            try await place.pass { await isSettled(members) }
            let owner = await holder(members)
            let key = LeaderboardKey.spread(over: 2)[0]
            _ = try await owner.node.create(key, .points())
            for _ in 0..<5 { try await owner.node.add("ann", to: key) }
            // Any node can read it.
            let all = try await members[0].node.inspectLog(of: 0, from: nil, limit: 100)
            #expect(all.problems == [])
            #expect(all.next == nil)
            #expect(all.lines.first?.kind == .claim)
            #expect(all.lines.map(\.number) == Array(1...UInt64(all.lines.count)))
            let part = try await members[1].node.inspectLog(of: 0, from: all.lines[2].position, limit: 2)
            #expect(part.lines == Array(all.lines[2...3]))
            #expect(part.next == all.lines[4].position)
            #expect(part.problems == [])
        }
    }

    @Test("A node that stands alone shows its log and its checkpoints, and computes their content anew")
    func alone() async throws {
        let place = NodePlace(shardCount: 2)
        let key = LeaderboardKey.spread(over: 2)[1]
        try await place.run { (node: Node) async throws in
            _ = try await node.create(key, .points())
            try await node.add("ann", to: key)
        }
        try await place.run { (node: Node) async throws in
            let log = try await node.inspectLog(of: 1, from: nil, limit: 100)
            #expect(log.problems == [])
            #expect(log.lines.first?.kind == .claim)
            #expect(log.lines.count >= 2)
            let inspector = ClusterInspector(node, routed: nil, clusterName: nil)
            let listed = await inspector.checkpoints(of: [1], verifying: false)
            #expect(listed.map(\.node) == [node.configuration.node])
            let sight = try #require(try listed[0].result.get().last)
            #expect(sight.leaderboardCount == 1)
            #expect(sight.entryCount == 1)
            #expect(sight.verdict == .unknown)
            let verified = try await inspector.checkpoints(of: [], verifying: true)[0].result.get()
            #expect(verified.count >= 1)
            for checkpoint in verified {
                guard case .sound = checkpoint.verdict else {
                    Issue.record("\(checkpoint)")
                    continue
                }
            }
        }
    }
}

extension ShardActor {
    /// Changes memory without the log, as no shard ever should.
    fileprivate func spoil() {
        // At the time that it has: that is compared as well.
        var record = shard.makeRecord(at: Timestamp(milliseconds: 0))
        _ = shard.submit(SubmissionBatch(["eve"]), at: [0], project: "p", upload: nil, into: &record)
    }
}

/// What a log must be, record by record.
@Suite("Invariants of a log")
struct RecordInvariantsTests {
    private struct Writer {
        var chain = RecordChain(shard: ShardID(0))
        var position: UInt64 = 0

        mutating func entry(
            _ kind: LogRecord.Kind, epoch: UInt64, node: UInt64 = 1, change: (inout LogRecord) -> Void = { _ in }
        ) -> LogEntry {
            var record = LogRecord(
                kind: kind, shard: ShardID(0), epoch: epoch, node: node, incarnation: 1, number: chain.number + 1,
                previousHash: chain.hash, payload: [])
            change(&record)
            let encoded = record.encoded()
            chain.epoch = epoch
            _ = chain.next([])
            position += 1
            defer {
                chain = RecordChain(
                    after: LogEntry(position: LogPosition(position), record: record, hash: encoded.hash))
            }
            return LogEntry(position: LogPosition(position), record: record, hash: encoded.hash)
        }
    }

    private func problems(_ entries: [LogEntry]) -> [String] {
        var invariants = RecordInvariants()
        return entries.flatMap { invariants.problems(of: $0) }
    }

    @Test("Claims and what follows them are as they must be, from the first record and from the middle")
    func sound() {
        var writer = Writer()
        let entries = [
            writer.entry(.claim, epoch: 1), writer.entry(.data, epoch: 1), writer.entry(.release, epoch: 1),
            writer.entry(.claim, epoch: 2, node: 2), writer.entry(.lease, epoch: 2, node: 2),
        ]
        #expect(problems(entries) == [])
        #expect(problems(Array(entries.dropFirst())) == [])
        #expect(problems(Array(entries.dropFirst(3))) == [])
    }

    @Test("Each rule that is broken is named")
    func broken() {
        var writer = Writer()
        let (first, second) = (writer.entry(.claim, epoch: 2), writer.entry(.data, epoch: 2))
        var third = writer
        #expect(problems([first, third.entry(.data, epoch: 2)])[0].contains("2 was due"))
        var other = writer
        #expect(
            problems([first, second, other.entry(.data, epoch: 2) { $0.previousHash = .zero }])[0].contains(
                "hash chain"))
        var back = writer
        #expect(problems([first, second, back.entry(.data, epoch: 1)])[0].contains("epoch 1 after 2"))
        var unclaimed = writer
        #expect(problems([first, second, unclaimed.entry(.data, epoch: 3)])[0].contains("without a claim"))
        var twice = writer
        #expect(problems([first, second, twice.entry(.claim, epoch: 2)])[0].contains("claimed again"))
        var foreign = writer
        #expect(problems([first, second, foreign.entry(.data, epoch: 2, node: 9)])[0].contains("node 1 claimed"))
        var fresh = Writer()
        #expect(problems([fresh.entry(.data, epoch: 1)])[0].contains("no claim"))
    }
}
