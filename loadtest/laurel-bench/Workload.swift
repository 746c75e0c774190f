/// Names and scores, from a seed.
struct Workload {
    enum Scores: String {
        /// 10^12 possible scores: hardly any two are equal.
        case spread
        /// A thousand possible scores.
        case few = "1000 only"
    }

    static let nameBytes = 15
    let members: Int
    let scores: Scores
    private var state: UInt64

    init(members: Int, scores: Scores, seed: UInt64) {
        self.members = members
        self.scores = scores
        state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func member() -> Int { Int(truncatingIfNeeded: next() % UInt64(members)) }
    mutating func score() -> UInt64 { next() % (scores == .spread ? 1_000_000_000_000 : 1000) }

    /// Writes `player-%08d`.
    static func write(nameOf member: Int, to bytes: UnsafeMutablePointer<UInt8>) {
        for (index, byte) in "player-".utf8.enumerated() { bytes[index] = byte }
        var rest = member
        for index in stride(from: nameBytes - 1, through: 7, by: -1) {
            bytes[index] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }

    /// Commands as they would stand in a receive buffer: names one behind the other, and a score for each.
    struct Commands {
        var bytes: [UInt8]
        var ranges: [Range<Int>]
        var scores: [UInt64]
    }

    mutating func commands(_ count: Int) -> Commands {
        var commands = Commands(
            bytes: [UInt8](repeating: 0, count: count * Self.nameBytes),
            ranges: (0..<count).map { ($0 * Self.nameBytes)..<(($0 + 1) * Self.nameBytes) }, scores: [])
        commands.scores.reserveCapacity(count)
        for index in 0..<count {
            let member = member()
            commands.bytes.withUnsafeMutableBufferPointer {
                Self.write(nameOf: member, to: $0.baseAddress! + index * Self.nameBytes)
            }
            commands.scores.append(score())
        }
        return commands
    }
}
