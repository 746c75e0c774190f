import CheckpointStores
import CommitLogs
import Leaderboards
import Placement
import Sharding
import Testing

@testable import NodeRuntime

/// Logs that lost what was acknowledged, and operators who give it up.
@Suite("Accepted losses", .timeLimit(.minutes(5)))
struct LossTests {
    private let id = ShardID(0)

    private func place() -> ClusterPlace { ClusterPlace(shardCount: 1, checkpointAge: .seconds(4)) }

    private func sight(_ member: ClusterPlace.Member) async -> ShardSight? {
        await member.node.report(on: [0]).shards.first
    }

    private func haveLetGo(_ members: [ClusterPlace.Member]) async -> Bool {
        for member in members {
            guard let sight = await sight(member), sight.role == .vacant, sight.log.quarantine != nil else {
                return false
            }
        }
        return true
    }

    private func areAlike(_ members: [ClusterPlace.Member]) async throws -> Bool {
        var states: [NodeRuntime.ShardState] = []
        for member in members {
            guard let sight = await sight(member), sight.role != .vacant, !sight.isBehind,
                let state = try? await member.node.state(ofShard: 0)
            else { return false }
            states.append(state)
        }
        return states.allSatisfy { $0 == states[0] && $0.number > 0 }
    }

    private func holder(_ members: [ClusterPlace.Member]) async -> ClusterPlace.Member? {
        for member in members where await sight(member)?.role == .owner { return member }
        return nil
    }

    /// Ann has three points, all nodes have a checkpoint of that, and there are records behind it. Answers the last one.
    @discardableResult
    private func fill(_ place: ClusterPlace, _ members: [ClusterPlace.Member]) async throws -> LogTail {
        try await place.pass { await holder(members) != nil }
        let owner = await holder(members)!
        _ = try await owner.node.create(.a, .points())
        try await owner.node.add("ann", points: 3)
        try await place.pass { await hasCheckpoint(members, from: 3) }
        try await owner.node.add("bob", points: 5)
        try await place.pass { try await areAlike(members) }
        return try #require(try await place.records.tail(of: id))
    }

    private func hasCheckpoint(_ members: [ClusterPlace.Member], from number: UInt64) async -> Bool {
        for member in members {
            let found = try? await member.node.checkpoints(of: [0], verifying: false)
            guard let newest = found?.last, newest.number >= number else { return false }
        }
        return true
    }

    /// More is acknowledged, of which some is in checkpoints, and the log loses all that is behind `kept`.
    private func lose(
        _ place: ClusterPlace, _ members: [ClusterPlace.Member], behind kept: LogTail, numbersAnew: Bool = true
    ) async throws -> LogTail {
        let owner = await holder(members)!
        for _ in 0..<6 { try await owner.node.add("cleo") }
        let last = try #require(try await place.records.tail(of: id))
        try await place.pass { await hasCheckpoint(members, from: kept.number + 1) }
        for _ in 0..<6 { try await owner.node.add("cleo") }
        let end = try #require(try await place.records.tail(of: id))
        #expect(end.number > last.number)
        try await place.pass { try await areAlike(members) }
        // Gossip carries it further.
        await place.pass(.seconds(1))
        place.records.loseEnd(of: id, behind: kept.number, numbersAnew: numbersAnew)
        // Whoever owned the shard finds out by writing, and the others by trying to take over.
        _ = try? await owner.node.add("dora")
        try await place.pass {
            place.orders.current().quarantines[id] != nil
        }
        try await place.pass { await haveLetGo(members) }
        return end
    }

    private func survey(
        _ members: [ClusterPlace.Member], removed: Set<UInt64> = []
    ) async throws -> LossSurvey {
        try await members[0].inspector(DirectLinks(members)).survey(shard: 0, removed: removed)
    }

    private func accept(_ loss: AcceptedLoss, at orders: ToldOrders) {
        orders.change { orders in
            orders.losses[id, default: AcceptedLosses()].all.append(loss)
            orders.quarantines = [:]
        }
    }

    @Test(
        "A shard whose log lost its end goes on from there when that is accepted, above all epochs; nothing behind survives",
        arguments: [true, false])
    func lostEnd(numbersAnew: Bool) async throws {
        let place = place()
        var members = [place.member(1), place.member(2), place.member(3)]
        var last: LogTail?
        try await place.run(members) {
            let kept = try await fill(place, members)
            let end = try await lose(place, members, behind: kept, numbersAnew: numbersAnew)
            // Released without more, it is found damaged again.
            place.orders.change { $0.quarantines = [:] }
            try await place.pass { place.orders.current().quarantines[id] != nil }
            try await place.pass { await haveLetGo(members) }

            let survey = try await survey(members)
            #expect(survey.problems == [])
            #expect(survey.end == kept)
            #expect(survey.lost == kept.number + 1...end.number)
            #expect(survey.basis ?? 0 >= 3 || survey.basis == 0)
            #expect(survey.ahead.contains { $0.source == .gossip && $0.number == end.number })
            #expect(survey.ahead.contains { if case .checkpoint = $0.source { true } else { false } })
            let loss = try #require(survey.loss)
            #expect(loss.epoch > end.epoch)
            accept(loss, at: place.orders)

            try await place.pass { await holder(members) != nil }
            let owner = await holder(members)!
            #expect(try await owner.node.table() == "bob 5, ann 3")
            #expect(await sight(owner)?.epoch == loss.epoch + 1)
            for _ in 0..<20 { try await owner.node.add("ann") }
            try await place.pass { try await areAlike(members) }
            last = try await place.records.tail(of: id)
            #expect(last!.number > end.number)
            // What gossip still has of the old history stops nobody.
            place.rumours.insist(
                on: ShardNote(
                    shard: id, owner: NodeID(2), epoch: end.epoch, number: end.number + 1000, position: end.position,
                    hash: end.hash))
            await place.pass(.seconds(15))
            #expect(place.orders.current().quarantines == [:])
        }
        // Through a restart of all, with whatever checkpoints there are.
        members = [place.member(1), place.member(2), place.member(3)]
        try await place.run(members) {
            try await place.pass { await holder(members) != nil }
            #expect(try await holder(members)!.node.table() == "ann 23, bob 5")
            try await place.pass { try await areAlike(members) }
            #expect(place.orders.current().quarantines == [:])
            for member in members {
                for checkpoint in try await member.node.checkpoints(of: [0], verifying: true) {
                    #expect(
                        !place.orders.current().losses[id]!.voids(number: checkpoint.number, epoch: checkpoint.epoch))
                    if case .damaged(let reason) = checkpoint.verdict { Issue.record("\(reason)") }
                }
            }
        }
    }

    @Test("A node that was away with a newer checkpoint comes back a week later, and has what the others have")
    func comesBack() async throws {
        let place = place()
        let members = [place.member(1), place.member(2)]
        let away = place.member(3)
        try await place.run(members) {
            var kept: LogTail?
            var end: LogTail?
            try await place.run(away) {
                kept = try await fill(place, members + [away])
                let owner = await holder(members + [away])!
                for _ in 0..<6 { try await owner.node.add("cleo") }
                try await place.pass { await hasCheckpoint([away], from: kept!.number + 1) }
                end = try await place.records.tail(of: id)
            }
            place.rumours.set(away.id, .gone)
            try await place.pass { await holder(members) != nil }
            place.records.loseEnd(of: id, behind: kept!.number, numbersAnew: true)
            place.orders.change { $0.quarantines[id] = "its end is gone" }
            try await place.pass { await haveLetGo(members) }
            // As long as nobody answers for it that it has stopped, the shard is not given back.
            let first = try await survey(members)
            #expect(first.loss == nil)
            #expect(first.problems.count == 1 && first.problems[0].hasPrefix("Node 3 is dead"))
            accept(try #require(try await survey(members, removed: [3]).loss), at: place.orders)
            try await place.pass { await holder(members) != nil }
            for _ in 0..<(end!.number + 10) { try await holder(members)!.node.add("ann") }
            let back = place.member(3)
            let voids = try back.store.serials(of: .shardManifest, shard: id)
            #expect(!voids.isEmpty)
            try await place.run(back) {
                try await place.pass { try await areAlike(members + [back]) }
                #expect(place.orders.current().quarantines == [:])
                let table = try await holder(members + [back])!.node.table()
                #expect(!table.contains("cleo"))
                // It can own the shard as any other.
                place.orders.change { $0.placement.pins = [id: back.id] }
                try await place.pass { await sight(back)?.role == .owner }
                #expect(try await back.node.table() == table)
                try await back.node.add("bob")
            }
        }
    }

    @Test("A node that hears neither of the quarantine nor of the loss in time forgets what it has, and follows anew")
    func lateOrders() async throws {
        let place = place()
        let late = ToldOrders()
        let members = [place.member(1), place.member(2)]
        let deaf = place.member(3, orders: late)
        try await place.run(members + [deaf]) {
            place.orders.change { $0.placement.pins = [id: NodeID(1)] }
            late.change { $0.placement.pins = [id: NodeID(1)] }
            try await place.pass { await sight(members[0])?.role == .owner }
            let kept = try await fill(place, members + [deaf])
            for _ in 0..<6 { try await members[0].node.add("cleo") }
            try await place.pass { try await areAlike(members + [deaf]) }
            place.records.loseEnd(of: id, behind: kept.number, numbersAnew: true)
            place.orders.change { $0.quarantines[id] = "its end is gone" }
            try await place.pass { await haveLetGo(members) }
            // It is asked, and has not let go.
            #expect(
                try await survey(members + [deaf]).problems == ["Node 3 has not let go of the shard yet: ask again."])
            var found = try await survey(members + [deaf])
            found.problems = []
            let loss = try #require(found.loss)
            accept(loss, at: place.orders)
            try await place.pass { await sight(members[0])?.role == .owner }
            try await members[0].node.add("ann")
            accept(loss, at: late)
            try await place.pass { try await areAlike(members + [deaf]) }
            #expect(try await members[0].node.table() == "bob 5, ann 4")
        }
    }

    @Test("An owner that was given up on writes nothing more, and says that it has to be restarted")
    func lateOwner() async throws {
        let place = place()
        let late = ToldOrders()
        let owner = place.member(1, orders: late)
        try await place.run(owner) {
            let kept = try await fill(place, [owner])
            for _ in 0..<6 { try await owner.node.add("cleo") }
            place.records.loseEnd(of: id, behind: kept.number, numbersAnew: true)
            let loss = AcceptedLoss(
                number: kept.number, position: kept.position, hash: kept.hash, epoch: kept.epoch + 1000)
            accept(loss, at: late)
            try await place.pass { await sight(owner)?.problem != nil }
            #expect(await problem { try await owner.node.add("ann") } != nil)
            #expect(await problem { try await owner.node.table() } != nil)
            await place.pass(.seconds(5))
            #expect(try await place.records.tail(of: id) == kept)
        }
    }

    @Test("Two losses one after the other: each stays given up, and what came in between stays")
    func twice() async throws {
        let place = place()
        let members = [place.member(1), place.member(2)]
        try await place.run(members) {
            let kept = try await fill(place, members)
            _ = try await lose(place, members, behind: kept)
            accept(try #require(try await survey(members).loss), at: place.orders)
            try await place.pass { await holder(members) != nil }
            try await holder(members)!.node.add("ann")
            let second = try #require(try await place.records.tail(of: id))
            let end = try await lose(place, members, behind: second)
            let survey = try await survey(members)
            #expect(survey.lost == second.number + 1...end.number)
            let loss = try #require(survey.loss)
            #expect(loss.epoch > second.epoch)
            accept(loss, at: place.orders)
            try await place.pass { await holder(members) != nil }
            #expect(try await holder(members)!.node.table() == "bob 5, ann 4")
            try await place.pass { try await areAlike(members) }
        }
    }

    @Test("Records that come back after they were given up are not gone on from")
    func comeBack() async throws {
        let place = place()
        let member = place.member(1)
        try await place.run(member) {
            let kept = try await fill(place, [member])
            try await member.node.add("cleo")
            place.orders.change { $0.quarantines[id] = "a doubt" }
            try await place.pass { await haveLetGo([member]) }
            let loss = AcceptedLoss(
                number: kept.number, position: kept.position, hash: kept.hash, epoch: kept.epoch + 1000)
            accept(loss, at: place.orders)
            try await place.pass { place.orders.current().quarantines[id] != nil }
            #expect(place.orders.current().quarantines[id]!.hasPrefix("the log has records again that were given up"))
            #expect(try await survey([member]).loss == nil)
        }
    }

    @Test("A log with a hole, an empty one, and one that nobody has the beginning of are not gone on from")
    func unusable() async throws {
        let place = place()
        let member = place.member(1)
        try await place.run(member) {
            let kept = try await fill(place, [member])
            for _ in 0..<6 { try await member.node.add("cleo") }
            place.orders.change { $0.quarantines[id] = "a doubt" }
            try await place.pass { await haveLetGo([member]) }
            #expect(try await survey([member]).lost == nil)
            let end = try #require(try await place.records.tail(of: id))
            // Somebody whom nobody asks may still write to it.
            func note(owner: UInt64) -> ShardNote {
                ShardNote(
                    shard: id, owner: NodeID(owner), epoch: end.epoch, number: end.number, position: end.position,
                    hash: end.hash)
            }
            place.rumours.insist(on: note(owner: 9))
            let unheard = try await survey([member])
            #expect(unheard.problems.count == 1 && unheard.problems[0].hasPrefix("Node 9 has owned the shard"))
            #expect(try await survey([member], removed: [9]).problems == [])
            place.rumours.insist(on: note(owner: 1))
            place.records.lose(kept.number + 2...kept.number + 2, of: id)
            let holed = try await survey([member])
            #expect(holed.loss == nil)
            #expect(holed.problems.count == 1 && holed.problems[0].hasPrefix("The log can't be read up to its end"))
            for generation in try member.store.serials(of: .shardManifest, shard: id) {
                var batch = CheckpointBatch()
                batch.remove(CheckpointKey(kind: .shardManifest, shard: id, serial: generation))
                try member.store.commit(batch)
            }
            place.records.lose(1...2, of: id)
            let headless = try await survey([member])
            #expect(headless.loss == nil)
            #expect(headless.problems.count == 1 && headless.problems[0].contains("no node has a checkpoint that fits"))
            place.records.lose(1...end.number, of: id)
            let empty = try await survey([member])
            #expect(empty.loss == nil && empty.lost == 1...end.number)
            #expect(empty.problems == ["The log has no record of the shard: there is nothing to go on from."])
        }
    }
}
