import Leaderboards
import Regions
import Sharding
import Synchronization
import Testing

@testable import NodeRuntime

@Suite("Regions", .timeLimit(.minutes(2)))
struct RegionTests {
    private struct Pair: Sendable {
        let eu: RoutedService
        let us: RoutedService
        let places: (eu: ClusterPlace, us: ClusterPlace)
        let links: [String: WiredLinks]

        /// Lets time pass in both until a call has ended.
        func passing<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
            try await NodeRuntimeTests.passing(body) {
                for place in [places.eu, places.us] { await place.pass(.milliseconds(100)) }
            }
        }
    }

    private static let euBoard = LeaderboardKey(project: "p", id: "eu-cup")
    private static let usBoard = LeaderboardKey(project: "p", id: "us-cup")

    private func map(epoch: UInt64 = 1, default home: String = "eu") -> RegionMap {
        let regions = ["eu", "us"].map {
            Region(name: $0, cluster: $0, gateways: [GatewayAddress(host: "127.0.0.1", port: 1)])
        }
        return RegionMap(
            epoch: epoch, regions: regions, defaultHome: home,
            rules: [HomeRule(project: .everything, leaderboard: NamePattern("us-*")!, home: "us")])
    }

    /// Two regions of one node each, which reach each other's gateway within the process.
    private func run(_ maps: (eu: RegionMap, us: RegionMap)? = nil, _ body: (Pair) async throws -> Void) async throws {
        let maps = maps ?? (map(), map())
        let (eu, us) = (ClusterPlace(shardCount: 4), ClusterPlace(shardCount: 4))
        let (euNode, usNode) = (eu.member(1), us.member(2))
        let links = ["eu": WiredLinks(), "us": WiredLinks()]
        func make(_ name: String, _ node: Node, _ map: RegionMap) -> RoutedService {
            let regions = RegionRouting(name, of: map, links: links[name]!)
            let routed = RoutedService(
                node, links: NoLinks(), directory: FixedDirectory(), limits: .waiting(.seconds(5)))
            let gateway = GatewayService(routed, regions)
            for (other, links) in links where other != name { links.set(name, gateway) }
            return RoutedService(
                node, links: NoLinks(), directory: FixedDirectory(), limits: .waiting(.seconds(5)), regions: regions)
        }
        try await eu.run(euNode) {
            try await us.run(usNode) {
                for (place, node) in [(eu, euNode.node), (us, usNode.node)] {
                    for key in LeaderboardKey.spread(over: 4) {
                        try await place.pass {
                            await problem { try await node.describe(key) }.map { $0.isRefusal } ?? true
                        }
                    }
                }
                try await body(
                    Pair(
                        eu: make("eu", euNode.node, maps.eu), us: make("us", usNode.node, maps.us), places: (eu, us),
                        links: links))
            }
        }
    }

    @Test("Every region takes everything, and writes it where it is at home")
    func anywhere() async throws {
        try await run { pair in
            _ = try await pair.us.create(Self.euBoard, .points())
            _ = try await pair.eu.create(Self.usBoard, .points())
            for service in [pair.eu, pair.us] {
                var batch = SubmissionBatch(["ann"], Self.euBoard)
                for user in ["bob", "cid"] {
                    var submission = Submission()
                    submission.leaderboard = batch.append(Self.usBoard.id.utf8)
                    submission.user = batch.append(user.utf8)
                    submission.score = Score([.integer(1)])
                    batch.submissions.append(submission)
                }
                let answers = try await service.submit(batch, project: "p", upload: nil)
                #expect(answers.count == 3)
                for answer in answers { #expect(try answer.outcome.get().status == .accepted) }
            }
            for service in [pair.eu, pair.us] {
                let (first, second) = (
                    try await service.page(Self.euBoard, BoardSelector(), .from(offset: 0, limit: 9), ReadOptions()),
                    try await service.page(Self.usBoard, BoardSelector(), .from(offset: 0, limit: 9), ReadOptions())
                )
                #expect(first.rows == "ann 2" && second.rows == "bob 2, cid 2")
                let users = [Array("cid".utf8)]
                let entries = try await service.entries(Self.usBoard, BoardSelector(), users: users, ReadOptions())
                #expect(entries.value.entries[0]?.rank == Rank(2))
                #expect(
                    try await service.list(project: "p", after: nil, limit: 10).map(\.key.id) == ["eu-cup", "us-cup"])
                #expect(try await service.describe(Self.usBoard).value.entryCount == 2)
            }
            // Each is in one region only.
            #expect(await problem { try await pair.us.node.describe(Self.euBoard) } == .refused(.unknownLeaderboard))
            #expect(await problem { try await pair.eu.node.describe(Self.usBoard) } == .refused(.unknownLeaderboard))
            _ = try await pair.us.removeEntry(Self.euBoard, user: Array("ann".utf8))
            _ = try await pair.eu.delete(Self.usBoard)
            #expect(await problem { try await pair.us.describe(Self.usBoard) } == .refused(.unknownLeaderboard))
            // Commands have a place there, too.
            let place = pair.us.place(of: Self.euBoard)
            #expect(pair.us.region(at: place) == "eu" && pair.eu.region(at: pair.eu.place(of: Self.euBoard)) == nil)
            #expect(
                await problem {
                    try await pair.us.perform(at: place, loading: [Self.euBoard], changing: true) { _, _, _ in }
                } == .moved(to: nil))
        }
    }

    @Test("Two regions that see homes differently write nothing in the wrong one")
    func disagreement() async throws {
        try await run((map(), map(epoch: 2, default: "us"))) { pair in
            // To the newer one it is at home in `us`, and so is everything there.
            _ = try await pair.us.create(Self.euBoard, .points())
            // The older one would write here, until it hears of the other.
            let greeting = RegionGreeting(region: "eu", epoch: 1).encoded
            let answer = try await pair.links["eu"]!.call(
                .regionGreeting, greeting, to: "us", within: .seconds(1))
            let heard = try PeerAnswer<RegionGreeting>.decode(answer).result.get()
            pair.eu.regions!.note(epoch: heard.epoch, of: heard.region)
            let found = await problem { try await pair.eu.create(Self.euBoard, .points()) }
            #expect(
                found
                    == .unavailable(
                        "this node's regions have epoch 1, and those of region us have 2", retryAfter: 5))
            // Nor over the Redis protocol.
            let command = await problem {
                try await pair.eu.perform(
                    at: pair.eu.place(of: Self.euBoard), loading: [Self.euBoard], changing: true
                ) { _, _, _ in }
            }
            #expect(command == found)
        }
        try await run((map(epoch: 2, default: "us"), map())) { pair in
            // The newer one asks where it is not at home in the older one's eyes.
            let found = await problem {
                try await pair.passing { try await pair.eu.create(Self.euBoard, .points()) }
            }
            guard case .unavailable(let reason, _) = found else {
                Issue.record("\(String(describing: found))")
                return
            }
            #expect(reason.contains("is at home in region eu, not in us"))
        }
    }

    @Test("A region that can't be reached is named, when the time is up")
    func unreachable() async throws {
        try await run { pair in
            pair.links["us"]!.cut()
            let found = await problem {
                try await pair.passing { try await pair.us.create(Self.euBoard, .points()) }
            }
            #expect(found == .unavailable("region eu can't be reached", retryAfter: 1))
            _ = try await pair.us.create(Self.usBoard, .points())
        }
    }
}

private struct NoLinks: PeerLinks {
    func call(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration
    ) async throws(ServiceError) -> [UInt8] { throw .unavailable("there are no others", retryAfter: 1) }
}

extension ServiceError {
    fileprivate var isRefusal: Bool {
        if case .refused = self { true } else { false }
    }
}
