import Testing

@testable import RedisFrontend

/// Every text here was given by a Redis 7.0.15 (those on WITHSCORE: by 7.2).
@Suite("Errors of the sorted-set commands")
struct SortedSetErrorTests {
    private static let syntax = "ERR syntax error"
    private static let integer = "ERR value is not an integer or out of range"
    private static let float = "ERR value is not a valid float"
    private static let bound = "ERR min or max is not a float"
    private static let lexBound = "ERR min or max not valid string range item"

    @Test(
        "Adding",
        arguments: [
            ("ZADD k NX XX", syntax), ("ZADD k 1 a 2", syntax), ("ZADD k NX CH INCR", syntax),
            ("ZADD k NX XX 1 a", "ERR XX and NX options at the same time are not compatible"),
            ("ZADD k NX XX GT LT 1 a", "ERR XX and NX options at the same time are not compatible"),
            ("ZADD k NX GT 1 a", "ERR GT, LT, and/or NX options at the same time are not compatible"),
            ("ZADD k gt lt x a", "ERR GT, LT, and/or NX options at the same time are not compatible"),
            ("ZADD k INCR 1 a x b", "ERR INCR option supports a single increment-element pair"),
            ("ZADD k 1 a x b", float), ("ZADD k nan a", float), ("ZADD k foo 1", float), ("ZINCRBY k x m", float),
            ("ZINCRBY k NX m", syntax), ("ZINCRBY k ch incr", syntax),
        ])
    func adding(line: String, text: String) { #expect(problem(line) == text) }

    @Test(
        "Ranges",
        arguments: [
            ("ZRANGE k 0 1 FOO", syntax), ("ZRANGE k 0 1 REV REV", syntax), ("ZRANGE k 0 1 BYLEX BYSCORE", syntax),
            ("ZRANGE k 0 1 LIMIT 0", syntax), ("ZRANGE k 0 1 LIMIT 0 x FOO", integer), ("ZRANGE k x 1", integer),
            ("ZRANGE k 0 1 LIMIT 0 1", limitWithRanks), ("ZREVRANGE k x 1 LIMIT 0 1 WITHSCORES", limitWithRanks),
            ("ZRANGE k x y BYLEX WITHSCORES", scoresWithLex), ("ZREVRANGEBYLEX k x y WITHSCORES", scoresWithLex),
            ("ZRANGE k x y BYLEX", lexBound), ("ZRANGE k (a 1 BYSCORE", bound), ("ZRANGE k (1 2", integer),
            ("ZREVRANGE k 0 1 REV", syntax), ("ZRANGEBYSCORE k 0 1 BYSCORE", syntax), ("ZRANGEBYSCORE k a 1", bound),
            ("ZRANGEBYLEX k - a", lexBound), ("ZRANGESTORE d k 0 1 WITHSCORES", syntax),
            ("ZRANGESTORE d k 0 1 LIMIT 1 2", limitWithRanks), ("ZCOUNT k x 1", bound), ("ZLEXCOUNT k 0 1", lexBound),
            ("ZREMRANGEBYRANK k a 1", integer), ("ZREMRANGEBYSCORE k 1 b", bound), ("ZREMRANGEBYLEX k a -", lexBound),
            ("ZRANK k m SCORE", syntax), ("ZREVRANK k m WITHSCORES", syntax),
            ("ZRANK k m WITHSCORE x", "ERR wrong number of arguments for 'zrank' command"),
        ])
    func ranges(line: String, text: String) { #expect(problem(line) == text) }

    private static let limitWithRanks =
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
    private static let scoresWithLex = "ERR syntax error, WITHSCORES not supported in combination with BYLEX"

    @Test(
        "Popping",
        arguments: [
            ("ZPOPMIN k 1 2", syntax), ("ZPOPMIN k -1", "ERR value is out of range, must be positive"),
            ("ZPOPMAX k a", "ERR value is out of range, must be positive"),
            ("ZMPOP 0 k MIN", "ERR numkeys should be greater than 0"),
            ("ZMPOP x k MIN", "ERR numkeys should be greater than 0"), ("ZMPOP 2 k MIN", syntax),
            ("ZMPOP 9223372036854775807 k MIN", syntax), ("ZMPOP 1 k MED", syntax), ("ZMPOP 1 k MIN COUNT", syntax),
            ("ZMPOP 1 k MIN COUNT 0", "ERR count should be greater than 0"),
            ("ZMPOP 1 k MIN COUNT 1 COUNT 1", syntax), ("BZPOPMIN k x", "ERR timeout is not a float or out of range"),
            ("BZPOPMIN k -1", "ERR timeout is negative"), ("BZPOPMAX k inf", "ERR timeout is negative"),
            ("BZMPOP x 0 k MIN", "ERR numkeys should be greater than 0"), ("BZMPOP x 1 k MED", syntax),
            ("BZMPOP x 1 k MIN", "ERR timeout is not a float or out of range"),
        ])
    func popping(line: String, text: String) { #expect(problem(line) == text) }

    @Test(
        "Drawing and scanning",
        arguments: [
            ("ZRANDMEMBER k x", integer), ("ZRANDMEMBER k 1 SCORES", syntax), ("ZRANDMEMBER k x y z", integer),
            ("ZRANDMEMBER k 1 WITHSCORES x", syntax),
            ("ZRANDMEMBER k 4611686018427387904 WITHSCORES", "ERR value is out of range"),
            (
                "ZRANDMEMBER k -9223372036854775808",
                "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
            ),
            ("ZSCAN k x FOO", "ERR invalid cursor"), ("ZSCAN k 0 FOO", syntax), ("ZSCAN k 0 MATCH", syntax),
            ("ZSCAN k 0 COUNT x", integer), ("ZSCAN k 0 COUNT 0", syntax), ("ZSCAN k 0 TYPE zset", syntax),
        ])
    func scanning(line: String, text: String) { #expect(problem(line) == text) }

    @Test(
        "Combining",
        arguments: [
            ("ZUNION x k", integer), ("ZUNION 0 k", "ERR at least 1 input key is needed for 'zunion' command"),
            ("zdiffstore d -1 k", "ERR at least 1 input key is needed for 'zdiffstore' command"),
            ("ZINTER 2 k", syntax), ("ZINTER 9223372036854775807 k", syntax), ("ZUNION 1 k WEIGHTS", syntax),
            ("ZUNION 2 k l WEIGHTS 1", syntax), ("ZUNION 1 k WEIGHTS x FOO", "ERR weight value is not a float"),
            ("ZUNION 1 k AGGREGATE AVG", syntax), ("ZUNION 1 k LIMIT 1", syntax), ("ZDIFF 1 k WEIGHTS 1", syntax),
            ("ZUNIONSTORE d 1 k WITHSCORES", syntax), ("ZINTERCARD 1 k WITHSCORES", syntax),
            ("ZINTERCARD 1 k LIMIT -1", "ERR LIMIT can't be negative"),
            ("ZINTERCARD 1 k LIMIT x", "ERR LIMIT can't be negative"), ("ZINTERCARD 1 k LIMIT", syntax),
        ])
    func combining(line: String, text: String) { #expect(problem(line) == text) }
}
