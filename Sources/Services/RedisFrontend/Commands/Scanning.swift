/// `[MATCH pattern] [COUNT count] [TYPE type]` of SCAN and ZSCAN; of an option given twice the last counts.
struct ScanOptions: Equatable, Sendable {
    /// Nil without MATCH and for a lone `*`.
    private(set) var pattern: GlobPattern?
    /// About how many entries to look at, at least 1.
    private(set) var count = 10
    /// SCAN only, as the client wrote it. An unknown type is no error: it matches nothing.
    private(set) var type: Argument?

    init(_ arguments: Arguments, from position: Int, takesType: Bool) throws(CommandError) {
        var reader = ArgumentReader(arguments, from: position)
        while !reader.isAtEnd {
            if reader.take("count", followedBy: 1) {
                count = try reader.next().integer()
                guard count >= 1 else { throw .syntax }
            } else if reader.take("match", followedBy: 1) {
                let pattern = GlobPattern(reader.next())
                self.pattern = pattern.matchesEverything ? nil : pattern
            } else if takesType, reader.take("type", followedBy: 1) {
                type = reader.next()
            } else {
                throw .syntax
            }
        }
    }
}

extension SortedSetCommand {
    /// `ZSCAN key cursor [MATCH pattern] [COUNT count]`
    static func scanning(_ arguments: Arguments) throws(CommandError) -> SortedSetCommand {
        guard let cursor = arguments[2].cursor else { throw .invalidCursor }
        let options = Result { () throws(CommandError) in try ScanOptions(arguments, from: 3, takesType: false) }
        return .scan(key: arguments[1], cursor: cursor, options)
    }

    /// `ZRANDMEMBER key [count [WITHSCORES]]`
    static func drawing(_ arguments: Arguments) throws(CommandError) -> SortedSetCommand {
        guard arguments.count > 2 else { return .randomMember(key: arguments[1]) }
        let count = try arguments[2].integer(in: -Int.max...Int.max)
        guard arguments.count > 3 else { return .randomMembers(key: arguments[1], count: count, withScores: false) }
        guard arguments.count == 4, arguments[3].says("withscores") else { throw .syntax }
        // Scores double the reply's length, which must fit as well.
        guard (-Int.max / 2...Int.max / 2).contains(count) else { throw .outOfRange }
        return .randomMembers(key: arguments[1], count: count, withScores: true)
    }
}
