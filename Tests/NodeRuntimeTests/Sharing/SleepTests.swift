import Glibc
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Synchronization
import Testing

@Suite("Scenario 27: a machine that sleeps", .timeLimit(.minutes(2)))
struct SleepTests {
    /// What an owner answers that has slept for a minute, before it has heard of anything, while another took its shard.
    private func answer(_ countsSleep: Bool) async throws -> Result<String, ServiceError> {
        let place = ClusterPlace(shardCount: 1)
        let clocks = (0..<2).map { _ in SleepingClock(place.clock, countsSleep: countsSleep) }
        let members = [place.member(1, clock: clocks[0]), place.member(2, clock: clocks[1])]
        var answer: Result<String, ServiceError>?
        try await place.run(members) {
            try await place.pass { await members.owner(of: .a) != nil }
            let owner = try #require(await members.owner(of: .a))
            _ = try await owner.node.create(.a, .points())
            try await owner.node.add("ann", points: 3)
            #expect(try await owner.node.table() == "ann 3")

            // It sends nothing any more, and hears nothing.
            let clock = clocks[Int(owner.id.number) - 1]
            owner.log.cut()
            owner.membership.believe(alive: [1, 2])
            clock.fallAsleep()
            place.rumours.set(owner.id, .gone)
            let other = members.first { $0.id != owner.id }!
            try await place.pass { await other.node.isOwner(of: .a) }
            try await other.node.add("cid", points: 7)
            await place.pass(.seconds(60))

            clock.wakeUp()
            async let found = owner.node.answer()
            await place.pass(.milliseconds(500))
            owner.log.mend()
            answer = await found
            #expect(try await other.node.table() == "cid 7, ann 3")
        }
        return try #require(answer)
    }

    @Test("The time it slept counts: its lease is over when it wakes, and it answers nothing from before")
    func owner() async throws {
        switch try await answer(true) {
        // The first if it had nothing on its way to the log.
        case .failure(.moved), .failure(.unavailable): break
        case let answer: Issue.record("\(answer)")
        }
    }

    @Test("Canary: by a clock that stands still meanwhile it answers what is not so any more")
    func standingClock() async throws {
        #expect(try await answer(false) == .success("ann 3"))
    }

    @Test("Leases are measured by the clock that goes on while the machine sleeps")
    func systemClock() {
        func bootTime() -> Duration {
            var time = timespec()
            clock_gettime(CLOCK_BOOTTIME, &time)
            return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
        }
        let before = bootTime()
        let uptime = SystemClock().uptime()
        #expect(before <= uptime && uptime <= bootTime())
    }
}

extension Node {
    fileprivate func answer() async -> Result<String, ServiceError> {
        do throws(ServiceError) {
            let page = try await page(.a, BoardSelector(), .from(offset: 0, limit: 10), ReadOptions())
            return .success(page.rows)
        } catch {
            return .failure(error)
        }
    }
}

/// The clock of a machine that sleeps now and then.
private final class SleepingClock: NodeClock {
    private struct State {
        var slept: Duration = .zero
        var asleepSince: Duration?
    }

    private let base: ManualClock
    private let countsSleep: Bool
    private let state = Mutex(State())

    init(_ base: ManualClock, countsSleep: Bool) { (self.base, self.countsSleep) = (base, countsSleep) }

    func fallAsleep() { state.withLock { $0.asleepSince = base.uptime() } }

    func wakeUp() {
        state.withLock { state in
            state.slept += base.uptime() - state.asleepSince!
            state.asleepSince = nil
        }
    }

    func uptime() -> Duration {
        let now = base.uptime()
        if countsSleep { return now }
        return state.withLock { ($0.asleepSince ?? now) - $0.slept }
    }

    func now() -> Timestamp { base.now() }
    func randomNumber() -> UInt64 { base.randomNumber() }
    func sleep(for duration: Duration) async throws { try await base.sleep(for: duration) }
}
