import NodeRuntime
import TestSupport
import Testing

@testable import RedisFrontend

/// Replies come in the order of the commands, whatever becomes of them and wherever they are carried out.
@Suite("Pipelines")
struct PipelineTests {
    @Test("what several shards, the session and the parsers answer comes in order")
    func order() async throws {
        let shards = HandShards(count: 4)
        let keys = HandShards.keys(for: 4)
        try await TestClient.connect(to: shards) { client in
            try await client.send(
                "PING", "ZADD \(keys[0]) 1 a", "ZADD \(keys[1]) 2 b", "PING between", "ZADD \(keys[0]) x a", "GET a",
                "ZADD \(keys[2]) 3 c 4 d", "ZSCORE \(keys[1]) b", "ECHO e", "ZRANGE \(keys[2]) 0 -1 WITHSCORES",
                "ZNONE", "ZINCRBY \(keys[0]) 5 a", "ZCARD \(keys[3])", "ZREM \(keys[0]) a", "ZRANK \(keys[0]) a",
                "ZADD \(keys[0])", "PING")
            #expect(
                try await client.replies() == """
                    +PONG :1 :1 $7 between -ERR value is not a valid float -ERR GET is not served: Laurel keeps sorted \
                    sets only, keep other values elsewhere :2 $1 2 $1 e *4 $1 c $1 3 $1 d $1 4 -ERR unknown command \
                    'ZNONE', with args beginning with:  $1 6 :0 :1 $-1 -ERR wrong number of arguments for 'zadd' \
                    command +PONG
                    """)
        }
    }

    @Test("in whatever order shards answer, and in the dark about the others", arguments: UInt64(0)..<30)
    func anyOrder(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let shards = HandShards(count: 5)
        let keys = HandShards.keys(for: 5)
        try await TestClient.connect(to: shards) { client in
            for round in 0..<4 {
                var (lines, expected) = ([String](), [String]())
                for number in 0..<(1 + random.below(40)) {
                    let (key, member) = (random.pick(keys), "m\(round)-\(number)")
                    switch random.below(6) {
                    case 0:
                        (lines, expected) = (lines + ["PING \(member)"], expected + ["$\(member.utf8.count) \(member)"])
                    case 1: (lines, expected) = (lines + ["ZSCORE \(key) none"], expected + ["$-1"])
                    case 2:
                        lines.append("ZADD \(key) NX \(number) \(member)")
                        expected.append(":1")
                    case 3: (lines, expected) = (lines + ["ZADD \(key) \(number)"], expected + [Self.arity])
                    default:
                        lines += ["ZADD \(key) \(number) \(member)", "ZSCORE \(key) \(member)"]
                        expected += [":1", "$\("\(number)".utf8.count) \(number)"]
                    }
                }
                shards.hold()
                try await client.send(lines)
                var order = random
                while try await client.onLoop({ shards.waiting.count }) > 0 {
                    let next = order.below(try await client.onLoop { shards.waiting.count })
                    try await client.onLoop { shards.carryOut(at: next) }
                }
                shards.hold(false)
                random = order
                #expect(try await client.replies() == expected.joined(separator: " "), "seed \(seed)")
            }
        }
    }

    private static let arity = "-ERR wrong number of arguments for 'zadd' command"

    @Test("while a run is under way no more is read and nothing else begins, and the rest follows")
    func oneRun() async throws {
        let shards = HandShards()
        try await TestClient.connect(to: shards) { client in
            let before = try await client.readCountAfterAsking()
            shards.hold()
            try await client.send("ZADD k 1 a", "INFO", "ZCARD k", "INFO", "ZADD k 1 b")
            #expect(try await client.readCountAfterAsking() == before, "asked to read, but busy")
            #expect(
                try await client.onLoop { shards.handedOverCount } == 1,
                "INFO needs a task and waits for what is before")
            // What arrives all the same waits its turn.
            try await client.send("ZCARD k")
            #expect(try await client.onLoop { shards.handedOverCount } == 1)
            #expect(try await client.replies() == "")
            try await client.onLoop { shards.hold(false) }
            try await client.onLoop { shards.carryOut() }
            var replies = try await client.reply()
            // The tasks of INFO end when they do.
            while !replies.hasSuffix(":1 :2") { replies += " " + (try await client.reply()) }
            #expect(replies.hasPrefix(":1 $") && replies.split(separator: " ").filter { $0 == ":1" }.count == 3)
            #expect(try await client.readCountAfterAsking() > before)
        }
    }

    @Test("while a run is under way one arrival more is taken, and none behind it")
    func oneArrivalMore() async throws {
        let shards = HandShards()
        try await TestClient.connect(to: shards) { client in
            shards.hold()
            try await client.send("ZADD k 1 a")
            let before = try await client.readCountAfterAsking()
            #expect(try await client.readCountAfterAsking() == before + 1, "nothing waits yet")
            try await client.send("ZADD k 1 b", "ZCARD k")
            #expect(try await client.readCountAfterAsking() == before + 1, "something waits")
            #expect(try await client.onLoop { shards.handedOverCount } == 1)
            try await client.onLoop { shards.hold(false) }
            try await client.onLoop { shards.carryOut() }
            #expect(try await client.replies() == ":1 :1 :2")
            #expect(try await client.readCountAfterAsking() > before + 1)
        }
    }

    @Test("a run that fails answers each of its commands with the error, and the session's own as they are")
    func failure() async throws {
        let shards = HandShards(count: 2)
        let keys = HandShards.keys(for: 2)
        try await TestClient.connect(to: shards) { client in
            shards.hold()
            try await client.send(
                "ZADD \(keys[0]) 1 a", "PING", "ZADD \(keys[1]) 1 b", "ZREM \(keys[0]) z", "ZCARD \(keys[1])")
            try await client.onLoop { shards.carryOut(failing: .noSpace) }
            try await client.onLoop { shards.carryOut() }
            let full = "-MISCONF the disk is full: reads go on, writes are refused"
            #expect(try await client.replies() == "\(full) +PONG :1 \(full) :1")
            shards.hold(false)
            try await client.send("ZCARD \(keys[0])", "ZCARD \(keys[1])")
            #expect(try await client.replies() == ":0 :1")
        }
    }

    @Test("QUIT answers what came before it, and nothing after")
    func quitting() async throws {
        try await TestClient.connect(to: HandShards()) { client in
            try await client.send("ZADD k 1 a", "QUIT", "ZADD k 1 b")
            #expect(try await client.replies() == ":1 +OK")
            #expect(!client.isOpen)
        }
    }

    @Test("a violation of the protocol is told after the replies to what came before it, and ends the connection")
    func violation() async throws {
        try await TestClient.connect(to: HandShards()) { client in
            try await client.send(bytes: multibulk("ZADD k 1 a") + "*1\r\n$x\r\n" + multibulk("ZCARD k"))
            #expect(try await client.replies() == ":1 -ERR Protocol error: invalid bulk length")
            #expect(!client.isOpen)
        }
    }

    @Test("commands cut between reads are carried out once they are whole", arguments: UInt64(0)..<10)
    func pieces(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        try await TestClient.connect(to: HandShards(count: 3)) { client in
            var bytes = Array((0..<60).flatMap { multibulk("ZINCRBY key-\($0 % 5) 1 m").utf8 })[...]
            var replies = ""
            while !bytes.isEmpty {
                let count = min(bytes.count, 1 + random.below(90))
                try await client.send(bytes: String(decoding: bytes.prefix(count), as: UTF8.self))
                bytes = bytes.dropFirst(count)
                replies += try await client.received()
            }
            #expect(replies == (0..<60).map { "$\($0 / 5 + 1 < 10 ? 1 : 2)\r\n\($0 / 5 + 1)\r\n" }.joined())
        }
    }
}
