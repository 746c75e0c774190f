import Leaderboards
import Placement
import Sharding
import Synchronization
import Testing

@testable import NodeRuntime

extension OverSockets {
    @Suite("Routing", .timeLimit(.minutes(3)))
    struct RoutingTests {
        @Test("Any node takes any request, and a batch over all shards is answered in order")
        func anyNode() async throws {
            let place = RoutedPlace(shardCount: 6)
            try await place.run(3) { stations in
                let keys = LeaderboardKey.spread(over: 6)
                for (number, key) in keys.enumerated() {
                    let taker = stations[number % 3].routed
                    _ = try await place.passing { try await taker.create(key, .points()) }
                }
                let batch = SubmissionBatch((0..<60).map { ("user-\($0 % 7)", keys[$0 % 6], Int64($0 + 1)) })
                for station in stations {
                    let answers = try await place.passing {
                        try await station.routed.submit(batch, project: "p", upload: nil)
                    }
                    #expect(answers.count == 60)
                    for answer in answers { #expect(try answer.outcome.get().status != .unchanged) }
                }
                // Sums: each of the three counted once.
                let expected = Dictionary(grouping: 1...60, by: { ($0 - 1) % 6 })
                for station in stations {
                    for (number, key) in keys.enumerated() {
                        let page = try await place.passing {
                            try await station.routed.page(
                                key, BoardSelector(), .from(offset: 0, limit: 100), ReadOptions())
                        }
                        let sum = page.value.entries.reduce(Int64(0)) { sum, entry in
                            if case .integer(let points) = entry.score.value(0) { sum + points } else { sum }
                        }
                        #expect(sum == Int64(3 * expected[number]!.reduce(0, +)))
                        let entries = try await place.passing {
                            try await station.routed.entries(
                                key, BoardSelector(), users: [Array("user-1".utf8), Array("nobody".utf8)], ReadOptions()
                            )
                        }
                        #expect(entries.value.entries.map { $0 == nil } == [false, true])
                    }
                    let list = try await place.passing {
                        try await station.routed.list(project: "p", after: nil, limit: 4)
                    }
                    #expect(list.map(\.key) == keys.sorted().prefix(4).map { $0 })
                    let rest = try await place.passing {
                        try await station.routed.list(project: "p", after: list[3].key.id, limit: 4)
                    }
                    #expect(rest.map(\.key) == keys.sorted().suffix(2).map { $0 })
                }
            }
        }

        @Test("Definitions are changed and deleted from afar, and refusals come back as they were")
        func definitions() async throws {
            let place = RoutedPlace(shardCount: 2)
            try await place.run(2) { stations in
                let owner = try await place.owner(of: .a, among: stations)
                let other = stations.first { $0.id != owner.id }!.routed
                let created = try await place.passing { try await other.create(.a, .points()) }
                #expect(created.value.definition.version == 1)
                #expect(await problem { try await other.create(.a, .points()) } == .refused(.leaderboardExists))
                let definition = LeaderboardDefinition.points(upTo: 1000)
                let empty = LeaderboardDefinition(columns: [])
                #expect(
                    await problem { try await other.create(.b, empty) }
                        == .refused(.invalidDefinition(empty.problems())))
                let updated = try await place.passing { try await other.update(.a, definition, replacing: 1) }
                #expect(updated.value.definition.version == 2)
                let late = await problem { try await other.update(.a, definition, replacing: 1) }
                #expect(late == .refused(.versionConflict(current: 2)))
                try await owner.member.node.add("ann")
                _ = try await place.passing { try await other.removeEntry(.a, user: Array("ann".utf8)) }
                let again = await problem { try await other.removeEntry(.a, user: Array("ann".utf8)) }
                #expect(again == .refused(.unknownUser))
                _ = try await place.passing { try await other.delete(.a) }
                #expect(await problem { try await other.describe(.a) } == .refused(.unknownLeaderboard))
            }
        }

        @Test("Usage is summed over all shards, each counted once, whoever is asked")
        func usage() async throws {
            let place = RoutedPlace(shardCount: 5)
            try await place.run(3) { stations in
                let keys = LeaderboardKey.spread(over: 5)
                for key in keys {
                    _ = try await place.passing { try await stations[0].routed.create(key, .points()) }
                    let batch = SubmissionBatch(["ann", "bob"], key)
                    _ = try await place.passing {
                        try await stations[1].routed.submit(batch, project: "p", upload: nil)
                    }
                }
                let reported = [
                    ReportedUsage(project: "p", reads: 3, requests: 4),
                    ReportedUsage(project: "q", reads: 1, requests: 1),
                ]
                let uncounted = try await place.passing { await stations[2].routed.report(usage: reported) }
                #expect(uncounted.isEmpty)
                for station in stations {
                    let usage = try await place.passing { try await station.routed.usage(of: "p") }.value
                    #expect(usage.counters.scoresAccepted == 10)
                    #expect(usage.counters.leaderboardsCreated == 5)
                    #expect(usage.counters.readsReported == 3)
                    #expect(usage.holdings.entries == 10)
                    let all = try await place.passing { try await station.routed.usageOfAll() }.value
                    #expect(all["p"] == usage)
                    #expect(all["q"]?.counters.requestsReported == 1)
                }
            }
        }

        @Test("An owner dies, another takes over, and who asks a third notices nothing but a pause")
        func failOver() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.run(3) { stations in
                let first = try await place.owner(of: .a, among: stations)
                let others = stations.filter { $0.id != first.id }
                _ = try await place.passing { try await others[0].routed.create(.a, .points()) }
                try await first.member.node.add("ann", points: 3)
                // It reaches neither the log nor any node from now on.
                first.member.log.cut()
                first.wire.cut()
                place.cluster.rumours.set(first.member.id, .gone)
                for station in others {
                    let batch = SubmissionBatch(["bob"], points: 2, requestKey: "from-\(station.id)")
                    let answers = try await place.passing {
                        try await station.routed.submit(batch, project: "p", upload: nil)
                    }
                    #expect(try answers[0].outcome.get().status == .accepted)
                }
                let page = try await place.passing {
                    try await others[0].routed.page(.a, BoardSelector(), .from(offset: 0, limit: 9), ReadOptions())
                }
                #expect(page.value.entries.map { String(decoding: $0.user, as: UTF8.self) } == ["bob", "ann"])
                #expect(page.value.entries.map(\.score) == [Score([.integer(4)]), Score([.integer(3)])])
            }
        }

        @Test("A shard that is handed over is found by those that ask its old owner")
        func movedOnce() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.run(2) { stations in
                let first = try await place.owner(of: .a, among: stations)
                let second = stations.first { $0.id != first.id }!
                _ = try await place.passing { try await second.routed.create(.a, .points()) }
                // A pipeline of submissions, in whose midst the owner loses the log and the other claims the shard.
                for number in 0..<20 {
                    if number == 7 {
                        first.member.log.cut()
                        place.cluster.rumours.set(first.member.id, .gone)
                        try await place.pass(.milliseconds(3000))
                        _ = try await place.owner(of: .a, among: [second])
                        first.member.log.mend()
                        place.cluster.rumours.set(first.member.id, .alive)
                    }
                    let batch = SubmissionBatch(["ann"], requestKey: "key-\(number)")
                    let taker = stations[number % 2].routed
                    let answers = try await place.passing { try await taker.submit(batch, project: "p", upload: nil) }
                    #expect(try answers[0].outcome.get().score == Score([.integer(Int64(number + 1))]))
                }
            }
        }

        @Test("Nodes that send a request to and fro see it twice at a time, and what is sent again is bounded")
        func loops() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.run(2) { (stations) async throws in
                let owner = try await place.owner(of: .a, among: stations)
                let other = stations.first { $0.id != owner.id }!
                let links = LyingLinks()
                let routed = RoutedService(
                    other.member.node, links: links, directory: place.directory, limits: .waiting(.seconds(2)))
                let found = await problem { try await place.passing { try await routed.describe(.a) } }
                guard case .unavailable = found else {
                    Issue.record("\(String(describing: found))")
                    return
                }
                #expect(links.asked.prefix(4) == [owner.id, 99, owner.id, 99])
                let before = links.asked.count
                #expect(before < 40)
                try await place.passing {
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 0..<500 { group.addTask { _ = await problem { try await routed.describe(.a) } } }
                    }
                }
                // Without a budget they would be asked about eight thousand times.
                let budget = Int(RetryBudget.tokenCountMax) + 500 / 5 + 30
                #expect(links.asked.count - before <= 500 * Route.hopCountMax + budget)
            }
        }

        @Test("A fail-over is hidden from more requests than may be sent again to a node that is there")
        func manyWaiting() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.run(2) { stations in
                let owner = try await place.owner(of: .a, among: stations)
                let other = stations.first { $0.id != owner.id }!
                _ = try await owner.member.node.create(.a, .points())
                let links = AbsentLinks(turns: 8 * Int(RetryBudget.tokenCountMax))
                let routed = RoutedService(
                    other.member.node, links: links, directory: place.directory, limits: .patient)
                let failed = try await place.passing {
                    await withTaskGroup(of: ServiceError?.self) { group in
                        for _ in 0..<(2 * Int(RetryBudget.tokenCountMax)) {
                            group.addTask { await problem { try await routed.describe(.a) } }
                        }
                        return await group.reduce(into: []) { $0 += [$1] }
                    }
                }
                #expect(failed.allSatisfy { $0 == .refused(.unknownLeaderboard) })
            }
        }

        @Test("With no owner in time the answer is honest: nothing was changed, try again")
        func noOwner() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.run(2, limits: .waiting(.seconds(1))) { stations in
                let owner = try await place.owner(of: .a, among: stations)
                let other = stations.first { $0.id != owner.id }!
                _ = try await owner.member.node.create(.a, .points())
                owner.wire.cut()
                let batch = SubmissionBatch(["ann"])
                let found = await problem {
                    try await place.passing { try await other.routed.submit(batch, project: "p", upload: nil) }
                }
                guard case .unavailable = found else {
                    Issue.record("\(String(describing: found))")
                    return
                }
                #expect(try await owner.member.node.table() == "")
            }
        }
    }
}

/// Whoever is asked names another.
private final class LyingLinks: PeerLinks {
    private let nodes = Mutex<[UInt64]>([])

    var asked: [UInt64] { nodes.withLock { $0 } }

    func call(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration
    ) async throws(ServiceError) -> [UInt8] {
        nodes.withLock { $0.append(node) }
        throw .moved(to: node == 99 ? 98 : 99)
    }
}

/// The owner can't be reached so many times, then it answers.
private final class AbsentLinks: PeerLinks {
    private let turns: Mutex<Int>

    init(turns: Int) { self.turns = Mutex(turns) }

    func call(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration
    ) async throws(ServiceError) -> [UInt8] {
        let isThere = turns.withLock { turns in
            turns -= 1
            return turns < 0
        }
        throw isThere ? .refused(.unknownLeaderboard) : .unavailable("there is no connection", retryAfter: 1)
    }
}

extension LeaderboardDefinition {
    fileprivate static func points(upTo maximum: Int64) -> LeaderboardDefinition {
        var definition = points()
        definition.columns[0].maximum = .integer(maximum)
        return definition
    }
}

extension SubmissionBatch {
    init(_ scores: [(user: String, key: LeaderboardKey, points: Int64)]) {
        self.init()
        for score in scores {
            var submission = Submission()
            submission.leaderboard = append(score.key.id.utf8)
            submission.user = append(score.user.utf8)
            submission.score = Score([.integer(score.points)])
            submissions.append(submission)
        }
    }
}
