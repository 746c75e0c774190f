import Leaderboards
import Placement
import Testing

/// When shards are handed over, and what is asked before.
@Suite("Heirs")
struct HeirWatchTests {
    private let heir = NodeID(2)

    private func wishes(_ numbers: UInt64..., heir: UInt64 = 2) -> [ShardID: HeirWatch.Wish] {
        var wishes: [ShardID: HeirWatch.Wish] = [:]
        for (shard, number) in numbers.enumerated() {
            wishes[ShardID(UInt16(shard))] = HeirWatch.Wish(heir: NodeID(heir), number: number)
        }
        return wishes
    }

    private func questions(_ watch: inout HeirWatch, at now: Duration) -> [NodeID: [ShardID]] {
        Dictionary(uniqueKeysWithValues: watch.takeQuestions(at: now).map { ($0.heir, $0.shards) })
    }

    private func due(_ watch: HeirWatch, at now: Duration) -> [ShardID] { watch.due(at: now).map(\.shard) }

    @Test("Nothing is handed over before its heir was asked, and has it")
    func asked() {
        var watch = HeirWatch()
        watch.want(wishes(500, 500, 500), at: .zero)
        #expect(due(watch, at: .zero) == [])
        #expect(questions(&watch, at: .zero) == [heir: [ShardID(0), ShardID(1), ShardID(2)]])
        // The first lacks nothing that counts, the second one too much, the third is not even followed.
        watch.answer(
            of: heir, [ShardID(0): 500 - HeirWatch.distanceMax, ShardID(1): 499 - HeirWatch.distanceMax],
            at: .milliseconds(5))
        #expect(due(watch, at: .milliseconds(10)) == [ShardID(0)])
        #expect(watch.due(at: .milliseconds(10)).map(\.heir) == [heir])
    }

    @Test("An answer is compared with what the owner had when it asked")
    func moving() {
        var watch = HeirWatch()
        watch.want(wishes(100), at: .zero)
        _ = questions(&watch, at: .zero)
        watch.want(wishes(900), at: .milliseconds(100))
        watch.answer(of: heir, [ShardID(0): 90], at: .milliseconds(110))
        #expect(due(watch, at: .milliseconds(110)) == [ShardID(0)])
    }

    @Test("A node is asked one question at a time, and not all the time")
    func pace() {
        var watch = HeirWatch()
        watch.want(wishes(1), at: .zero)
        #expect(questions(&watch, at: .zero) == [heir: [ShardID(0)]])
        #expect(questions(&watch, at: .seconds(9)) == [:])
        watch.answer(of: heir, nil, at: .seconds(9))
        #expect(questions(&watch, at: .seconds(9)) == [heir: [ShardID(0)]])
        watch.answer(of: heir, nil, at: .seconds(9))
        #expect(questions(&watch, at: .milliseconds(9100)) == [:])
        #expect(questions(&watch, at: .milliseconds(9250)) == [heir: [ShardID(0)]])
    }

    @Test("An answer that is old, of another node, or to a question that was not asked counts for nothing")
    func oldAnswers() {
        var watch = HeirWatch()
        watch.want(wishes(1), at: .zero)
        watch.answer(of: heir, [ShardID(0): 1], at: .zero)
        #expect(due(watch, at: .zero) == [])
        _ = questions(&watch, at: .zero)
        watch.answer(of: heir, [ShardID(0): 1], at: .zero)
        #expect(due(watch, at: .milliseconds(900)) == [ShardID(0)])
        #expect(due(watch, at: .milliseconds(1100)) == [])
        _ = questions(&watch, at: .seconds(2))
        // Meanwhile somebody else should have it.
        watch.want(wishes(1, heir: 3), at: .seconds(2))
        watch.answer(of: heir, [ShardID(0): 1], at: .seconds(2))
        #expect(due(watch, at: .seconds(2)) == [])
        // What nobody wants any more is forgotten.
        watch.want([:], at: .seconds(2))
        watch.want(wishes(1), at: .seconds(2))
        #expect(due(watch, at: .seconds(2)) == [])
    }

    @Test("Shards that stay for long are told of, once in a while")
    func news() {
        var watch = HeirWatch()
        func isNews(at seconds: Int) -> [NodeID: [ShardID: HeirWatch.Lack]] {
            Dictionary(uniqueKeysWithValues: watch.takeNews(at: .seconds(seconds)).map { ($0.heir, $0.lacks) })
        }
        watch.want(wishes(500, 1), at: .zero)
        _ = questions(&watch, at: .zero)
        watch.answer(of: heir, [ShardID(0): 100], at: .zero)
        #expect(isNews(at: 29) == [:])
        #expect(isNews(at: 30) == [heir: [ShardID(0): .records(400), ShardID(1): .everything]])
        #expect(isNews(at: 31) == [:])
        _ = questions(&watch, at: .seconds(40))
        watch.answer(of: heir, nil, at: .seconds(42))
        #expect(isNews(at: 60) == [heir: [ShardID(0): .unknown, ShardID(1): .unknown]])
        _ = questions(&watch, at: .seconds(70))
        watch.answer(of: heir, [ShardID(0): 500, ShardID(1): 1], at: .seconds(70))
        #expect(isNews(at: 95) == [:])
    }

    @Test("A node that ends prefers who has nearly all, then who has most")
    func atTheEnd() {
        let preference = [NodeID(5), NodeID(2), NodeID(3), NodeID(4)]
        func heir(_ applied: [UInt64: UInt64]) -> NodeID? {
            let applied = Dictionary(uniqueKeysWithValues: applied.map { (NodeID($0.key), $0.value) })
            return HeirWatch.heir(among: preference, applied: applied, number: 1000)
        }
        #expect(heir([:]) == nil)
        #expect(heir([4: 1000, 3: 1000]) == NodeID(3))
        #expect(heir([5: 1000, 3: 1000]) == NodeID(5))
        #expect(heir([5: 10, 3: 950, 4: 1000]) == NodeID(3))
        #expect(heir([5: 10, 3: 20, 4: 20]) == NodeID(3))
        #expect(heir([9: 1000]) == nil)
    }
}
