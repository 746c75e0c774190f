/// What can be said about a command before its arguments are parsed.
struct CommandShape: Equatable, Sendable {
    /// With the name; a negative one is a minimum. As `COMMAND INFO` has it.
    let arity: Int
    let access: Access
    let keys: Keys

    enum Access: Sendable { case reads, writes }

    /// Where among its arguments a command has its keys.
    enum Keys: Equatable, Sendable {
        case none
        /// From `first` to `last`; a negative `last` counts from the end, -1 being the last argument.
        case between(first: Int, last: Int)
        /// As many as the argument at `countIndex` says, right behind it.
        case counted(countIndex: Int)
        /// A destination at 1, and sources as with `counted`.
        case destinationAndCounted(countIndex: Int)

        static let one = between(first: 1, last: 1)
    }

    func admits(argumentCount: Int) -> Bool { arity < 0 ? argumentCount >= -arity : argumentCount == arity }

    fileprivate static func reads(_ arity: Int, _ keys: Keys = .one) -> CommandShape {
        CommandShape(arity: arity, access: .reads, keys: keys)
    }
    fileprivate static func writes(_ arity: Int, _ keys: Keys = .one) -> CommandShape {
        CommandShape(arity: arity, access: .writes, keys: keys)
    }
}

extension CommandName {
    var shape: CommandShape {
        switch self {
        case .zadd: .writes(-4)
        case .zincrby: .writes(4)
        case .zrem: .writes(-3)
        case .zscore: .reads(3)
        case .zmscore: .reads(-3)
        case .zcard: .reads(2)
        case .zcount, .zlexcount: .reads(4)
        // 3 in Redis 7.0; at least 3 since 7.2, for WITHSCORE.
        case .zrank, .zrevrank: .reads(-3)
        case .zrange, .zrevrange, .zrangebyscore, .zrevrangebyscore, .zrangebylex, .zrevrangebylex: .reads(-4)
        case .zrangestore: .writes(-5, .between(first: 1, last: 2))
        case .zremrangebyrank, .zremrangebyscore, .zremrangebylex: .writes(4)
        case .zpopmin, .zpopmax: .writes(-2)
        case .zmpop: .writes(-4, .counted(countIndex: 1))
        case .bzpopmin, .bzpopmax: .writes(-3, .between(first: 1, last: -2))
        case .bzmpop: .writes(-5, .counted(countIndex: 2))
        case .zrandmember: .reads(-2)
        case .zscan: .reads(-3)
        case .zunion, .zinter, .zdiff, .zintercard: .reads(-3, .counted(countIndex: 1))
        case .zunionstore, .zinterstore, .zdiffstore: .writes(-4, .destinationAndCounted(countIndex: 2))
        case .del, .unlink: .writes(-2, .between(first: 1, last: -1))
        case .exists, .touch: .reads(-2, .between(first: 1, last: -1))
        case .type, .ttl, .pttl, .expiretime, .pexpiretime: .reads(2)
        case .expire, .pexpire, .expireat, .pexpireat: .writes(-3)
        case .persist: .writes(2)
        case .rename, .renamenx: .writes(3, .between(first: 1, last: 2))
        case .copy: .writes(-3, .between(first: 1, last: 2))
        case .scan: .reads(-2, .none)
        case .keys: .reads(2, .none)
        // Each subcommand has its own arity; HELP has no key.
        case .object: .reads(-2, .between(first: 2, last: 2))
        case .flushdb: .writes(-1, .none)
        case .randomkey: .reads(1, .none)
        }
    }
}
