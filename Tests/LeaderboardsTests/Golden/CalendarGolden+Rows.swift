import Leaderboards

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

/// Random instants and choices that are the same in every run (SplitMix64).
struct SeededInstants {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(in range: Range<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound))
    }

    mutating func instant(in range: Range<Timestamp>) -> Timestamp {
        Timestamp(milliseconds: number(in: range.lowerBound.milliseconds..<range.upperBound.milliseconds))
    }
}
