import Testing

/// What sets come to together.
@Suite("Combining")
struct CombiningTests {
    @Test("infinity times nothing counts as 0 in a union, and spoils the whole sum of an intersection")
    func notNumbers() {
        let shard = ShardOfCommands()
        #expect(shard.replies("ZADD a 1 x 2 y", "ZADD d inf x 5 y") == ":2 :2")
        func combined(_ command: String, _ aggregate: String) -> String {
            shard.replies("\(command) 3 a d d WEIGHTS 1 0.1 0 AGGREGATE \(aggregate) WITHSCORES")
        }
        // As Redis 7.0.15 answers.
        #expect(combined("ZINTER", "SUM") == "*4 $1 x $1 0 $1 y $3 2.5")
        #expect(combined("ZUNION", "SUM") == "*4 $1 y $3 2.5 $1 x $3 inf")
        #expect(combined("ZINTER", "MIN") == "*4 $1 y $1 0 $1 x $1 1")
        #expect(combined("ZUNION", "MIN") == "*4 $1 x $1 0 $1 y $1 0")
        #expect(combined("ZINTER", "MAX") == "*4 $1 y $1 2 $1 x $3 inf")
        #expect(combined("ZUNION", "MAX") == "*4 $1 y $1 2 $1 x $3 inf")
    }
}
