import Leaderboards
import Sharding
import Testing

/// Seasons that are over: stored once, out of memory, and still there for whoever asks.
@Suite("Sealed seasons")
struct SealedSeasonTests {
    private static let daily = WindowDefinition(name: "daily", schedule: .every(.daily))

    /// A leaderboard whose season of the first day is sealed.
    private func sealed(_ count: Int = 50) throws -> ShardHarness {
        let harness = Examples.harness(
            LeaderboardDefinition(columns: [Examples.column()], windows: [Self.daily], dimensions: ["country"]))
        for number in 0..<count {
            try harness.enter(
                "member-\(number)", Int64(number), attributes: [("country", number % 2 == 0 ? "NO" : "SE")])
        }
        harness.now = harness.now.advanced(by: .seconds(86_400))
        try harness.closeDueSeasons()
        harness.commit()
        return harness
    }

    private let past = BoardSelector(window: "daily", season: "2026-10-25")

    private func selector(_ harness: ShardHarness) -> BoardSelector {
        var selector = past
        selector.season = CivilTime(Examples.start).date.description
        return selector
    }

    @Test("a sealed season is written once, however the leaderboard changes afterwards")
    func writtenOnce() throws {
        let harness = try sealed()
        harness.checkpoint()
        let before = harness.store.writeCount
        for _ in 0..<3 {
            try harness.enter("member-7", 100 + Int64(harness.payloads.count))
            harness.checkpoint()
        }
        // Each time one or two chunks of all-time and today, the names' values, and the manifest.
        #expect(harness.store.writeCount - before <= 18)
        #expect(try harness.stateHash(of: harness.recovered(from: harness.generation)) == harness.stateHash())
    }

    @Test("a season whose leaderboard is deleted while it is read goes nowhere")
    func deletedMeanwhile() throws {
        let harness = try sealed()
        harness.checkpoint()
        harness.shard.evictSealedSeasons()
        let piece = try #require(
            harness.shard.missing(for: Examples.key, selector(harness), now: harness.now).first)
        guard case .season(let number, let window, let id) = piece else { throw ShardHarness.Lost() }
        let season = try #require(harness.shard.season(id, of: window, leaderboard: number))
        try harness.store.loader.read(season)
        #expect(harness.shard.isMissing(piece))
        #expect(harness.delete(Examples.key) == nil)
        #expect(!harness.shard.isMissing(piece))
        while try !season.check(slotsMax: 10) {}
        harness.shard.install(season)
        #expect(throws: Refusal.self) { try harness.shard.describe(Examples.key, now: harness.now) }
    }

    @Test("its board leaves memory once it is stored, and is loaded for a question")
    func loadedOnDemand() throws {
        let harness = try sealed()
        let selector = selector(harness)
        let before = try harness.top(selector)
        harness.shard.evictSealedSeasons()
        #expect(harness.shard.missing(for: Examples.key, selector, now: harness.now).isEmpty, "it is not stored yet")
        harness.checkpoint()
        harness.shard.evictSealedSeasons()
        #expect(!harness.shard.missing(for: Examples.key, selector, now: harness.now).isEmpty)
        #expect(try harness.top(selector) == before && before.count == 50)
        var norwegians = selector
        norwegians.dimension = "country"
        norwegians.value = "NO"
        #expect(try harness.top(norwegians).count == 25)
    }

    @Test("a member that is removed, or moves, stays in it as it was")
    func members() throws {
        let harness = try sealed()
        harness.checkpoint()
        harness.shard.evictSealedSeasons()
        _ = harness.command { shard, record throws(Refusal) in
            try shard.removeEntry(Examples.key, user: Array("member-8".utf8), into: &record)
        }
        try harness.enter("member-10", 1000, attributes: [("country", "DK")])
        harness.checkpoint()
        try harness.restart()
        var norwegians = selector(harness)
        norwegians.dimension = "country"
        norwegians.value = "NO"
        let names = try harness.top(norwegians)
        #expect(names.contains { $0.hasSuffix("member-8") } && names.contains { $0.hasSuffix("member-10") })
        #expect(try !harness.top().contains { $0.hasSuffix("member-8") })
    }

    @Test("it closes exactly once, and takes nothing afterwards")
    func closedOnce() throws {
        let harness = try sealed(3)
        let records = harness.payloads.count
        for _ in 0..<3 {
            try harness.closeDueSeasons()
            harness.commit()
        }
        #expect(harness.payloads.count == records)
        let late = try harness.enter("member-1", 999, at: Examples.start)
        let season = CivilTime(Examples.start).date.description
        #expect(late.status == .refused(.seasonClosed(window: "daily", season: season)))
    }

    @Test("so many seasons that close together are spread over several records")
    func manyAtOnce() throws {
        let harness = ShardHarness(at: Examples.start)
        for number in 0..<3000 {
            let id = "leaderboard-with-a-long-name-\(number)"
            let key = LeaderboardKey(project: "p", id: id)
            let windows = (0..<3).map {
                WindowDefinition(name: "window-\($0)-" + String(repeating: "x", count: 50), schedule: .every(.daily))
            }
            _ = harness.create(key, LeaderboardDefinition(columns: [Examples.column()], windows: windows))
            try harness.enter("ann", 1, leaderboard: id)
        }
        harness.now = harness.now.advanced(by: .seconds(86_400))
        var records = 0
        while let deadline = harness.shard.nextDeadline, deadline <= harness.now {
            try harness.closeDueSeasons()
            harness.commit()
            records += 1
            #expect(harness.payloads.last!.count < 300_000)
        }
        #expect(records > 1 && records < 10)
        let replayed = try harness.replayed()
        #expect(replayed.stateHash() == harness.shard.stateHash())
    }
}
