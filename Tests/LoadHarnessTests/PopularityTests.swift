import Glibc
import LoadHarness
import Testing

@Suite("What is chosen how often")
struct PopularityTests {
    private func counts(_ count: Int, skew: Double, draws: Int, seed: UInt64 = 1) -> [Int] {
        var numbers = SeededNumbers(seed: seed)
        let popularity = Popularity(count: count, skew: skew)
        var counts = [Int](repeating: 0, count: count)
        for _ in 0..<draws { counts[popularity.choose(&numbers)] += 1 }
        return counts
    }

    @Test("Without a skew all come up alike")
    func uniform() {
        let counts = counts(20, skew: 0, draws: 200_000)
        #expect(counts.allSatisfy { (9_400...10_600).contains($0) }, "\(counts)")
    }

    @Test("With a skew, shares are those of Zipf's law", arguments: [0.5, 0.99, 1, 1.01, 1.5, 2.5])
    func zipf(skew: Double) {
        let draws = 400_000
        let counts = counts(50, skew: skew, draws: draws)
        let weights = (1...50).map { pow(1 / Double($0), skew) }
        let sum = weights.reduce(0, +)
        for (count, weight) in zip(counts, weights) {
            let expected = Double(draws) * weight / sum
            #expect(abs(Double(count) - expected) < 6 * expected.squareRoot() + 10, "\(skew): \(counts)")
        }
    }

    @Test("Ten million members cost no more than ten, and none is out of range")
    func large() {
        var numbers = SeededNumbers(seed: 3)
        let popularity = Popularity(count: 10_000_000, skew: 0.9)
        let drawn = (0..<100_000).map { _ in popularity.choose(&numbers) }
        #expect(drawn.allSatisfy { (0..<10_000_000).contains($0) })
        #expect(drawn.contains { $0 > 5_000_000 })
        #expect(drawn.count { $0 < 1000 } > 15_000)
    }

    @Test("One of one is it, and a seed draws the same again")
    func small() {
        #expect(counts(1, skew: 1, draws: 10) == [10])
        #expect(counts(9, skew: 1, draws: 1000, seed: 5) == counts(9, skew: 1, draws: 1000, seed: 5))
        #expect(counts(9, skew: 1, draws: 1000, seed: 5) != counts(9, skew: 1, draws: 1000, seed: 6))
    }

    @Test("A mix comes up by its weights")
    func mix() {
        var numbers = SeededNumbers(seed: 1)
        let mix = Mix([.init(.update, 70), .init(.rank, 20), .init(.top, 10)])
        var counts: [Operation: Int] = [:]
        for _ in 0..<100_000 { counts[mix.choose(&numbers), default: 0] += 1 }
        #expect(abs(counts[.update]! - 70_000) < 1000)
        #expect(abs(counts[.rank]! - 20_000) < 1000)
        #expect(abs(counts[.top]! - 10_000) < 1000)
    }
}
