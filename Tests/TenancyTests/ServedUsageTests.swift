import AccessSupport
import Admission
import ControlPlane
import Leaderboards
import Logging
import Synchronization
import Testing

@testable import Tenancy

/// What was let in, on its way through the log into the control database, and back as the month of a plan.
@Suite struct ServedUsageTests {
    /// A node's log: it keeps what was reported over crashes.
    private final class Log: Sendable {
        private let counted = Mutex<[String: [String: Int64]]>([:])
        /// What becomes of the next reports: nil, or what is answered of them.
        let isFull = Mutex(false)

        var counts: [String: [String: Int64]] { counted.withLock { $0 } }

        func take(_ usage: [ServedUsage]) -> [ServedUsage] {
            if isFull.withLock({ $0 }) { return usage }
            counted.withLock { counted in
                for usage in usage {
                    counted[usage.project.text, default: [:]]["requests", default: 0] += Int64(usage.requests)
                    counted[usage.project.text, default: [:]]["reads", default: 0] += Int64(usage.reads)
                }
            }
            return []
        }
    }

    /// One life of a process on that log.
    private struct Life {
        let place: AccessPlace
        let reporter: UsageReporter
        let writer: UsageWriter

        init(_ log: Log, _ store: InMemoryControlStore = InMemoryControlStore()) {
            let quiet = Logger(label: "usage") { _ in SwiftLogNoOpLogHandler() }
            place = AccessPlace(store: store)
            reporter = UsageReporter(directory: place.directory, logger: quiet) { log.take($0) }
            writer = UsageWriter(
                store: store, clock: place.clock.access, configuration: .init(source: "node"), logger: quiet
            ) { log.counts }
        }

        /// As at an orderly stop.
        func end() async {
            await reporter.report()
            await writer.write()
        }

        /// The days' requests, counted from the first of the clock.
        func requests(since day: Int) async throws -> [Int: Int64] {
            let rows = try await place.store.usage(of: ProjectID("games")!, days: day...day + 20)
            return Dictionary(
                uniqueKeysWithValues: rows.filter { $0.metric == "requests" }.map { ($0.day - day, $0.value) })
        }
    }

    @Test("What is let in is reported once, reads beside all requests, and what is refused is not")
    func reports() async throws {
        let log = Log()
        let life = Life(log)
        try await life.place.addProject("games")
        try await life.place.addProject("quiet")
        let key = try await life.place.addKey(1, of: "games", [.read, .write]).text
        #expect(life.place.gatekeeper.denial(key, .read) == nil)
        #expect(life.place.gatekeeper.denial(key, .write) == nil)
        #expect(life.place.gatekeeper.denial(key, .admin) == .missingScope(.admin))
        let pass = try life.place.gatekeeper.open(key, from: nil).get()
        #expect(life.place.gatekeeper.charge(pass, upTo: 5).count == 5)
        life.place.gatekeeper.note(reads: 3, of: pass)
        #expect(await life.reporter.report() == 0)
        #expect(await life.reporter.report() == 0)
        #expect(log.counts == ["games": ["requests": 7, "reads": 4]])
    }

    @Test("Of commands that find no room only those that are carried out are reported")
    func rates() async throws {
        let log = Log()
        let life = Life(log)
        try await life.place.addProject("games")
        let rate = Rate(requests: 1, seconds: 60, burst: 4)
        let key = try await life.place.addKey(1, of: "games", rate: rate).text
        let pass = try life.place.gatekeeper.open(key, from: nil).get()
        #expect(life.place.gatekeeper.charge(pass, upTo: 9).count == 4)
        #expect(life.place.gatekeeper.charge(pass, upTo: 9).count == 0)
        await life.reporter.report()
        #expect(log.counts["games"]?["requests"] == 4)
    }

    @Test("What the log does not take is kept, and reported with what comes meanwhile")
    func putBack() async throws {
        let log = Log()
        let life = Life(log)
        try await life.place.addProject("games")
        let key = try await life.place.addKey(1, of: "games").text
        log.isFull.withLock { $0 = true }
        #expect(life.place.gatekeeper.denial(key, .read) == nil)
        #expect(await life.reporter.report() == 1)
        #expect(life.place.gatekeeper.denial(key, .read) == nil)
        #expect(await life.reporter.report() == 1)
        log.isFull.withLock { $0 = false }
        #expect(await life.reporter.report() == 0)
        #expect(log.counts == ["games": ["requests": 2, "reads": 2]])
    }

    @Test("When it is told to stop the rest is reported")
    func end() async throws {
        let log = Log()
        let life = Life(log)
        try await life.place.addProject("games")
        #expect(life.place.gatekeeper.denial(try await life.place.addKey(1, of: "games").text, .write) == nil)
        let running = Task { await life.reporter.run() }
        running.cancel()
        await running.value
        #expect(log.counts == ["games": ["requests": 1, "reads": 0]])
    }

    @Test("Days have the requests that came on them, also those that a crash kept from being written, and each once")
    func days() async throws {
        let log = Log()
        let store = InMemoryControlStore()
        let first = Life(log, store)
        let day = first.place.clock.now.day
        try await first.place.addProject("games")
        let key = try await first.place.addKey(1, of: "games").text
        for _ in 0..<4 { #expect(first.place.gatekeeper.denial(key, .read) == nil) }
        await first.end()
        await first.writer.write()
        #expect(try await first.requests(since: day) == [0: 4])
        // Reported before midnight, and looked at first behind it.
        #expect(first.place.gatekeeper.denial(key, .read) == nil)
        await first.reporter.report()
        first.place.clock.advance(bySeconds: 86_400)
        await first.writer.write()
        #expect(try await first.requests(since: day) == [0: 5])
        for _ in 0..<2 { #expect(first.place.gatekeeper.denial(key, .read) == nil) }
        // In the log, and then the process is killed.
        await first.reporter.report()

        let second = Life(log, store)
        second.place.clock.advance(bySeconds: 86_400)
        try await second.place.directory.refresh()
        await second.writer.write()
        #expect(try await second.requests(since: day) == [0: 5, 1: 2])
        #expect(second.place.gatekeeper.denial(key, .read) == nil)
        await second.end()
        #expect(try await second.requests(since: day) == [0: 5, 1: 3])
    }

    @Test("What the database does not take is written later, no request lost, for however many days it is away")
    func outage() async throws {
        let log = Log()
        let store = InMemoryControlStore()
        let life = Life(log, store)
        let day = life.place.clock.now.day
        try await life.place.addProject("games")
        let key = try await life.place.addKey(1, of: "games").text
        #expect(life.place.gatekeeper.denial(key, .read) == nil)
        await life.end()
        store.database.isReachable = false
        for _ in 0..<10 {
            life.place.clock.advance(bySeconds: 86_400)
            // Closes the day before, so that what comes now is the new day's.
            await life.writer.write()
            #expect(life.place.gatekeeper.denial(key, .read) == nil)
            await life.end()
        }
        store.database.isReachable = true
        await life.end()
        let requests = try await life.requests(since: day)
        #expect(requests.values.reduce(0, +) == 11)
        #expect(requests[10] == 1 && requests[4] == 1)
        // As in a process that begins now.
        let next = Life(log, store)
        next.place.clock.advance(bySeconds: 10 * 86_400)
        await next.writer.write()
        #expect(try await next.requests(since: day) == requests)
    }

    @Test("The month of a plan is what the log has, after a start and on another node")
    func month() async throws {
        let log = Log()
        let store = InMemoryControlStore()
        let plan = Plan(id: PlanID("small")!, name: "Small", quota: Quota(requestsPerMonth: 10))
        let first = Life(log, store)
        try await first.place.addProject("games", on: plan)
        let key = try await first.place.addKey(1, of: "games").text
        for _ in 0..<4 { #expect(first.place.gatekeeper.denial(key) == nil) }
        await first.end()
        first.place.clock.advance(bySeconds: 86_400)
        await first.writer.write()
        for _ in 0..<2 { #expect(first.place.gatekeeper.denial(key) == nil) }
        // Not written down: a crash comes between.
        await first.reporter.report()

        let second = Life(log, store)
        second.place.clock.advance(bySeconds: 86_400)
        try await second.place.directory.refresh()
        await second.writer.write()
        await second.place.directory.readMonths()
        for _ in 0..<4 { #expect(second.place.gatekeeper.denial(key) == nil) }
        #expect(second.place.gatekeeper.denial(key) == .monthIsUsedUp(limit: 10))
    }
}
