import Leaderboards
import NodeRuntime
import Sharding
import Synchronization
import Testing

/// What a project may have counts over all shards of a node.
@Suite("Budgets of a node")
struct BudgetTests {
    /// Plans that a test changes.
    final class Plans: ProjectLimits {
        private let plans = Mutex<[String: PlanLimits]>([:])
        func set(_ limits: PlanLimits, of project: String) { plans.withLock { $0[project] = limits } }
        func limits(of project: String) -> PlanLimits { plans.withLock { $0[project] } ?? PlanLimits() }
    }

    @Test("what is in all shards counts, with the next count or after a restart, and other projects are not concerned")
    func shards() async throws {
        let place = NodePlace(shardCount: 3)
        let plans = Plans()
        place.limits = plans
        plans.set(PlanLimits(entriesMax: 6), of: "p")
        let keys = LeaderboardKey.spread(over: 3)
        let refused = SubmissionOutcome.Status.refused(.planLimit(what: "entries", limit: 6))
        try await place.run { node async throws in
            for key in keys {
                _ = try await node.create(key, .points())
                try await node.add("ann", "bob", to: key)
            }
            await place.pass()
            for key in keys { #expect(try await node.add("cid", to: key).status == refused) }
            #expect(try await node.add("ann", to: keys[0]).status == .accepted)
            let other = LeaderboardKey(project: "q", id: "a")
            _ = try await node.create(other, .points())
            #expect(try await node.add("cid", to: other).status == .accepted)
            _ = try await node.removeEntry(keys[0], user: Array("ann".utf8))
            await place.pass()
            #expect(try await node.add("cid", to: keys[1]).status == .accepted)
        }
        try await place.run { node async throws in
            #expect(try await node.add("dan", to: keys[0]).status == refused, "before anything was counted anew")
            plans.set(PlanLimits(entriesMax: 7), of: "p")
            await place.pass()
            #expect(try await node.add("dan", to: keys[0]).status == .accepted)
        }
        #expect(await place.verify() == [])
    }

    @Test("a project that begins is held to its plan at once, and over HTTP and Redis alike")
    func beginning() async throws {
        let place = NodePlace()
        let plans = Plans()
        place.limits = plans
        plans.set(PlanLimits(leaderboardsMax: 1), of: "p")
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            #expect(
                await problem { try await node.create(.b, .points()) }
                    == .refused(.planLimit(what: "leaderboards", limit: 1)))
            #expect(await node.start(.enter("ann"), .b).end() == nil)
            #expect(try await node.usage(of: "p").value.holdings.leaderboards == 1)
        }
    }
}
