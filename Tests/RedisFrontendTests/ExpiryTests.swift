import Leaderboards
import Sharding
import Testing

@testable import RedisFrontend

/// What the commands about deadlines reply, at times that the test chooses.
@Suite("Expiry")
struct ExpiryTests {
    @Test("a deadline is given from now or since 1970, and told in either unit, seconds rounded to the nearest")
    func units() {
        let shard = ShardOfCommands()
        #expect(shard.replies("ZADD k 1 a", "TTL k", "PTTL k", "EXPIRETIME k", "PEXPIRETIME k") == ":1 :-1 :-1 :-1 :-1")
        let now = shard.now.milliseconds
        #expect(shard.replies("EXPIRE k 100", "TTL k", "PTTL k") == ":1 :100 :100000")
        #expect(shard.replies("PEXPIRETIME k", "EXPIRETIME k") == ":\(now + 100_000) :\(now / 1000 + 100)")
        #expect(shard.replies("PEXPIRE k 1499", "TTL k", "PEXPIRE k 1500", "TTL k") == ":1 :1 :1 :2")
        #expect(shard.replies("EXPIREAT k 33177117420", "PEXPIRETIME k") == ":1 :33177117420000")
        #expect(shard.replies("PEXPIREAT k 33177117420499", "EXPIRETIME k") == ":1 :33177117420")
        #expect(shard.replies("PEXPIREAT k 33177117420500", "EXPIRETIME k") == ":1 :33177117421")
        #expect(shard.replies("PEXPIREAT k 9223372036854775807", "PEXPIRETIME k") == ":1 :9223372036854775807")
        #expect(shard.replies("EXPIRETIME k") == ":9223372036854776", "rounded without the sum that would turn around")
    }

    @Test("a key that is not there has no deadline and gets none")
    func absent() {
        let shard = ShardOfCommands()
        #expect(shard.replies("TTL k", "PTTL k", "EXPIRETIME k", "PEXPIRETIME k", "PERSIST k") == ":-2 :-2 :-2 :-2 :0")
        #expect(shard.replies("EXPIRE k 10", "EXPIRE k 10 XX", "PEXPIREAT k 5", "EXISTS k") == ":0 :0 :0 :0")
    }

    @Test(
        "time that has come deletes at once",
        arguments: ["EXPIRE k 0", "PEXPIRE k -1", "EXPIREAT k 1", "PEXPIREAT k -5"])
    func past(command: String) {
        let shard = ShardOfCommands()
        #expect(shard.replies("ZADD k 1 a", command, "EXISTS k", "TTL k", "ZCARD k") == ":1 :1 :0 :-2 :0")
        #expect(shard.replies("ZADD k 1 b", "TTL k", "ZRANGE k 0 -1") == ":1 :-1 *1 $1 b")
    }

    @Test("beyond a range is an error, even of a key that is not there")
    func overflow() {
        let shard = ShardOfCommands()
        #expect(
            shard.replies("EXPIRE k 9223372036854775807") == "-ERR invalid expire time in 'expire' command")
        #expect(
            shard.replies("PEXPIRE k 9223372036854775807") == "-ERR invalid expire time in 'pexpire' command")
        #expect(shard.replies("EXPIRE k abc") == "-ERR value is not an integer or out of range")
        #expect(shard.replies("EXPIRE k 1 KEEP") == "-ERR Unsupported option KEEP")
        #expect(
            shard.replies("EXPIRE k 1 NX GT")
                == "-ERR NX and XX, GT or LT options at the same time are not compatible")
        #expect(
            shard.replies("EXPIRE k 1 GT LT") == "-ERR GT and LT options at the same time are not compatible")
    }

    @Test("conditions compare with the deadline that stands; without one a key lives for ever")
    func conditions() {
        let shard = ShardOfCommands()
        #expect(shard.replies("ZADD k 1 a", "EXPIRE k 10 XX", "EXPIRE k 10 GT", "TTL k") == ":1 :0 :0 :-1")
        #expect(shard.replies("EXPIRE k 10 XX LT", "EXPIRE k 10 XX GT", "TTL k") == ":0 :0 :-1")
        #expect(shard.replies("EXPIRE k 10 NX", "EXPIRE k 20 NX", "TTL k") == ":1 :0 :10")
        #expect(shard.replies("EXPIRE k 10 GT", "EXPIRE k 10 LT", "TTL k") == ":0 :0 :10")
        #expect(shard.replies("EXPIRE k 11 GT", "EXPIRE k 9 XX GT", "TTL k") == ":1 :0 :11")
        #expect(shard.replies("EXPIRE k 9 LT", "EXPIRE k 8 XX LT", "TTL k") == ":1 :1 :8")
        #expect(shard.replies("EXPIRE k -1 GT", "EXPIRE k -1 NX", "EXISTS k") == ":0 :0 :1")
        #expect(shard.replies("EXPIRE k -1 LT", "EXISTS k") == ":1 :0")
        #expect(shard.replies("ZADD k 1 a", "EXPIRE k 10 LT", "TTL k") == ":1 :1 :10")
    }

    @Test("a key is there up to its deadline and for no command after it")
    func passing() {
        let shard = ShardOfCommands()
        #expect(shard.replies("ZADD k 1 a 2 b", "PEXPIRE k 1000") == ":2 :1")
        shard.now = shard.now.advanced(by: .milliseconds(999))
        #expect(shard.replies("PTTL k", "TTL k", "ZCARD k") == ":1 :0 :2")
        shard.now = shard.now.advanced(by: .milliseconds(1))
        #expect(shard.replies("PTTL k", "ZCARD k", "EXISTS k", "TYPE k", "ZSCORE k a") == ":-2 :0 :0 +none $-1")
        #expect(shard.replies("ZREM k a", "DEL k", "PERSIST k", "EXPIRE k 5", "ZPOPMIN k") == ":0 :0 :0 :0 *0")
        #expect(shard.replies("RENAME k l", "COPY k l", "ZUNION 1 k") == "-ERR no such key :0 *0")
        #expect(shard.recordCount == 1, "what is gone is not changed")
        #expect(shard.replies("ZADD k XX 3 a", "ZADD k NX 3 c", "ZINCRBY k 2 c", "TTL k") == ":0 :1 $1 5 :-1")
        #expect(shard.replies("ZRANGE k 0 -1") == "*1 $1 c")
    }

    @Test("a deadline stays when entries change, moves with RENAME and COPY, and is lost where a result is stored")
    func interplay() {
        let shard = ShardOfCommands()
        #expect(shard.replies("ZADD k 1 a 2 b", "EXPIRE k 100", "ZADD k 3 c", "ZINCRBY k 1 a") == ":2 :1 :1 $1 2")
        #expect(shard.replies("ZREM k b", "ZPOPMAX k", "TTL k") == ":1 *2 $1 c $1 3 :100")
        #expect(shard.replies("ZADD l 1 x", "EXPIRE l 5", "RENAME k l", "TTL l", "TTL k") == ":1 :1 +OK :100 :-2")
        #expect(shard.replies("RENAME l l", "TTL l", "COPY l m", "TTL m", "TTL l") == "+OK :100 :1 :100 :100")
        #expect(shard.replies("ZADD n 1 x", "COPY n m", "COPY n m REPLACE", "TTL m") == ":1 :0 :1 :-1")
        #expect(shard.replies("RENAME n l", "TTL l") == "+OK :-1")
        for command in ["ZUNIONSTORE m 1 l", "ZINTERSTORE m 1 l", "ZDIFFSTORE m 1 l", "ZRANGESTORE m l 0 -1"] {
            #expect(shard.replies("EXPIRE m 50", command, "TTL m") == ":1 :1 :-1")
        }
        #expect(shard.replies("EXPIRE m 50", "PERSIST m", "PERSIST m", "TTL m") == ":1 :1 :0 :-1")
        #expect(shard.replies("EXPIRE m 50", "ZREM m x", "ZADD m 1 y", "TTL m") == ":1 :1 :1 :-1")
        #expect(shard.replies("EXPIRE m 50", "DEL m", "ZADD m 1 y", "TTL m") == ":1 :1 :1 :-1")
    }

    @Test("a leaderboard with a definition does not expire from here")
    func leaderboard() {
        let shard = ShardOfCommands()
        shard.create("board")
        let refusal = "-ERR the key is a leaderboard with a definition, which is changed and deleted over HTTP only"
        #expect(shard.replies("EXPIRE board 10") == refusal)
        #expect(shard.replies("PEXPIREAT board 1 LT") == refusal)
        #expect(shard.replies("TTL board", "PERSIST board", "EXISTS board") == ":-1 :0 :1")
    }
}
