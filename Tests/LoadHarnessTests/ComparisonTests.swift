@testable import LoadHarness
import Testing

@Suite("Comparisons")
struct ComparisonTests {
    private var comparison: Comparison {
        let rates: [String: [Double]] = [
            "laurel": [900_000, 1_000_000, 1_100_000], "redis": [100_000, 105_000, 110_000],
            "valkey": [100_000, 120_000, 90_000],
        ]
        let latencies: [String: [Double]] = [
            "laurel": [500, 600, 700], "redis": [9000, 9500, 10_000], "valkey": [9000, 9000, 9000],
        ]
        let rows: [Comparison.Row] = [
            .init(name: "ZADD", unit: .perSecond, values: rates, goals: ["redis": 7]),
            .init(name: "p99", unit: .microseconds, values: latencies, goals: ["valkey": 0.2]),
            .init(name: "resident", unit: .bytes, values: ["laurel": [45.25], "redis": [141.4]]),
        ]
        return Comparison(
            name: "Test", about: "Rows on paper.", servers: ["laurel", "redis", "valkey"], members: 1_000_000,
            repeats: 3, answersAgree: true, rows: rows, remarks: ["valkey: slow today"])
    }

    @Test("Ratios are those of the medians, with the spread of single turns, and marked where the reference is noisy")
    func markdown() {
        #expect(
            comparison.markdown == """
                ## Test

                Rows on paper.

                1,000,000 members, 3 turns each, medians; answers agree.

                |  | laurel | redis | valkey | laurel / redis | laurel / valkey |
                |---|---:|---:|---:|---:|---:|
                | ZADD | 1M/s | 105k/s | 100k/s | 9.52x (9.00–10.0; goal ≥ 7) | 10.0x? (8.33–12.2) |
                | p99 | 600 µs | 9.5 ms | 9 ms | 0.06x (0.06–0.07) | 0.07x (0.06–0.08; goal ≤ 0.2) |
                | resident | 45.2 B | 141 B | – | 0.32x | – |

                `?`: the reference's own turns differ by more than 15 %, so the ratio says little.

                - valkey: slow today

                """)
    }

    @Test("Answers that differ are said loudly")
    func differing() {
        var comparison = comparison
        comparison.answersAgree = false
        #expect(comparison.markdown.contains("**answers differ**"))
    }

    @Test("The median of an even number of turns lies between the middle ones")
    func median() {
        #expect(Comparison.median([3, 1, 2]) == 2)
        #expect(Comparison.median([4, 1, 3, 2]) == 2.5)
        #expect(Comparison.median([]) == nil)
    }
}
