import AccessSupport
import Admission
import ControlPlane
import Leaderboards
import Logging
import Testing

@testable import Tenancy

@Suite struct AnomalyWatchTests {
    private func watch(
        _ place: AccessPlace, _ scores: ScoreSamples = ScoreSamples(),
        _ change: (inout AnomalyWatch.Configuration) -> Void = { _ in }
    ) -> AnomalyWatch {
        var configuration = AnomalyWatch.Configuration()
        configuration.settings = AnomalySettings(learningIntervals: 10, memoryIntervals: 4)
        change(&configuration)
        return AnomalyWatch(
            directory: place.directory, scores: scores, configuration: configuration,
            logger: Logger(label: "watch") { _ in SwiftLogNoOpLogHandler() }
        ) { leaderboard in
            switch leaderboard.id {
            case "counted": nil
            case "laps": .lower
            default: .higher
            }
        }
    }

    /// So many requests in each of so many intervals.
    private func spend(
        _ intervals: Int, _ requests: Int, _ key: String, _ place: AccessPlace, _ watch: AnomalyWatch,
        scope: Scopes = .read
    ) {
        for _ in 0..<intervals {
            for _ in 0..<requests { _ = place.gatekeeper.denial(key, scope) }
            place.clock.advance(bySeconds: 60)
            watch.look()
        }
    }

    @Test("A surge of one key is found for the key and for its project, with the time, and once")
    func surge() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        try await place.addProject("others")
        let key = try await place.addKey(1, of: "games").text
        let watch = watch(place)
        spend(20, 3, key, place, watch)
        #expect(watch.recent(limit: 10).isEmpty)
        spend(3, 400, key, place, watch)
        let found = watch.recent(project: ProjectID("games")!, limit: 10)
        #expect(found.map(\.key) == [KeyID("key_1")!, nil])
        #expect(found.allSatisfy { $0.anomaly.kind == .requestSurge && $0.tenant == TenantID("games")! })
        #expect(found.first?.time == place.clock.now.advanced(by: .seconds(-120)))
        #expect(found.first?.anomaly.observed == 400)
        #expect(watch.recent(project: ProjectID("others")!, limit: 10).isEmpty)
        #expect(watch.recent(tenant: TenantID("games")!, limit: 1).count == 1)
    }

    @Test("Refusals are errors: a key that begins to try what it may not is found")
    func refusals() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games", .read).text
        let watch = watch(place)
        spend(20, 30, key, place, watch)
        spend(1, 30, key, place, watch, scope: .admin)
        #expect(watch.recent(limit: 10).map(\.anomaly.kind) == [.errorShare, .errorShare])
    }

    /// Requests of which some are let in and answered with an error, from a country.
    private func serve(
        _ intervals: Int, _ requests: Int, errors: Int = 0, from country: String? = nil, _ key: String,
        _ place: AccessPlace, _ watch: AnomalyWatch
    ) throws {
        for _ in 0..<intervals {
            for index in 0..<requests {
                let request = AccessRequest(
                    credential: key, scope: .read, country: country.flatMap { CountryCode($0) })
                guard case .admitted(let caller, _) = place.gatekeeper.judge(request) else {
                    throw Denial.invalidCredential
                }
                if index < errors { caller.note(errors: 1) }
            }
            place.clock.advance(bySeconds: 60)
            watch.look()
        }
    }

    @Test("Answers that are errors count: a key whose requests begin to fail is found, one that fails as ever is not")
    func errors() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        try await place.addProject("others")
        let (key, other) = (
            try await place.addKey(1, of: "games").text, try await place.addKey(2, of: "others").text
        )
        let watch = watch(place)
        try serve(20, 40, errors: 2, key, place, watch)
        try serve(20, 40, errors: 20, other, place, watch)
        try serve(10, 40, errors: 4, key, place, watch)
        try serve(10, 40, errors: 22, other, place, watch)
        #expect(watch.recent(limit: 10).isEmpty)
        try serve(2, 40, errors: 30, key, place, watch)
        let found = watch.recent(limit: 10)
        #expect(found.map(\.anomaly.kind) == [.errorShare, .errorShare])
        #expect(found.map(\.key) == [KeyID("key_1")!, nil])
        #expect(found.first?.anomaly.explanation.hasPrefix("30 of 40 requests failed in one interval, 75 %") == true)
    }

    @Test("A key that is used from another country is found, with where it was used until now, and no country at first")
    func countries() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games").text
        let watch = watch(place)
        try serve(8, 3, from: "no", key, place, watch)
        // While it learns, and where nothing is said.
        try serve(6, 3, from: "SE", key, place, watch)
        try serve(6, 3, key, place, watch)
        try serve(6, 3, from: "NO", key, place, watch)
        try serve(6, 3, from: "XX", key, place, watch)
        #expect(watch.recent(limit: 10).isEmpty)
        try serve(3, 3, from: "T1", key, place, watch)
        let found = watch.recent(limit: 10)
        #expect(found.map(\.key) == [KeyID("key_1")!, nil])
        #expect(found.allSatisfy { $0.anomaly.kind == .newCountry && $0.anomaly.country == CountryCode("T1") })
        #expect(found.first?.anomaly.explanation.hasSuffix("until now they came from NO, SE.") == true)
    }

    @Test("Countries of an interval come out once, all that there can be")
    func everyCountry() {
        let counter = TrafficCounter()
        let all = (0..<CountryCode.indexCount).compactMap { index -> CountryCode? in
            // What means unknown is none.
            index == 23 * 26 + 23 || index == 25 * 26 + 25 ? nil : CountryCode(index: index)
        }
        #expect(Set(all).count == 934)
        for country in all + all.reversed() {
            #expect(CountryCode(country.description) == country)
            counter.note(country)
        }
        #expect(counter.take().countries == all)
        #expect(counter.take().countries == [])
    }

    /// Intervals with as many scores around 100 each, the same each time, and once another one.
    private func play(
        _ intervals: Int, _ leaderboard: String, adding score: Double? = nil, _ place: AccessPlace,
        _ scores: ScoreSamples, _ watch: AnomalyWatch, of project: String = "games"
    ) async {
        let leaderboard = ScoredLeaderboard(project: ProjectID(project)!, id: leaderboard)
        for interval in 0..<intervals {
            scores.add((0..<30).map { 100 + Double(($0 * 7 + interval) % 21) - 10 }, to: leaderboard)
            if interval == intervals - 1, let score { scores.add([score], to: leaderboard) }
            place.clock.advance(bySeconds: 60)
            await watch.endInterval()
        }
    }

    @Test("A score beyond all others of its leaderboard is found, on the better side, and ordinary ones are not")
    func scores() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let scores = ScoreSamples()
        let watch = watch(place, scores)
        await play(30, "points", place, scores, watch)
        await play(30, "laps", place, scores, watch)
        await play(2, "points", adding: 112, place, scores, watch)
        await play(2, "points", adding: -5000, place, scores, watch)
        await play(2, "laps", adding: 5000, place, scores, watch)
        #expect(watch.recent(limit: 10).isEmpty && watch.leaderboardCount == 2)
        await play(2, "points", adding: 5000, place, scores, watch)
        await play(2, "laps", adding: -5000, place, scores, watch)
        let found = watch.recent(limit: 10)
        #expect(found.map(\.leaderboard) == ["laps", "points"])
        #expect(found.allSatisfy { $0.anomaly.kind == .scoreOutlier && $0.key == nil })
        #expect(found.last?.anomaly.explanation.hasPrefix("A score of 5000 came in, ") == true)
        #expect(found.last?.description.hasPrefix("score-outlier of project games, leaderboard points: ") == true)
        #expect(watch.recent(project: ProjectID("games")!, limit: 10).count == 2)
    }

    @Test("Leaderboards whose values say nothing, of projects that are no more, and beyond the bounds are not watched")
    func unwatched() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let scores = ScoreSamples()
        let watch = watch(place, scores) {
            $0.leaderboardCountMax = 2
            $0.quietIntervalsMax = 5
        }
        await play(1, "counted", place, scores, watch)
        await play(1, "points", place, scores, watch, of: "none")
        #expect(watch.leaderboardCount == 0)
        for name in ["a", "b", "c"] { await play(1, name, place, scores, watch) }
        #expect(watch.leaderboardCount == 2)
        // Quiet ones make room.
        for _ in 0..<6 { await watch.endInterval() }
        await play(1, "c", place, scores, watch)
        #expect(watch.leaderboardCount == 1)
    }

    @Test("Of no more leaderboards are there samples than there is room for")
    func samples() {
        let scores = ScoreSamples(leaderboardCountMax: 32)
        for index in 0..<1000 {
            scores.add([1], to: ScoredLeaderboard(project: ProjectID("games")!, id: "\(index)"))
        }
        #expect((16...32).contains(scores.take().count))
        #expect(scores.take().isEmpty)
    }

    @Test("Commands of a connection count, and of those that find no room one")
    func commands() async throws {
        let place = AccessPlace()
        var settings = ProjectSettings()
        settings.keyRate = Rate(requests: 1, seconds: 60, burst: 5)
        try await place.addProject("games", settings)
        let pass = try place.gatekeeper.open(try await place.addKey(1, of: "games").text, from: nil).get()
        #expect(place.gatekeeper.charge(pass, upTo: 4).count == 4)
        #expect(place.gatekeeper.charge(pass, upTo: 9).count == 1)
        let counts = try #require(place.directory.keys.first).use.traffic.take()
        #expect(counts.requests == 6)
        #expect(counts.errors == 1)
        let project = try #require(place.directory.projects.first)
        #expect(project.state.traffic.take().requests == 6)
    }

    @Test("Who never asked is not watched, and who is no more is forgotten")
    func identities() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        try await place.addProject("quiet")
        let key = try await place.addKey(1, of: "games").text
        try await place.addKey(2, of: "games")
        let watch = watch(place)
        spend(1, 1, key, place, watch)
        #expect(watch.identityCount == 2)
        try await place.revokeKey(1)
        watch.look()
        #expect(watch.identityCount == 1)
        try await place.setStatus(.deleted, of: "games")
        watch.look()
        #expect(watch.identityCount == 0)
    }

    @Test("No more is watched and remembered than it was told")
    func bounds() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games").text
        let few = watch(place) { $0.identityCountMax = 1 }
        spend(1, 1, key, place, few)
        #expect(few.identityCount == 1)
        let one = watch(place) { $0.foundCountMax = 1 }
        spend(20, 3, key, place, one)
        spend(1, 400, key, place, one)
        #expect(one.recent(limit: 10).map(\.key) == [KeyID("key_1")!])
    }
}
