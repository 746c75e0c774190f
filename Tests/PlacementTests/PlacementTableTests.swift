import Leaderboards
import Placement
import TestSupport
import Testing

/// Who should own what.
@Suite("Placement")
struct PlacementTableTests {
    @Test("Canary for other machines and versions: these nodes have these shards")
    func golden() {
        let nodes = (1...5).map { NodeProfile(id: NodeID(UInt64($0)), zone: Zone("z\($0 % 3)")) }
        let table = PlacementTable(ShardSet(count: 16), on: nodes)
        #expect(table.owners() == [4, 4, 3, 1, 5, 3, 5, 2, 4, 1, 3, 5, 1, 5, 2, 2])
        #expect(table.followers(of: ShardID(0), count: 2) == [NodeID(5), NodeID(3)])
    }

    @Test("The order in which nodes are listed is irrelevant, and so is a node listed twice", arguments: 0..<20)
    func order(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let nodes = Cluster.nodes(1 + random.below(20), &random)
        let shards = ShardSet(count: 64)
        let table = PlacementTable(shards, on: nodes)
        #expect(PlacementTable(shards, on: nodes.shuffled(using: &random) + [nodes[0]]) == table)
        let fewer = Array(nodes.dropLast())
        let current = table.current
        #expect(
            PlacementTable(shards, on: fewer.shuffled(using: &random), current: current)
                == PlacementTable(shards, on: fewer, current: current))
    }

    @Test("No node has more than a tenth above its share, whatever came and went", arguments: 0..<8)
    func balance(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var nodes = Cluster.nodes(1 + random.below(12), &random)
        var table = PlacementTable(ShardSet(count: 256), on: nodes)
        for step in 0..<30 {
            #expect(table.problems() == [], "seed \(seed), step \(step)")
            switch random.below(3) {
            case 0: nodes.append(Cluster.node(&random))
            case 1 where nodes.count > 1: nodes.remove(at: random.below(nodes.count))
            default: nodes[random.below(nodes.count)].weight = 50 + random.below(200)
            }
            table = table.adapted(to: nodes)
        }
    }

    @Test("With ten equal nodes and 256 shards the fullest has at most 1.10 of the mean")
    func tenNodes() {
        for seed in 0..<20 {
            var random = SplitMix64(seed: UInt64(seed))
            let nodes = (0..<10).map { _ in NodeProfile(id: NodeID(random.next())) }
            let most = PlacementTable(ShardSet(count: 256), on: nodes).loads().max()!
            #expect(Double(most) / 25.6 <= 1.10)
        }
    }

    @Test("A node that comes takes its share, and nothing else moves", arguments: 0..<20)
    func join(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let nodes = (0..<(1 + random.below(20))).map { _ in NodeProfile(id: NodeID(random.next())) }
        let table = PlacementTable(ShardSet(count: 256), on: nodes)
        let newcomer = NodeProfile(id: NodeID(random.next()))
        let moves = PlacementPlan(from: table, to: table.adapted(to: nodes + [newcomer])).moves
        #expect(moves.count == 256 / (nodes.count + 1))
        #expect(moves.allSatisfy { $0.to == newcomer.id && $0.from != nil })
    }

    @Test("When a node goes only its shards move", arguments: 0..<20)
    func leave(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let nodes = (0..<(2 + random.below(20))).map { _ in NodeProfile(id: NodeID(random.next())) }
        let table = PlacementTable(ShardSet(count: 256), on: nodes)
        let gone = nodes[random.below(nodes.count)]
        let moves = PlacementPlan(from: table, to: table.adapted(to: nodes.filter { $0 != gone })).moves
        #expect(moves.map(\.shard) == table.shards(of: gone.id))
        #expect(moves.allSatisfy { $0.from == nil })
    }

    @Test("However nodes come, go and change, all moves beyond the least possible are under 1 % of the shards")
    func churn() {
        for seed in 0..<4 {
            var random = SplitMix64(seed: UInt64(seed))
            var nodes = Cluster.nodes(10, &random)
            var table = PlacementTable(ShardSet(count: 256), on: nodes)
            for step in 0..<40 {
                if random.chance(2) || nodes.count < 4 {
                    nodes.append(Cluster.node(&random))
                } else {
                    nodes.remove(at: random.below(nodes.count))
                }
                let next = table.adapted(to: nodes)
                let moved = PlacementPlan(from: table, to: next).moves.count
                #expect(moved <= table.movesNeeded(for: nodes) + 2, "seed \(seed), step \(step)")
                table = next
            }
        }
    }

    @Test("A node that gets another weight gives or takes what that makes its share, and others keep theirs")
    func weightChange() {
        var nodes = (1...8).map { NodeProfile(id: NodeID(UInt64($0))) }
        let table = PlacementTable(ShardSet(count: 256), on: nodes)
        #expect(table.loads() == [Int](repeating: 32, count: 8))
        nodes[3].weight = 200
        let heavier = table.adapted(to: nodes)
        #expect(heavier.shards(of: NodeID(4)).count == 56)
        #expect(PlacementPlan(from: table, to: heavier).moves.map(\.to) == [NodeID](repeating: NodeID(4), count: 24))
        nodes[3].weight = 0
        let emptied = heavier.adapted(to: nodes)
        #expect(emptied.shards(of: NodeID(4)) == [])
        #expect(PlacementPlan(from: heavier, to: emptied).moves.count == 56)
        let kept = PlacementPlan(from: heavier, to: heavier.adapted(to: nodes.filter { $0.id != NodeID(4) }))
        #expect(kept.moves.count == 56)
    }

    @Test("A change of weight within a tenth moves nothing")
    func smallChange() {
        var nodes = (1...8).map { NodeProfile(id: NodeID(UInt64($0))) }
        let table = PlacementTable(ShardSet(count: 256), on: nodes)
        nodes[0].weight = 109
        #expect(PlacementPlan(from: table, to: table.adapted(to: nodes)).moves == [])
    }

    @Test("What a dead node had goes to nodes that followed it")
    func succession() {
        var inherited = 0
        var all = 0
        for seed in 0..<8 {
            var random = SplitMix64(seed: UInt64(seed))
            let nodes = (0..<9).map { NodeProfile(id: NodeID(random.next()), zone: Zone("z\($0 % 3)")) }
            let table = PlacementTable(ShardSet(count: 256), on: nodes)
            let after = table.adapted(to: Array(nodes.dropFirst()))
            for shard in table.shards(of: nodes[0].id) {
                all += 1
                if table.followers(of: shard, count: 2).contains(after.owner(of: shard)!) { inherited += 1 }
            }
        }
        #expect(inherited * 100 >= all * 90, "\(inherited) of \(all)")
    }

    @Test("Without nodes nobody owns anything; all that are being emptied share alike; no shards is no trouble")
    func extremes() {
        #expect(PlacementTable(ShardSet(count: 4), on: []).owner(of: ShardID(3)) == nil)
        #expect(PlacementTable(ShardSet(count: 4), on: []).followers(of: ShardID(3), count: 2) == [])
        let emptying = (1...2).map { NodeProfile(id: NodeID(UInt64($0)), weight: 0) }
        #expect(PlacementTable(ShardSet(count: 4), on: emptying).loads() == [2, 2])
        #expect(PlacementTable(ShardSet(count: 0), on: emptying).loads() == [0, 0])
        let many = (1...9).map { NodeProfile(id: NodeID(UInt64($0)), weight: 1_000_000_000) }
        #expect(PlacementTable(ShardSet(count: 3), on: many).loads().max() == 1)
    }
}
