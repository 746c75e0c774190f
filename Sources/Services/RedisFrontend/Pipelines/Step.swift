internal import RESP

/// One command of a pipeline, ready to be carried out.
///
/// The commands that make up nearly all of the traffic are *direct*: understood where they lie in the bytes that arrived,
/// without a copy and without an allocation. All others are prepared in full, which is slower, and kept beside.
struct Step {
    var kind: Kind
    /// From the highest entry down.
    var isReversed = false
    var withScores = false
    /// The place of the key among those of the run; of a direct command only.
    var key: Int32 = -1
    /// Where a prepared command or a known reply is kept; of a direct command, its place in the batch.
    var index: Int32 = -1
    var member = ArgumentRange.none
    /// A score or an increment.
    var score: Double = 0
    /// Ranks, as a client gives them.
    var first = 0
    var last = 0

    enum Kind: UInt8 {
        /// ZADD without options, of one member.
        case add
        case increment
        case score
        case rank
        /// A range by rank.
        case range
        case count
        /// Any other command on keys at one place.
        case prepared
        /// It was answered before the run began.
        case answered
    }

    init(_ kind: Kind) { self.kind = kind }

    static func prepared(_ index: Int) -> Step {
        var step = Step(.prepared)
        step.index = Int32(index)
        return step
    }

    static func answered(_ index: Int) -> Step {
        var step = Step(.answered)
        step.index = Int32(index)
        return step
    }

    /// About how many commands it amounts to. Rows that are written side by side take much less than as many commands.
    var cost: Int {
        guard kind == .range else { return 1 }
        let rows = (first < 0) == (last < 0) ? last - first : 1024
        return 1 + min(max(rows, 0), 1 << 15) / 32
    }

    /// Whether it may change something; of a prepared command the command knows.
    var isDirectWrite: Bool { kind == .add || kind == .increment }
    var isDirect: Bool { kind.rawValue < Kind.prepared.rawValue }
    /// It is about one member, whose entry is looked up ahead.
    var hasMember: Bool { kind.rawValue <= Kind.rank.rawValue }
}
