import NIOCore
import Sharding
import TestSupport
import Testing

@testable import NodeRuntime
@testable import RESP
@testable import RedisFrontend

/// Every command has a second way, through the full parser. Both give the same replies and the same records.
@Suite("Direct commands beside the full parser")
struct ParserTwinTests {
    @Test(
        "the same random commands give the same replies, records and state on both ways", arguments: UInt64(0)..<20,
        [ProtocolVersion.v2, .v3])
    func twin(seed: UInt64, version: ProtocolVersion) {
        var random = SplitMix64(seed: seed)
        let (direct, full) = (Twin(version, isDirect: true), Twin(version, isDirect: false))
        for _ in 0..<40 {
            let commands = (0..<(1 + random.below(80))).map { _ in randomCommand(&random) }
            let replies = (direct.replies(to: commands), full.replies(to: commands))
            if replies.0 != replies.1 {
                Issue.record("seed \(seed): \(commands) answered \(replies.0), and by the full parser \(replies.1)")
                return
            }
        }
        #expect(direct.payloads == full.payloads)
        #expect(direct.shard.stateHash() == full.shard.stateHash())
        #expect(direct.directCount > 500 && full.directCount == 0)
    }

    private func randomCommand(_ random: inout SplitMix64) -> [String] {
        let key = random.pick(["a", "b", "c", "", "leaderboard", "sum"])
        let member = random.chance(25) ? random.pick(["", String(repeating: "m", count: 256)]) : "m\(random.below(40))"
        let score = random.pick([
            "1", "-1", "0", "-0", "0.1", "2.5", "1e3", "inf", "-inf", "+inf", "1e400", "nan", "x", "", " 1", "0x10",
            "3",
            "7", "100", "12345678901234567890", "1e-5",
        ])
        let rank = random.pick(["0", "1", "-1", "-2", "5", "100", "-100", "x", "1.5", "01", "", "9223372036854775808"])
        let other = random.pick(["0", "-1", "3", "-3", "-9223372036854775808", "9223372036854775807"])
        var command: [String] =
            switch random.below(12) {
            case 0, 1, 2: ["ZADD", key, score, member]
            case 3, 4: ["ZINCRBY", key, score, member]
            case 5: ["ZSCORE", key, member]
            case 6: ["ZRANK", key, member]
            case 7: ["ZREVRANK", key, member]
            case 8: ["ZCARD", key]
            case 9: ["ZRANGE", key, rank, other]
            case 10: ["ZREVRANGE", key, other, rank]
            default: random.pick([["ZREM", key, member], ["DEL", key], ["ZPOPMIN", key], ["EXPIRE", key, "100"]])
            }
        if command[0].hasSuffix("RANGE"), random.chance(2) {
            command.append(random.pick(["WITHSCORES", "withscores", "WithScores", "REV", "x"]))
        }
        if random.chance(30) { command.append("more") }
        if random.chance(30) { command.removeLast() }
        if random.chance(3) {
            command[0] = String(command[0].map { random.chance(2) ? Character($0.lowercased()) : $0 })
        }
        return command
    }
}

/// A shard that commands reach on one of both ways.
private final class Twin {
    let shards = HandShards()
    var shard: Shard { shards.shards[0] }
    var payloads: [[UInt8]] { shards.payloads[0] }
    private(set) var directCount = 0
    private let version: ProtocolVersion
    private let isDirect: Bool
    private let cache: KeyCache

    init(_ version: ProtocolVersion, isDirect: Bool) {
        self.version = version
        self.isDirect = isDirect
        cache = KeyCache(service: shards)
        createLeaderboards(on: shards.shards[0], at: shards.now)
    }

    /// Carries commands out as one part of a pipeline.
    func replies(to commands: [[String]]) -> String {
        var parser = CommandParser()
        let batch = CommandBatch()
        parser.append(ByteBuffer(bytes: commands.flatMap(multibulk)))
        let isWhole = try? parser.next(into: batch)
        #expect(isWhole == true && batch.count == commands.count)
        let part = ShardPart(
            at: ShardPlace(index: 0), project: "p", batch, replies: ReplyWriter(version: version),
            replyByteCountMax: 256 << 20)
        batch.withContents { bytes, contents in
            for index in commands.indices { add(index, of: batch, contents[index], bytes, to: part) }
        }
        shards.enqueue(part, at: part.place)
        var output = ByteBuffer()
        part.takeAllReplies(into: &output)
        return String(buffer: output)
    }

    private func add(
        _ index: Int, of batch: CommandBatch, _ ranges: UnsafeBufferPointer<ArgumentRange>,
        _ bytes: UnsafeRawBufferPointer, to part: ShardPart
    ) {
        if isDirect, let (step, key) = Step.parse(ranges, in: bytes),
            let reference = cache.reference(UnsafeRawBufferPointer(rebasing: bytes[key.range]), project: "p")
        {
            directCount += 1
            return part.add(step, reference)
        }
        do throws(CommandError) {
            part.add(try PreparedCommand(Arguments(batch[index]), project: "p"))
        } catch {
            var writer = ReplyWriter(version: version)
            writer.error(error)
            part.add(answer: writer.buffer)
        }
    }

    private func multibulk(_ command: [String]) -> [UInt8] {
        Array("*\(command.count)\r\n".utf8) + command.flatMap { Array("$\($0.utf8.count)\r\n\($0)\r\n".utf8) }
    }
}
