import Leaderboards
import Sharding
import TestSupport
import Testing

/// Pages that are kept until an entry near an end of the board changes, beside pages made anew each time.
@Suite("Kept pages")
struct KeptPagesTests {
    private let key = LeaderboardKey(project: "p", id: "set")
    private let pages = [(0, 9), (0, 99), (90, 120), (127, 127)].flatMap { first, last in
        [false, true].map { KeptPages.Key(first: first, last: last, isDescending: $0, format: 1) }
    }

    @Test("say what is so, whatever changed, and outlive changes in the middle", arguments: [UInt64(1), 2, 3])
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let harness = ShardHarness(at: Examples.start)
        for number in 0..<600 { _ = try harness.zadd(key, "m\(number)", Double(random.below(1000))) }
        var (keptCount, middleCount) = (0, 0)
        for _ in 0..<2000 {
            let member = "m\(random.below(700))"
            // Mostly scores from the middle: most changes are seen from neither end.
            let score = random.chance(10) ? Double(random.below(1000)) : 400 + Double(random.below(200))
            if random.chance(20) {
                _ = harness.zrem(key, member)
            } else if try harness.zadd(key, member, score) == .changed {
                middleCount += 1
            }
            let set = try #require(harness.shard.sortedSet(key, at: harness.now))
            for page in pages where random.chance(3) {
                let fresh = write(page, of: set)
                if let kept = set.keptPage(page) {
                    #expect(kept == fresh)
                    keptCount += 1
                } else {
                    set.keep(fresh, as: page)
                    #expect(set.keptPage(page) == fresh)
                }
            }
        }
        #expect(keptCount > 100 && middleCount > 100, "the run shows nothing otherwise")
    }

    @Test("are of the first 128 places of either end only")
    func reach() {
        #expect(SortedSet.canKeep(first: 0, last: 127) && SortedSet.canKeep(first: 127, last: 127))
        #expect(!SortedSet.canKeep(first: 0, last: 128) && !SortedSet.canKeep(first: -1, last: 5))
        #expect(!SortedSet.canKeep(first: 5, last: 4))
    }

    private func write(_ page: KeptPages.Key, of set: SortedSet) -> [UInt8] {
        let (first, end) = (min(page.first, set.count), min(page.last + 1, set.count))
        let places = page.isDescending ? (set.count - end)..<(set.count - first) : first..<end
        var bytes: [UInt8] = []
        set.forEach(places, descending: page.isDescending) { member, score in
            bytes += Array(member) + Array(" \(score)\n".utf8)
        }
        return bytes
    }
}
