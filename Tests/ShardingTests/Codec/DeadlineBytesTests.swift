import Leaderboards
import Sharding
import Testing

/// How a deadline is stored, for ever.
@Suite("Stored deadlines")
struct DeadlineBytesTests {
    private let key = LeaderboardKey(project: "p", id: "s")

    private func harness() throws -> ShardHarness {
        let harness = ShardHarness(at: Timestamp(seconds: 1_792_929_600))
        _ = try harness.zadd(key, "m", 1.5)
        harness.expire(key, after: .milliseconds(0x10))
        return harness
    }

    @Test("a deadline is written as its layout says, and so is that it is taken away")
    func operation() throws {
        let harness = try harness()
        // The time of the record, then operation 10, leaderboard 1, that there is one, and when.
        #expect(StoredExamples.hex(harness.payloads[1]) == "010092ee72a1010000" + "0a01" + "01" + "1092ee72a1010000")
        harness.expire(key, after: nil)
        #expect(StoredExamples.hex(harness.payloads[2]) == "010092ee72a1010000" + "0a01" + "00")
        #expect(try harness.replayed().stateHash() == harness.shard.stateHash())
    }

    @Test("manifests have it in their second version")
    func manifests() throws {
        let harness = try harness()
        harness.checkpoint()
        let piece = try #require(harness.store.pieces.first { $0.kind == .leaderboardManifest })
        let leaderboard = StoredExamples.hex(try #require(harness.store.bytes(of: piece)))
        #expect(leaderboard == Self.leaderboardManifest)
        let shard = StoredExamples.hex(try #require(try harness.store.manifest(1)).encoded())
        #expect(shard == Self.shardManifest)
    }

    @Test("neither a leaderboard with a definition nor a number that is none can be given one in a replay")
    func refusals() throws {
        let harness = Examples.harness()
        let record = try self.harness().payloads[1]
        #expect(throws: ReplayError.outcomeDiffers("deadline of a leaderboard that is no plain set")) {
            try harness.replayed([harness.payloads[0], record])
        }
        #expect(throws: ReplayError.unknownLeaderboard(1)) { try harness.replayed([record]) }
        var unclear = record
        unclear[11] = 2
        let payloads = [try self.harness().payloads[0], unclear]
        #expect(throws: ReplayError.malformed(.invalid("deadline"))) { try self.harness().replayed(payloads) }
    }

    @Test("a list of pieces with another deadline than the shard's is refused")
    func otherDeadline() throws {
        let harness = try harness()
        harness.checkpoint()
        let piece = try #require(harness.store.pieces.first { $0.kind == .leaderboardManifest })
        var bytes = try #require(harness.store.bytes(of: piece))
        bytes[bytes.count - 1] ^= 1
        harness.store.write(bytes, to: piece)
        #expect(throws: LoadError.self) { try harness.stateHash(of: harness.recovered(from: 1)) }
    }

    private static let leaderboardManifest =
        "0201017001731a7c4a7fb979379e0092ee72a10100000092ee72a1010000010004010573636f726501000100000001010201"
        + "697f7d5e940fe86b68829be99e0ae159010300011092ee72a1010000"
    private static let shardManifest =
        "03010000000000000002000000000000000200000000000000000000000000000000000000000000000100000000000000"
        + "0092ee72a101000002000000040000000000000001010170017301ffffffffffffff7f011092ee72a10100000101b20400"
        + "0d00000001017000000101000000dd2035baf84bee1bfa0fd213895e5617"
}
