import NIOCore
import Testing

@testable import RedisFrontend

@Suite("What commands are parsed to")
struct ParsingTests {
    @Test("Adding")
    func adding() throws {
        #expect(
            try parse("zadd k xx GT ch 1 a -inf b")
                == .add(
                    ZAdd(
                        key: "k", condition: .onlyExisting, comparison: .greater, reply: .changedCount,
                        entries: [.init(score: 1, member: "a"), .init(score: -.infinity, member: "b")])))
        // INCR wins over CH, and only what comes before the first score is an option.
        #expect(
            try parse("ZADD k NX NX CH INCR 1 NX")
                == .add(
                    ZAdd(
                        key: "k", condition: .onlyNew, comparison: .any, reply: .newScore,
                        entries: [.init(score: 1, member: "NX")])))
        #expect(try parse("ZINCRBY k 1.5 m") == .increment(key: "k", by: 1.5, member: "m"))
    }

    @Test("Members and ranks")
    func members() throws {
        #expect(try parse("ZREM k a b") == .remove(key: "k", members: list("a", "b")))
        #expect(try parse("ZSCORE k ''") == .score(key: "k", member: ""))
        #expect(try parse("ZMSCORE k a b") == .scores(key: "k", members: list("a", "b")))
        #expect(try parse("ZCARD k") == .count(key: "k"))
        #expect(try parse("ZCOUNT k (1 +inf") == .countByScore(key: "k", scores("(1", "+inf")))
        #expect(try parse("ZLEXCOUNT k - [b") == .countByLex(key: "k", lex("-", "[b")))
        #expect(try parse("ZRANK k m") == .rank(key: "k", member: "m", isReversed: false, withScore: false))
        #expect(try parse("ZREVRANK k m withscore") == .rank(key: "k", member: "m", isReversed: true, withScore: true))
    }

    @Test("Ranges: reversed bounds are put in order, ranks stay as they are")
    func ranges() throws {
        func query(
            _ selection: RangeSelection, _ limit: RangeLimit? = nil, isReversed: Bool = false, withScores: Bool = false
        ) -> RangeQuery {
            RangeQuery(key: "k", selection: selection, limit: limit, isReversed: isReversed, withScores: withScores)
        }
        let ranks = RangeSelection.ranks(start: 0, stop: -1)
        let oneToTwo = try RangeSelection.scores(scores("(1", "2"))
        let limit = RangeLimit(offset: -3, count: 4)
        #expect(try parse("ZRANGE k 0 -1") == .range(query(ranks)))
        #expect(try parse("ZRANGE k 0 -1 LIMIT 5 -1 WITHSCORES") == .range(query(ranks, withScores: true)))
        #expect(try parse("ZREVRANGE k 0 -1") == .range(query(ranks, isReversed: true)))
        #expect(try parse("ZRANGE k (1 2 LIMIT -3 4 BYSCORE") == .range(query(oneToTwo, limit)))
        #expect(try parse("ZRANGE k 2 (1 REV BYSCORE") == .range(query(oneToTwo, isReversed: true)))
        #expect(try parse("ZRANGEBYSCORE k (1 2") == .range(query(oneToTwo)))
        #expect(try parse("ZREVRANGEBYSCORE k 2 (1") == .range(query(oneToTwo, isReversed: true)))
        #expect(try parse("ZRANGEBYLEX k - (a") == .range(query(.lex(lex("-", "(a")))))
        #expect(try parse("ZREVRANGEBYLEX k (a -") == .range(query(.lex(lex("-", "(a")), isReversed: true)))
        #expect(
            try parse("ZRANGESTORE d k 2 (1 BYSCORE REV LIMIT -3 4")
                == .storeRange(destination: "d", query(oneToTwo, limit, isReversed: true)))
        #expect(try parse("ZREMRANGEBYRANK k 0 -1") == .removeRange(key: "k", ranks))
        #expect(try parse("ZREMRANGEBYSCORE k (1 2") == .removeRange(key: "k", oneToTwo))
        #expect(try parse("ZREMRANGEBYLEX k - (a") == .removeRange(key: "k", .lex(lex("-", "(a"))))
    }

    @Test("Popping")
    func popping() throws {
        #expect(try parse("ZPOPMIN k") == .pop(key: "k", .min, count: nil))
        #expect(try parse("ZPOPMAX k 0") == .pop(key: "k", .max, count: 0))
        #expect(try parse("ZMPOP 2 a b MAX COUNT 3") == .popFirst(keys: list("a", "b"), .max, count: 3))
        #expect(try parse("BZPOPMIN a b 0.0001") == .blockingPop(keys: list("a", "b"), .min, .after(milliseconds: 1)))
        #expect(try parse("BZPOPMAX a -0.0001") == .blockingPop(keys: list("a"), .max, .never))
        #expect(
            try parse("BZMPOP 1.5 1 a min")
                == .blockingPopFirst(keys: list("a"), .min, count: 1, .after(milliseconds: 1500)))
        #expect(try Timeout("1e-400") == .after(milliseconds: 1))
        let now = NIODeadline.uptimeNanoseconds(10)
        #expect(Timeout.after(milliseconds: 5).deadline(now: now) == .uptimeNanoseconds(5_000_010))
        #expect(Timeout.after(milliseconds: .max).deadline(now: now) == nil)
        #expect(Timeout.never.deadline(now: now) == nil)
    }

    @Test("Drawing and scanning: of an option given twice the last counts")
    func scanning() throws {
        #expect(try parse("ZRANDMEMBER k") == .randomMember(key: "k"))
        #expect(try parse("ZRANDMEMBER k -5 WITHSCORES") == .randomMembers(key: "k", count: -5, withScores: true))
        guard case .scan("k", 7, let options) = try parse("ZSCAN k 7 MATCH a* COUNT 5 MATCH b* COUNT 6"),
            case .keyspace(.scan(8, let keyOptions)) = try parse("SCAN 8 MATCH * TYPE zset")
        else { return #expect(Bool(false), "not parsed as scans") }
        #expect(try options.get().pattern == GlobPattern("b*"))
        #expect(try options.get().count == 6)
        #expect(keyOptions.pattern == nil)
        #expect(keyOptions.count == 10)
        #expect(keyOptions.type == "zset")
    }

    @Test("Combining: wrong options do not keep the keys from being looked at")
    func combining() throws {
        guard case .combine(let union) = try parse("ZUNION 2 a b WEIGHTS 1 -2 AGGREGATE max WITHSCORES"),
            case .storeCombination("d", let difference) = try parse("ZDIFFSTORE d 1 a WITHSCORES"),
            case .countIntersection(let intersection) = try parse("ZINTERCARD 1 a LIMIT 9")
        else { return #expect(Bool(false), "not parsed as combinations") }
        #expect(union.operation == .union)
        #expect(union.keys == list("a", "b"))
        #expect(try union.options.get().weights == [1, -2])
        #expect(try union.options.get().aggregate == .max)
        #expect(try union.options.get().withScores)
        #expect(difference.operation == .difference)
        #expect(difference.keys == list("a"))
        #expect(difference.options == .failure(.syntax))
        #expect(intersection.operation == .intersection)
        #expect(try intersection.options.get().limit == 9)
    }

    @Test("Keys")
    func keyspace() throws {
        let examples: [(String, KeyspaceCommand)] = [
            ("DEL a b", .delete(keys: list("a", "b"), isLazy: false)),
            ("UNLINK a", .delete(keys: list("a"), isLazy: true)),
            ("EXISTS a a", .exists(keys: list("a", "a"))), ("TOUCH a", .touch(keys: list("a"))),
            ("TYPE a", .type(key: "a")),
            ("RENAME a b", .rename(key: "a", to: "b", onlyIfFree: false)),
            ("RENAMENX a b", .rename(key: "a", to: "b", onlyIfFree: true)),
            ("COPY a b", .copy(key: "a", to: "b", database: nil, replaces: false)),
            ("COPY a b REPLACE DB 3", .copy(key: "a", to: "b", database: 3, replaces: true)),
            ("TTL a", .timeToLive(key: "a", .seconds)), ("PTTL a", .timeToLive(key: "a", .milliseconds)),
            ("EXPIRETIME a", .expireTime(key: "a", .seconds)), ("PEXPIRETIME a", .expireTime(key: "a", .milliseconds)),
            ("PERSIST a", .persist(key: "a")), ("KEYS a*", .keys(GlobPattern("a*"))), ("RANDOMKEY", .randomKey),
            ("OBJECT Encoding a", .object(.encoding, key: "a")), ("OBJECT FREQ a", .object(.freq, key: "a")),
            ("OBJECT HELP", .objectHelp), ("FLUSHDB", .flush(.byDefault)), ("FLUSHDB sync", .flush(.sync)),
            ("FLUSHDB ASYNC", .flush(.async)),
        ]
        for (line, command) in examples { #expect(try parse(line) == .keyspace(command), "\(line)") }
    }

    @Test("Expiring: conditions add up")
    func expiring() throws {
        guard case .keyspace(.expire("k", let expiry, when: let conditions)) = try parse("EXPIRE k 5 XX GT XX")
        else { return #expect(Bool(false), "not parsed as EXPIRE") }
        #expect(expiry.milliseconds == 5000)
        #expect(expiry.isRelative)
        #expect(conditions == [.hasOne, .isLater])
    }

    @Test("An option ends at a NUL, as in C")
    func nulInOption() throws {
        #expect(try parse(#"ZRANGE k 0 1 rev\0x"#) == parse("ZREVRANGE k 0 1"))
    }
}
