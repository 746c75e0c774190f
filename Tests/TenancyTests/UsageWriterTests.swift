import AccessSupport
import ControlPlane
import Leaderboards
import Logging
import Synchronization
import Testing

@testable import Tenancy

@Suite struct UsageWriterTests {
    /// Counters that a test sets, and the writer that reads them.
    private final class Desk: Sendable {
        let place = AccessPlace()
        let counts = Mutex<[String: [String: Int64]]>([:])

        func writer(_ source: String = "node") -> UsageWriter {
            UsageWriter(
                store: place.store, clock: place.clock.access, configuration: .init(source: source),
                logger: Logger(label: "usage") { _ in SwiftLogNoOpLogHandler() }
            ) { [self] in counts.withLock { $0 } }
        }

        func set(_ accepted: Int64, of project: String = "games") {
            counts.withLock { $0[project] = ["scores_accepted": accepted] }
        }

        /// By days, counted from the first.
        func written(of project: String = "games", since day: Int) async throws -> [Int: Int64] {
            let rows = try await place.store.usage(of: ProjectID(project)!, days: day - 10...day + 20)
            return Dictionary(uniqueKeysWithValues: rows.map { ($0.day - day, $0.value) })
        }
    }

    @Test("A day has the counters as they were last, over restarts, and once")
    func restarts() async throws {
        let desk = Desk()
        let day = desk.place.clock.now.day
        desk.set(5)
        let first = desk.writer()
        await first.write()
        await first.write()
        #expect(try await desk.written(since: day) == [0: 5])
        desk.set(8)
        let second = desk.writer()
        await second.write()
        desk.set(9)
        await second.write()
        #expect(try await desk.written(since: day) == [0: 9])
        await desk.writer("another").write()
        #expect(try await desk.written(since: day) == [0: 18])
    }

    @Test("A day that ends is closed with what it ended with, and the next one begins with that")
    func midnight() async throws {
        let desk = Desk()
        let day = desk.place.clock.now.day
        let writer = desk.writer()
        desk.set(5)
        await writer.write()
        desk.set(7)
        desk.place.clock.advance(bySeconds: 86_400)
        await writer.write()
        desk.set(11)
        await writer.write()
        #expect(try await desk.written(since: day) == [0: 7, 1: 11])
    }

    @Test("What the database does not take is written at the next turn, days that ended meanwhile as of their ends")
    func outage() async throws {
        let desk = Desk()
        let day = desk.place.clock.now.day
        let writer = desk.writer()
        desk.set(5)
        await writer.write()
        desk.place.store.database.isReachable = false
        for count in 1...9 {
            desk.set(5 + Int64(count))
            desk.place.clock.advance(bySeconds: 86_400)
            await writer.write()
        }
        desk.place.store.database.isReachable = true
        desk.set(20)
        await writer.write()
        // Seven days are kept.
        #expect(
            try await desk.written(since: day)
                == [0: 5, 2: 8, 3: 9, 4: 10, 5: 11, 6: 12, 7: 13, 8: 14, 9: 20])
    }

    @Test("When it is told to stop it writes once more, and projects that can have no id are left out")
    func end() async throws {
        let desk = Desk()
        let day = desk.place.clock.now.day
        desk.set(3)
        desk.set(4, of: "No Such Id")
        let writer = desk.writer()
        let running = Task { await writer.run() }
        running.cancel()
        await running.value
        #expect(try await desk.written(since: day) == [0: 3])
    }
}
