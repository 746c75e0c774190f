import AccessSupport
import Admission
import ControlPlane
import Leaderboards
import Logging
import Testing

@testable import Tenancy

@Suite struct AnomalyWatchTests {
    private func watch(
        _ place: AccessPlace, _ change: (inout AnomalyWatch.Configuration) -> Void = { _ in }
    ) -> AnomalyWatch {
        var configuration = AnomalyWatch.Configuration()
        configuration.settings = AnomalySettings(learningIntervals: 10, memoryIntervals: 4)
        change(&configuration)
        return AnomalyWatch(
            directory: place.directory, configuration: configuration,
            logger: Logger(label: "watch") { _ in SwiftLogNoOpLogHandler() })
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
