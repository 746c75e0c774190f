import Leaderboards
import NIOCore
import NodeRuntime
import RESP
import Sharding
import TestSupport
import Testing

@testable import RedisFrontend

@Suite("Messages of forwarded commands")
struct ForwardingMessageTests {
    private static let key = LeaderboardKey(project: "p", id: "race")

    private static var commands: CommandsRequest {
        get throws {
            let words = Arguments(["zadd", "race", "1.5", "ann"].map { Array($0.utf8)[...] })
            return CommandsRequest(project: "p", version: .v3, [try PreparedCommand(words, project: "p")])
        }
    }

    private static var transaction: TransactionRequest {
        get throws {
            TransactionRequest(
                try commands,
                unlessChanged: [
                    key: .present(number: 3, changeCount: 7, ContentHash(low: 1, high: 2)),
                    LeaderboardKey(project: "p", id: "gone"): .absent(lastDeleted: 9),
                ])
        }
    }

    private static let replies = CommandReplies([ByteBuffer(string: ":1\r\n"), ByteBuffer(string: "$-1\r\n")])

    @Test("They are read as they were written")
    func roundTrip() throws {
        #expect(try CommandsRequest.decode(Self.commands.encoded) == Self.commands)
        #expect(try TransactionRequest.decode(Self.transaction.encoded) == Self.transaction)
        #expect(try CommandReplies.decode(Self.replies.encoded) == Self.replies)
        for answer in [TransactionAnswer(nil), TransactionAnswer(Self.replies)] {
            #expect(try TransactionAnswer.decode(answer.encoded) == answer)
        }
    }

    @Test("Commands come out as they went in")
    func parsing() throws {
        let parsed = try Self.commands.parsed(RedisConfiguration())
        #expect(parsed.count == 1)
        let command = try parsed[0].get()
        #expect(command.keys == [Self.key])
        #expect(command.isWrite)
    }

    @Test("Bytes of version 1 stay what they are")
    func golden() throws {
        #expect(
            try hex(Self.commands)
                == "0170032a2a340d0a24340d0a7a6164640d0a24340d0a726163650d0a24330d0a312e350d0a24330d0a616e6e0d0a")
        #expect(
            try hex(Self.transaction)
                == hex(Self.commands)
                + "02017004676f6e65000900000001700472616365010300000007000000000000000100000000000000"
                + "0200000000000000")
        #expect(hex(Self.replies) == "02043a310d0a05242d310d0a")
        #expect(hex(TransactionAnswer(nil)) == "00")
    }

    @Test("Changed bytes are read as something, or are a problem, and never a trap", arguments: 0..<3)
    func mutations(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let example = try Self.transaction.encoded
        for _ in 0..<2000 {
            var bytes = example
            for _ in 0...random.below(3) {
                switch random.below(3) {
                case 0: bytes.remove(at: random.below(bytes.count))
                case 1: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count + 1))
                default: bytes[random.below(bytes.count)] = random.pick([0, 1, 0x24, 0x2A, 0x39, 0x7F, 0xFF])
                }
            }
            guard let request = try? TransactionRequest.decode(bytes) else { continue }
            _ = try? request.commands.parsed(RedisConfiguration())
        }
    }

    @Test(
        "A direct step is sent as the command that it came as",
        arguments: [
            "zadd race 1.5 ann", "zadd race inf ann", "zadd race -0.1 ann", "zincrby race 1e300 ann", "zscore race ann",
            "zrank race ann", "zrevrank race ann", "zcard race", "zrange race 0 -1", "zrevrange race 2 5 withscores",
        ])
    func steps(line: String) throws {
        let words = Arguments(line.split(separator: " ").map { Array($0.utf8)[...] })
        let whole = try PreparedCommand(words, project: "p")
        let request = CommandsRequest(project: "p", version: .v2, [whole])
        let batch = try request.batch(RedisConfiguration())
        let written = batch.withContents { bytes, contents in
            #expect(Step.parse(contents[0], in: bytes) != nil)
            var writer = ReplyWriter()
            writer.command(contents[0], in: bytes)
            return CommandsRequest(project: "p", version: .v2, writer)
        }
        let found = try written.parsed(RedisConfiguration())[0].get()
        #expect("\(found.command)" == "\(whole.command)")
        #expect(found.isWrite == whole.isWrite)
    }

    private func hex(_ message: some PeerMessage) -> String {
        message.encoded.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
