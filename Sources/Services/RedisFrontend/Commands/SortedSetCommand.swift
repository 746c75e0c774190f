/// A sorted-set or key command whose arguments are in order: what to do, with nothing left to refuse but for the data.
///
/// What only the data can tell is left to the executor, in this order:
/// 1. WRONGTYPE for any key read as a sorted set; for `combine` and its kin also a plain set is fine.
/// 2. Where a payload holds a `Result`, Redis looks at the keys before it reads the options: `get()` it after 1.
/// 3. A sum that is NaN (`add` with `.newScore`, `increment`): "ERR resulting score is not a number (NaN)".
enum SortedSetCommand: Equatable, Sendable {
    case add(ZAdd)
    case increment(key: Argument, by: Double, member: Argument)
    case remove(key: Argument, members: ArgumentList)
    case score(key: Argument, member: Argument)
    case scores(key: Argument, members: ArgumentList)
    case count(key: Argument)
    case countByScore(key: Argument, ScoreRange)
    case countByLex(key: Argument, LexRange)
    case rank(key: Argument, member: Argument, isReversed: Bool, withScore: Bool)

    case range(RangeQuery)
    case storeRange(destination: Argument, RangeQuery)
    case removeRange(key: Argument, RangeSelection)

    /// Without a count, one entry and a flat reply. A count of 0 takes nothing, but the key's type is still checked.
    case pop(key: Argument, PopSide, count: Int?)
    case popFirst(keys: ArgumentList, PopSide, count: Int)
    case blockingPop(keys: ArgumentList, PopSide, Timeout)
    case blockingPopFirst(keys: ArgumentList, PopSide, count: Int, Timeout)

    case randomMember(key: Argument)
    /// A negative count may draw the same member twice.
    case randomMembers(key: Argument, count: Int, withScores: Bool)
    /// A missing key is an empty scan even if the options are wrong.
    case scan(key: Argument, cursor: UInt64, Result<ScanOptions, CommandError>)

    case combine(Combination)
    case storeCombination(destination: Argument, Combination)
    case countIntersection(Combination)

    case keyspace(KeyspaceCommand)
}

extension SortedSetCommand {
    /// Parses a whole command, of which there is at least the name.
    static func parse(_ arguments: Arguments) throws(CommandError) -> SortedSetCommand {
        guard let name = CommandName(arguments[0]) else { throw .unknownCommand(arguments) }
        guard name.shape.admits(argumentCount: arguments.count) else { throw .wrongArgumentCount(name.rawValue) }
        return try parse(name, arguments)
    }

    /// Parses the arguments of `name`, as many of them as its arity wants.
    private static func parse(_ name: CommandName, _ arguments: Arguments) throws(CommandError) -> SortedSetCommand {
        switch name {
        case .zadd: .add(try ZAdd(arguments))
        case .zincrby: try incrementing(arguments)
        case .zrem: .remove(key: arguments[1], members: arguments[2...])
        case .zscore: .score(key: arguments[1], member: arguments[2])
        case .zmscore: .scores(key: arguments[1], members: arguments[2...])
        case .zcard: .count(key: arguments[1])
        case .zcount: .countByScore(key: arguments[1], try ScoreRange(min: arguments[2], max: arguments[3]))
        case .zlexcount: .countByLex(key: arguments[1], try LexRange(min: arguments[2], max: arguments[3]))
        case .zrank: try ranking(name, arguments, isReversed: false)
        case .zrevrank: try ranking(name, arguments, isReversed: true)

        case .zrange: .range(try RangeQuery(arguments))
        case .zrangestore: .storeRange(destination: arguments[1], try RangeQuery(arguments, from: 2, isStored: true))
        case .zrevrange: .range(try RangeQuery(arguments, by: .rank, isReversed: true))
        case .zrangebyscore: .range(try RangeQuery(arguments, by: .score, isReversed: false))
        case .zrevrangebyscore: .range(try RangeQuery(arguments, by: .score, isReversed: true))
        case .zrangebylex: .range(try RangeQuery(arguments, by: .lex, isReversed: false))
        case .zrevrangebylex: .range(try RangeQuery(arguments, by: .lex, isReversed: true))
        case .zremrangebyrank: try removingRange(arguments, by: .rank)
        case .zremrangebyscore: try removingRange(arguments, by: .score)
        case .zremrangebylex: try removingRange(arguments, by: .lex)

        case .zpopmin: try popping(arguments, .min)
        case .zpopmax: try popping(arguments, .max)
        case .zmpop: try poppingFirst(arguments)
        case .bzpopmin: try blockingPopping(arguments, .min)
        case .bzpopmax: try blockingPopping(arguments, .max)
        case .bzmpop: try blockingPoppingFirst(arguments)

        case .zrandmember: try drawing(arguments)
        case .zscan: try scanning(arguments)

        case .zunion: .combine(try Combination(.union, name, arguments, reply: .members))
        case .zinter: .combine(try Combination(.intersection, name, arguments, reply: .members))
        case .zdiff: .combine(try Combination(.difference, name, arguments, reply: .members))
        case .zunionstore: try storing(.union, name, arguments)
        case .zinterstore: try storing(.intersection, name, arguments)
        case .zdiffstore: try storing(.difference, name, arguments)
        case .zintercard: .countIntersection(try Combination(.intersection, name, arguments, reply: .cardinality))

        case .del, .unlink, .exists, .touch, .type, .rename, .renamenx, .copy, .expire, .pexpire, .expireat, .pexpireat,
            .ttl, .pttl, .expiretime, .pexpiretime, .persist, .scan, .keys, .object, .flushdb, .randomkey:
            .keyspace(try KeyspaceCommand(name, arguments))
        }
    }

    /// WITHSCORE came with Redis 7.2, whose errors these are.
    private static func ranking(
        _ name: CommandName, _ arguments: Arguments, isReversed: Bool
    ) throws(CommandError) -> SortedSetCommand {
        guard arguments.count <= 4 else { throw .wrongArgumentCount(name.rawValue) }
        let withScore = arguments.count == 4
        if withScore, !arguments[3].says("withscore") { throw .syntax }
        return .rank(key: arguments[1], member: arguments[2], isReversed: isReversed, withScore: withScore)
    }
}
