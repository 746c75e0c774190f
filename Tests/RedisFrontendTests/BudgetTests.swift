import Leaderboards
import Sharding
import Testing

@testable import RedisFrontend

/// What a project's plan refuses, in Redis's way of saying it.
@Suite("Plans over the Redis protocol")
struct BudgetTests {
    private let refusal = "-LIMIT the project's plan has at most 3 entries: delete some, or ask for a larger plan"

    /// A set of two, and room for one entry more.
    private func nearlyFull() -> ShardOfCommands {
        let shard = ShardOfCommands()
        #expect(shard.replies("ZADD s 1 a 2 b") == ":2")
        let limited = shard.shard
        limited.setBudgets { Budget(PlanLimits(entriesMax: 3), used: limited.usage(of: $0).holdings) }
        return shard
    }

    @Test("new members are refused beyond the plan, known ones change and go")
    func members() {
        let shard = nearlyFull()
        #expect(shard.replies("ZADD s 3 c", "ZADD s 4 d") == ":1 \(refusal)")
        #expect(shard.replies("ZADD s 5 a", "ZADD s CH 6 a 7 b", "ZINCRBY s 1 a") == ":0 :2 $1 7")
        #expect(shard.replies("ZADD t 1 a") == refusal)
        #expect(shard.replies("EXISTS t", "ZREM s b", "ZADD t 1 a") == ":0 :1 :1")
    }

    @Test("a command of several members is refused as a whole")
    func several() {
        let shard = nearlyFull()
        #expect(shard.replies("ZADD s 9 a 9 c 9 d", "ZSCORE s a", "ZCARD s") == "\(refusal) $1 1 :2")
        #expect(shard.replies("ZADD s XX 9 a 9 c 9 d", "ZSCORE s a") == ":0 $1 9")
        #expect(shard.replies("ZADD s 9 c 8 c", "ZCARD s") == ":1 :3")
        #expect(shard.replies("ZADD u 9 a 9 b", "EXISTS u") == "\(refusal) :0")
    }

    @Test("what would replace a key is measured before the key is touched, and a move is free")
    func replacing() {
        let shard = nearlyFull()
        #expect(shard.replies("COPY s t", "EXISTS t") == "\(refusal) :0")
        #expect(shard.replies("ZRANGESTORE t s 0 0", "ZCARD t") == ":1 :1")
        #expect(shard.replies("ZUNIONSTORE t 1 s", "ZCARD t", "ZCARD s") == "\(refusal) :1 :2")
        #expect(shard.replies("RENAME s u", "ZCARD u", "EXISTS s") == "+OK :2 :0")
        #expect(shard.replies("ZADD u 9 z") == refusal)
        #expect(shard.replies("DEL t", "ZADD u 9 z") == ":1 :1")
    }
}
