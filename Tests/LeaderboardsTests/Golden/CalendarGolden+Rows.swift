import Leaderboards
import TestSupport

extension CalendarGolden {
    /// The words of each line.
    static func rows(_ table: String, separator: String = " ") -> [[String]] {
        table.split(separator: "\n").map { line in
            line.split(separator: separator).map { String($0).trimmed }
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// An instant in a test: `instant("2026-11-23T19:59:34Z")`.
func instant(_ text: String) -> Timestamp { Timestamp(rfc3339: text)! }

/// Random instants and choices that are the same in every run.
struct SeededInstants {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    mutating func number(in range: Range<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound))
    }

    mutating func instant(in range: Range<Timestamp>) -> Timestamp {
        Timestamp(milliseconds: number(in: range.lowerBound.milliseconds..<range.upperBound.milliseconds))
    }
}
