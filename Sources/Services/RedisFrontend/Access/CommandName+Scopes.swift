internal import ControlPlane

extension CommandName {
    /// What a key must be for to run the command. As over HTTP: who enters scores need not see rankings, and removing what is
    /// there is the admin's.
    var scopes: Scopes {
        switch self {
        case .zadd, .zincrby: .write
        case .zscore, .zmscore, .zcard, .zcount, .zlexcount, .zrank, .zrevrank, .zrange, .zrevrange, .zrangebyscore,
            .zrevrangebyscore, .zrangebylex, .zrevrangebylex, .zrandmember, .zscan, .zunion, .zinter, .zdiff,
            .zintercard, .exists, .touch, .type, .ttl, .pttl, .expiretime, .pexpiretime, .scan, .keys, .object,
            .randomkey:
            .read
        case .zrem, .zremrangebyrank, .zremrangebyscore, .zremrangebylex, .del, .unlink, .rename, .renamenx, .expire,
            .pexpire, .expireat, .pexpireat, .persist, .flushdb:
            .admin
        // They tell what they take, or copy what they read.
        case .zpopmin, .zpopmax, .zmpop, .bzpopmin, .bzpopmax, .bzmpop, .zrangestore, .zunionstore, .zinterstore,
            .zdiffstore, .copy:
            [.read, .admin]
        }
    }
}
