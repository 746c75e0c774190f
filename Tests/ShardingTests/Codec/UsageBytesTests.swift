import Leaderboards
import Sharding
import Testing

/// How usage is stored, for ever.
@Suite("Stored usage")
struct UsageBytesTests {
    private func harness() throws -> ShardHarness {
        let harness = ShardHarness(at: Timestamp(seconds: 1_792_929_600))
        harness.report(ReportedUsage(project: "p", reads: 300, requests: 2))
        _ = try harness.zadd(LeaderboardKey(project: "q", id: "s"), "m", 1.5)
        return harness
    }

    @Test("a report is written as its layout says, and replays")
    func operation() throws {
        let harness = try harness()
        // The time of the record, then operation 11, the project, and two numbers.
        #expect(StoredExamples.hex(harness.payloads[0]) == "010092ee72a1010000" + "0b0170" + "ac02" + "02")
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
    }

    @Test("the shard's manifest has sizes and accounts in its third version")
    func manifest() throws {
        let harness = try harness()
        harness.checkpoint()
        let manifest = try #require(try harness.store.manifest(1)).encoded()
        #expect(StoredExamples.hex(manifest) == Self.manifest)
        let shard = try harness.recovered(from: 1)
        #expect(shard.usageOfAll.map { $0.usage } == harness.shard.usageOfAll.map { $0.usage })
    }

    @Test("a report of more than can be is no report")
    func hugeReport() throws {
        let harness = try harness()
        harness.report(ReportedUsage(project: "p", reads: .max, requests: 0))
        #expect(harness.shard.usage(of: "p").counters.readsReported == 300 + 1 << 48)
        var payload = try #require(harness.payloads.last)
        // Its number, from 2^48 to twice as much.
        let place = try #require(payload.lastIndex(of: 0x40))
        payload[place] = 0x7F
        #expect(throws: ReplayError.malformed(.invalid("report"))) { try harness.replayed([payload]) }
    }

    private static let manifest =
        "03010000000000000002000000000000000200000000000000000000000000000000000000000000000100000000000000"
        + "0092ee72a101000002000000040000000000000001010171017301ffffffffffffff7f000101b204001700000002017000"
        + "00000000ac0202017100000101000000da5fffe612384aabb290a9baf5c35ede"
}
