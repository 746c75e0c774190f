import AccessSupport
import Admission
import ControlPlane
import Logging
import Synchronization
import Testing

@testable import Tenancy

@Suite struct FilterTests {
    private static let attack = "<script>alert(1)</script>"

    private func caller(_ place: AccessPlace, _ key: APIKey) throws -> Caller {
        let verdict = place.gatekeeper.judge(AccessRequest(credential: key.text, scope: .write))
        guard case .admitted(let caller, _) = verdict else { throw Denial.invalidCredential }
        return caller
    }

    /// Whether an attack would be refused.
    private func refuses(_ place: AccessPlace, _ key: APIKey, _ text: String = attack) throws -> Bool {
        let filter = try #require(try caller(place, key).filter)
        var verdict = FilterVerdict()
        filter.filter.inspect(text, as: .user, into: &verdict)
        return place.gatekeeper.refuses(verdict, by: filter)
    }

    private func place(
        logger: Logger? = nil, _ change: (inout FilterSettings) -> Void = { _ in }
    ) async throws -> (AccessPlace, APIKey) {
        let place = logger.map { AccessPlace(logger: $0) } ?? AccessPlace()
        var settings = ProjectSettings()
        change(&settings.filter)
        try await place.addProject("games", settings)
        return (place, try await place.addKey(1, of: "games"))
    }

    @Test("Without settings attacks are counted and pass")
    func detect() async throws {
        let (place, key) = try await place()
        #expect(try !refuses(place, key))
        #expect(try !refuses(place, key, "Zoë O'Brien-Łukasz"))
        let counts = place.gatekeeper.filterCounts(of: ProjectID("games")!)
        #expect(counts[.activeMarkup] == FilterCounts(reported: 1))
        #expect(counts.count == 1)
        #expect(place.gatekeeper.filterCounts(of: ProjectID("others")!).isEmpty)
    }

    @Test("A project that blocks refuses them, and one that has switched the filter off has none")
    func modes() async throws {
        let (place, key) = try await place { $0.mode = .block }
        #expect(try refuses(place, key))
        #expect(try !refuses(place, key, "ann"))
        try await place.changeSettings(of: "games") { $0.filter.mode = .off }
        let caller = try self.caller(place, key)
        #expect(caller.filter == nil)
        // What was counted stays.
        #expect(place.gatekeeper.filterCounts(of: ProjectID("games")!)[.activeMarkup] == FilterCounts(refused: 1))
    }

    @Test("A rule that is switched off is not met, and a higher threshold is met by fewer texts")
    func settings() async throws {
        let (place, key) = try await place {
            $0.mode = .block
            $0.disabledRules = ["active-markup"]
        }
        #expect(try !refuses(place, key))
        #expect(try refuses(place, key, "../../secret"))
        try await place.changeSettings(of: "games") { $0.filter.threshold = 6 }
        #expect(try !refuses(place, key, "../../secret"))
    }

    @Test("What can't be followed in the settings is a problem, and switches nothing off")
    func problems() async throws {
        let (place, key) = try await place {
            $0.mode = .block
            $0.threshold = 0
            $0.disabledRules = ["sql-brekout"]
        }
        let problems = place.directory.project(ProjectID("games")!)!.problems
        #expect(problems.count == 2)
        #expect(problems.first == "project games: the filter has no rule 'sql-brekout' to switch off")
        #expect(try refuses(place, key))
    }

    @Test("What players send with tokens is looked at as the project's settings say, from the next request on")
    func players() async throws {
        let studio = try await Studio()
        let token = try await studio.secretSigner.sign(studio.claims())
        func filter() async -> ProjectFilter? {
            let verdict = await studio.place.gatekeeper.admit(AccessRequest(credential: token, scope: .write))
            guard case .admitted(let caller, _) = verdict else { return nil }
            return caller.filter
        }
        #expect(await filter()?.filter.policy.mode == .detect)
        try await studio.place.changeSettings(of: "games") { $0.filter.mode = .block }
        #expect(await filter()?.filter.policy.mode == .block)
    }

    @Test("A request that was overtaken by another is counted all the same")
    func overtaken() {
        let counter = FilterCounter()
        var verdict = FilterVerdict()
        RequestFilter(FilterPolicy()).inspect(Self.attack, as: .user, into: &verdict)
        #expect(counter.count(verdict, refused: true, at: MonotonicTime(nanoseconds: 9)).map(\.count) == [1])
        #expect(counter.count(verdict, refused: true, at: MonotonicTime(nanoseconds: 8)).isEmpty)
        #expect(counter.counts[.activeMarkup] == FilterCounts(refused: 2))
    }

    @Test("The log names each rule once a minute, with its count and without the text")
    func log() async throws {
        let lines = Lines()
        let (place, key) = try await place(logger: Logger(label: "access") { _ in lines.handler })
        for _ in 0..<5 { _ = try refuses(place, key) }
        #expect(lines.all.count == 1)
        place.clock.advance(bySeconds: 60)
        _ = try refuses(place, key)
        #expect(lines.all.count == 2)
        #expect(lines.all.last?.hasSuffix("met active-markup, count 5, the last one let pass") == true)
        #expect(lines.all.allSatisfy { !$0.contains("script") && $0.contains("project games") })
    }
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var handler: Handler { Handler(lines: self) }

    struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        init(lines: Lines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.lines.withLock { $0.append("\(event.message)") } }
    }
}
