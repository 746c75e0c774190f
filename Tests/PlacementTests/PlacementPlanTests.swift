import Leaderboards
import Placement
import TestSupport
import Testing

/// What has to move, and how much of it at once.
@Suite("Placement plans")
struct PlacementPlanTests {
    private let nodes = (1...4).map { NodeProfile(id: NodeID(UInt64($0))) }
    private let shards = ShardSet(count: 64)

    @Test("A plan between equal tables is empty")
    func nothing() {
        let table = PlacementTable(shards, on: nodes)
        #expect(PlacementPlan(from: table, to: table.adapted(to: nodes)).next() == [])
    }

    @Test("Hand-overs are bounded, in all and for each node, and all are made in the end")
    func bounds() {
        let table = PlacementTable(shards, on: nodes)
        let goal = table.adapted(to: nodes + (5...8).map { NodeProfile(id: NodeID(UInt64($0))) })
        let plan = PlacementPlan(from: table, to: goal)
        #expect(plan.moves.count == 32)
        let limits = PlacementPlan.Limits(atOnce: 5, perNode: 2)
        var running: [PlacementPlan.Move] = []
        var ended: Set<ShardID> = []
        var random = SplitMix64(seed: 1)
        while ended.count < plan.moves.count {
            running += plan.next(running: running, ended: ended, limits: limits)
            #expect(1...5 ~= running.count)
            for node in goal.nodes { #expect(running.count { $0.from == node.id || $0.to == node.id } <= 2) }
            #expect(plan.next(running: running, ended: ended, limits: limits) == [])
            guard !running.isEmpty else { break }
            ended.insert(running.remove(at: random.below(running.count)).shard)
        }
        #expect(ended == Set(plan.moves.map(\.shard)))
    }

    @Test("What a dead node left is taken over at once, before anything is handed over")
    func abandoned() {
        let table = PlacementTable(shards, on: nodes)
        var remaining = Array(nodes.dropFirst())
        remaining.append(NodeProfile(id: NodeID(9), weight: 200))
        let plan = PlacementPlan(from: table, to: table.adapted(to: remaining))
        let left = table.shards(of: NodeID(1)).count
        #expect(plan.moves.prefix(left).allSatisfy { $0.from == nil })
        let first = plan.next(limits: PlacementPlan.Limits(atOnce: 1, perNode: 1))
        #expect(first.count { $0.from == nil } == left)
        #expect(first.count { $0.from != nil } == min(1, plan.moves.count - left))
    }
}
