import Leaderboards
import Sharding
import Testing

/// A plan refuses what would go beyond it, before it is written down, and nothing else.
@Suite("Budgets")
struct BudgetTests {
    private let set = LeaderboardKey(project: "p", id: "set")

    private func limit(_ harness: ShardHarness, _ limits: PlanLimits, elsewhere: Holdings = Holdings()) {
        harness.shard.setBudgets { [shard = harness.shard] project in
            var used = shard.usage(of: project).holdings
            used += elsewhere
            return Budget(limits, used: used)
        }
    }

    @Test("beyond the entries of a plan new members are refused, and those there are go on")
    func entries() throws {
        let harness = Examples.harness()
        try harness.enter("ann", 1)
        limit(harness, PlanLimits(entriesMax: 2))
        #expect(try harness.enter("bob", 1).status == .accepted)
        let records = harness.payloads.count
        #expect(try harness.enter("cid", 1).status == .refused(.planLimit(what: "entries", limit: 2)))
        #expect(harness.payloads.count == records)
        #expect(try harness.enter("ann", 5).status == .accepted)
        #expect(harness.removeEntry(of: "bob") == nil)
        #expect(try harness.enter("cid", 1).status == .accepted)
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
        #expect(harness.delete(Examples.key) == nil)
    }

    @Test("a plain set refuses a new member and its making, and lets its members change and go")
    func plainSets() throws {
        let harness = ShardHarness(at: Examples.start)
        _ = try harness.zadd(set, "ann", 1)
        limit(harness, PlanLimits(entriesMax: 1, leaderboardsMax: 1))
        #expect(throws: Refusal.planLimit(what: "entries", limit: 1)) { try harness.zadd(set, "bob", 1) }
        #expect(try harness.zadd(set, "ann", 2) == .changed)
        let other = LeaderboardKey(project: "p", id: "other")
        #expect(throws: Refusal.planLimit(what: "leaderboards", limit: 1)) { try harness.zadd(other, "ann", 1) }
        #expect(!harness.shard.contains(other))
        #expect(harness.zrem(set, "ann"))
        #expect(try harness.zadd(other, "ann", 1) == .added)
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
    }

    @Test("seasons that a score would open count, before any is opened")
    func seasons() throws {
        let daily = RandomDefinitions.windows[0]
        let harness = Examples.harness(LeaderboardDefinition(columns: [Examples.column()], windows: [daily]))
        limit(harness, PlanLimits(entriesMax: 3))
        try harness.enter("ann", 1)
        let before = harness.payloads.count
        #expect(try harness.enter("bob", 1).status == .refused(.planLimit(what: "entries", limit: 3)))
        harness.now = harness.now.advanced(by: .seconds(86_400))
        #expect(try harness.enter("ann", 2).status == .accepted, "one row more, in the new season")
        harness.now = harness.now.advanced(by: .seconds(86_400))
        #expect(try harness.enter("ann", 3).status == .refused(.planLimit(what: "entries", limit: 3)))
        #expect(harness.payloads.count == before + 1)
        #expect(harness.shard.usageProblems() == [])
    }

    @Test("stored bytes are limited by names, rows and metadata, and an entry that is there may be written anew")
    func storedBytes() throws {
        let harness = Examples.harness()
        try harness.enter("ann", 1)
        limit(harness, PlanLimits(storedBytesMax: 624))
        var entrant = Entrant(user: "bob", score: [.integer(1)])
        entrant.metadata = #"{"a":123}"#
        #expect(try harness.submit(SubmissionBatch([entrant]))[0].status == .accepted)
        #expect(try harness.enter("cid", 1).status == .refused(.planLimit(what: "stored bytes", limit: 624)))
        entrant.score = [.integer(2)]
        entrant.metadata = #"{"a":123456789}"#
        #expect(try harness.submit(SubmissionBatch([entrant]))[0].status == .accepted)
    }

    @Test("leaderboards are limited over all shards, and one that is too many is not created")
    func leaderboards() throws {
        let harness = Examples.harness()
        let other = LeaderboardKey(project: "p", id: "other")
        let definition = LeaderboardDefinition(columns: [Examples.column()])
        limit(harness, PlanLimits(leaderboardsMax: 5), elsewhere: Holdings(leaderboards: 4))
        #expect(harness.create(other, definition).refusal == .planLimit(what: "leaderboards", limit: 5))
        limit(harness, PlanLimits(leaderboardsMax: 5), elsewhere: Holdings(leaderboards: 3))
        #expect(harness.create(other, definition).refusal == nil)
        limit(harness, PlanLimits(leaderboardsMax: 5), elsewhere: Holdings(leaderboards: 40))
        #expect(try harness.enter("ann", 1).status == .accepted, "what does not grow is not refused")
    }

    @Test("a project that begins is measured from its first command on, and leaves nothing behind if that is refused")
    func firstCommand() throws {
        let harness = Examples.harness()
        harness.shard.budgets = { _ in Budget(PlanLimits(leaderboardsMax: 0)) }
        let before = harness.shard.stateHash()
        let key = LeaderboardKey(project: "new", id: "a")
        #expect(
            harness.create(key, LeaderboardDefinition(columns: [Examples.column()])).refusal
                == .planLimit(what: "leaderboards", limit: 0))
        #expect(throws: Refusal.planLimit(what: "leaderboards", limit: 0)) { try harness.zadd(key, "m", 1) }
        #expect(harness.shard.stateHash() == before)
    }

    @Test("several members are refused together, and those that are there don't count")
    func several() throws {
        let harness = ShardHarness(at: Examples.start)
        _ = try harness.zadd(set, "ann", 1)
        limit(harness, PlanLimits(entriesMax: 2))
        func problem(_ members: String...) -> Refusal? {
            do throws(Refusal) {
                try harness.shard.requireBudget(
                    toEnter: members.map { Array($0.utf8)[...] }, count: members.count,
                    into: harness.shard.sortedSet(set, at: harness.now), of: set)
                return nil
            } catch {
                return error
            }
        }
        #expect(problem("ann", "bob", "bob") == nil)
        #expect(problem("ann", "bob", "cid") == .planLimit(what: "entries", limit: 2))
        let old = harness.shard.sortedSet(set, at: harness.now)
        #expect(throws: Never.self) {
            try harness.shard.requireBudget(toReplace: old, withMembers: 2, nameByteCount: 6, of: set)
        }
        #expect(throws: Refusal.planLimit(what: "entries", limit: 2)) {
            try harness.shard.requireBudget(toReplace: old, withMembers: 3, nameByteCount: 6, of: set)
        }
    }
}
