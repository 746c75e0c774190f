import AccessSupport
import Admission
import ControlPlane
import Leaderboards
import Logging
import Testing

@testable import Tenancy

/// What the watch has learned and found outlives a start.
@Suite struct AnomalyKeepingTests {
    private func watch(
        _ place: AccessPlace, source: String? = "node", foundCountMax: Int = 1000
    ) -> (watch: AnomalyWatch, scores: ScoreSamples) {
        var configuration = AnomalyWatch.Configuration()
        configuration.settings = AnomalySettings(learningIntervals: 10, memoryIntervals: 4)
        configuration.source = source
        configuration.foundCountMax = foundCountMax
        let scores = ScoreSamples()
        let watch = AnomalyWatch(
            directory: place.directory, scores: scores, configuration: configuration,
            logger: Logger(label: "watch") { _ in SwiftLogNoOpLogHandler() }
        ) { _ in .higher }
        return (watch, scores)
    }

    private static let leaderboard = ScoredLeaderboard(project: ProjectID("games")!, id: "runs")

    private func spend(
        _ intervals: Int, _ requests: Int, adding score: Double? = nil, _ key: String, _ place: AccessPlace,
        _ life: (watch: AnomalyWatch, scores: ScoreSamples)
    ) async {
        for interval in 0..<intervals {
            for _ in 0..<requests { _ = place.gatekeeper.denial(key) }
            life.scores.add((0..<30).map { 100 + Double(($0 * 7 + interval) % 21) - 10 }, to: Self.leaderboard)
            if let score { life.scores.add([score], to: Self.leaderboard) }
            place.clock.advance(bySeconds: 60)
            await life.watch.endInterval()
        }
    }

    private func place() async throws -> (AccessPlace, key: String) {
        let place = AccessPlace()
        try await place.addProject("games")
        return (place, try await place.addKey(1, of: "games").text)
    }

    @Test("What was learned before a start is known behind it: no day passes without a guard")
    func states() async throws {
        let (place, key) = try await place()
        let first = watch(place)
        await first.watch.recall()
        await spend(20, 3, key, place, first)
        await first.watch.keepStates()

        let second = watch(place)
        await second.watch.recall()
        await spend(2, 3, key, place, second)
        #expect(second.watch.recent(limit: 10).isEmpty)
        await spend(1, 400, adding: 9999, key, place, second)
        #expect(second.watch.recent(limit: 10).map(\.anomaly.kind) == [.scoreOutlier, .requestSurge, .requestSurge])

        // One that begins anew has no history to compare with.
        let third = watch(place, source: "another node")
        await third.watch.recall()
        await spend(1, 400, adding: 9999, key, place, third)
        #expect(third.watch.recent(limit: 10).isEmpty)
    }

    @Test("What was found is listed behind a start, each once, in its order and the newest of all")
    func found() async throws {
        let (place, key) = try await place()
        let first = watch(place, foundCountMax: 2)
        await first.watch.recall()
        await spend(20, 3, key, place, first)
        await spend(1, 400, adding: 9999, key, place, first)
        await first.watch.keepFound()
        await first.watch.keepFound()
        let found = first.watch.recent(limit: 10)
        #expect(found.map(\.leaderboard) == ["runs", nil])

        let second = watch(place, foundCountMax: 2)
        #expect(second.watch.recent(limit: 10).isEmpty)
        await second.watch.recall()
        await second.watch.recall()
        let again = second.watch.recent(limit: 10)
        #expect(again.map(\.time) == found.map(\.time) && again.map(\.anomaly) == found.map(\.anomaly))
        #expect(again.map(\.leaderboard) == found.map(\.leaderboard) && again.map(\.key) == found.map(\.key))
    }

    @Test("While the database is away nothing is lost that is in memory, and nothing written over what was not read")
    func outage() async throws {
        let (place, key) = try await place()
        let first = watch(place)
        await first.watch.recall()
        await spend(20, 3, key, place, first)
        place.store.database.isReachable = false
        await spend(1, 400, key, place, first)
        await first.watch.keepFound()
        place.store.database.isReachable = true
        await first.watch.keepFound()
        await first.watch.keepStates()

        place.store.database.isReachable = false
        let second = watch(place)
        await second.watch.recall()
        await spend(1, 3, key, place, second)
        place.store.database.isReachable = true
        await second.watch.keepStates()
        await second.watch.keepFound()
        #expect(try await place.store.anomalyStates(of: "node").count == 3)
        await second.watch.recall()
        #expect(second.watch.recent(limit: 10).map(\.anomaly.kind) == [.requestSurge, .requestSurge])
        // It is the same incident still, and no second one.
        await spend(1, 400, key, place, second)
        #expect(second.watch.recent(limit: 10).count == 2)
    }

    @Test("When it is told to stop everything is kept")
    func end() async throws {
        let (place, key) = try await place()
        let first = watch(place)
        await first.watch.recall()
        await spend(20, 3, key, place, first)
        await spend(1, 400, key, place, first)
        let running = Task { await first.watch.run() }
        running.cancel()
        await running.value
        #expect(try await place.store.anomalyStates(of: "node").count == 3)
        #expect(try await place.store.anomalies(of: "node").map(\.kind) == ["request-surge", "request-surge"])
    }

    @Test("A kept state comes back from its text; the text is as it always was")
    func texts() throws {
        var state = AnomalyState()
        _ = AnomalyDetector().update(&state, with: IntervalCounts(requests: 8, countries: [CountryCode("NO")!]))
        let subjects: [(KeptAnomalyState.Subject, name: String, prefix: String)] = [
            (.project(ProjectID("games")!), "project:games", ""), (.key(KeyID("key_1")!), "key:key_1", ""),
            (.leaderboard(Self.leaderboard, .lower, quietIntervals: 258), "leaderboard:games/runs", "0102010000"),
            (
                .leaderboard(ScoredLeaderboard(project: ProjectID("p")!, id: "a/b:c"), .higher, quietIntervals: 0),
                "leaderboard:p/a/b:c", "0000000000"
            ),
        ]
        for (subject, name, prefix) in subjects {
            let kept = KeptAnomalyState(subject, state)
            #expect(kept.name == name && kept.text.hasPrefix(prefix + "01010000000100000000000000"))
            #expect(kept.canBeKept)
            let copy = try #require(KeptAnomalyState(name: name, text: kept.text))
            #expect(copy.subject == subject && copy.state == state)
            // Cut off, added to, in another writing.
            for text in [String(kept.text.dropLast(2)), kept.text + "00", kept.text.uppercased(), "x", "0"] {
                #expect(KeptAnomalyState(name: name, text: text) == nil, "\(text)")
            }
        }
        let text = KeptAnomalyState(.key(KeyID("key_1")!), state).text
        for name in ["", "key", "key:", "user:ann", "leaderboard:games", "project:No Such Id"] {
            #expect(KeptAnomalyState(name: name, text: text) == nil, "\(name)")
        }
        let long = ScoredLeaderboard(project: ProjectID("p")!, id: String(repeating: "x", count: 600))
        #expect(!KeptAnomalyState(.leaderboard(long, .higher, quietIntervals: 0), state).canBeKept)
    }
}
