/// The entries of one sorted set that ZRANGE and its six relatives ask for.
struct RangeQuery: Equatable, Sendable {
    let key: Argument
    let selection: RangeSelection
    /// Only with scores and lex.
    let limit: RangeLimit?
    /// From the highest entry down; ranks then count from there, too.
    let isReversed: Bool
    let withScores: Bool
}

enum RangeSelection: Equatable, Sendable {
    /// 0-based and inclusive; negative ones count from the end.
    case ranks(start: Int, stop: Int)
    case scores(ScoreRange)
    case lex(LexRange)

    enum Kind: Sendable { case rank, score, lex }

    init(_ kind: Kind, _ first: Argument, _ last: Argument) throws(CommandError) {
        switch kind {
        case .rank: self = .ranks(start: try first.integer(), stop: try last.integer())
        case .score: self = .scores(try ScoreRange(min: first, max: last))
        case .lex: self = .lex(try LexRange(min: first, max: last))
        }
    }
}

/// LIMIT: with a negative offset there is nothing, with a negative count no end.
struct RangeLimit: Equatable, Sendable {
    let offset: Int
    let count: Int
}

extension RangeQuery {
    /// Key and bounds begin at `position`. What the command's name leaves open, `kind` and `isReversed`, options may say.
    init(
        _ arguments: Arguments, from position: Int = 1, by kind: RangeSelection.Kind? = nil, isReversed: Bool? = nil,
        isStored: Bool = false
    ) throws(CommandError) {
        var (kind, isReversed, withScores) = (kind, isReversed, false)
        var limit: RangeLimit?
        var reader = ArgumentReader(arguments, from: position + 3)
        while !reader.isAtEnd {
            if !isStored, reader.take("withscores") {
                withScores = true
            } else if reader.take("limit", followedBy: 2) {
                limit = RangeLimit(offset: try reader.next().integer(), count: try reader.next().integer())
            } else if isReversed == nil, reader.take("rev") {
                isReversed = true
            } else if kind == nil, reader.take("bylex") {
                kind = .lex
            } else if kind == nil, reader.take("byscore") {
                kind = .score
            } else {
                throw .syntax
            }
        }
        // A count of -1 is what Redis has without LIMIT, so it sees none.
        if kind ?? .rank == .rank, let limit, limit.count != -1 { throw .limitWithRanks }
        if kind == .lex, withScores { throw .scoresWithLex }

        // Reversed bounds come with the higher one first, ranks always with the first one first.
        let swapsBounds = isReversed == true && kind ?? .rank != .rank
        let (first, last) = (arguments[position + 1], arguments[position + 2])
        key = arguments[position]
        selection = try RangeSelection(kind ?? .rank, swapsBounds ? last : first, swapsBounds ? first : last)
        self.limit = kind ?? .rank == .rank ? nil : limit
        self.isReversed = isReversed ?? false
        self.withScores = withScores
    }
}

extension SortedSetCommand {
    static func removingRange(
        _ arguments: Arguments, by kind: RangeSelection.Kind
    ) throws(CommandError) -> SortedSetCommand {
        .removeRange(key: arguments[1], try RangeSelection(kind, arguments[2], arguments[3]))
    }
}

extension CommandError {
    fileprivate static let limitWithRanks = CommandError(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
    fileprivate static let scoresWithLex = CommandError(
        "ERR syntax error, WITHSCORES not supported in combination with BYLEX")
}
