import NodeRuntime
import Sharding
import TestSupport
import Testing

@testable import RedisFrontend

/// Replies that are too long to be made at once are made as they are read.
@Suite("Rounds of a pipeline")
struct RoundTests {
    /// A set whose whole range is some 350 kB with its scores.
    private static func fill(_ key: String, _ client: TestClient) async throws {
        let entries = (0..<1500).map { " \($0)" + " " + String(repeating: "x", count: 200) + "\($0)" }.joined()
        try await client.send("ZADD \(key)" + entries)
        #expect(try await client.replies() == ":1500")
    }

    private static func range(_ key: String, _ client: TestClient) async throws -> String {
        try await client.send("ZRANGE \(key) 0 -1 WITHSCORES")
        return try await client.received()
    }

    @Test("a client that reads late gets every reply whole and in order, and no more is made than it has room for")
    func lateReader() async throws {
        let shards = HandShards(count: 2)
        let keys = HandShards.keys(for: 2)
        try await TestClient.connect(to: shards) { client in
            for key in keys { try await Self.fill(key, client) }
            let whole = (try await Self.range(keys[0], client), try await Self.range(keys[1], client))
            let before = try await client.onLoop { shards.handedOverCount }
            // Room for the first round only: then the socket is full until the client reads.
            let commands = (0..<24).map { number in
                number % 8 == 7 ? "PING p\(number)" : "ZRANGE \(keys[number % 3 == 0 ? 1 : 0]) 0 -1 WITHSCORES"
            }
            let expected = (0..<24).map { number in
                number % 8 == 7 ? "$\(number < 10 ? 2 : 3)\r\np\(number)\r\n" : number % 3 == 0 ? whole.1 : whole.0
            }
            shards.hold()
            try await client.send(commands)
            var (received, roundCount, greatest) = ("", 0, 0)
            while try await client.onLoop({ shards.waiting.count }) > 0 {
                try await client.setWritable(false)
                while try await client.onLoop({ shards.carryOut() }) {}
                let bytes = try await client.received()
                greatest = max(greatest, bytes.utf8.count)
                received += bytes
                #expect(try await client.onLoop { shards.waiting.count } == 0, "nothing more is made for a full socket")
                try await client.setWritable(true)
                roundCount += 1
            }
            received += try await client.received()
            #expect(received == expected.joined())
            #expect(roundCount > 4)
            #expect(greatest < 2 * (ShardPart.roundByteCount + whole.0.utf8.count))
            #expect(try await client.onLoop { shards.handedOverCount } - before >= roundCount)
        }
    }

    @Test("what is too much for one record of the log becomes several, and is answered as a whole", arguments: [1, 2])
    func records(placeCount: Int) async throws {
        let shards = HandShards(count: placeCount, records: RecordRoom(byteCountMax: 160_000))
        let keys = HandShards.keys(for: placeCount)
        try await TestClient.connect(to: shards) { client in
            let name = String(repeating: "n", count: 200)
            let commands = (0..<3000).map { number in
                number % 50 == 0
                    ? "ZADD \(keys[0]) 1 \(name)a\(number) 2 b\(number)"
                    : "ZADD \(keys[number % placeCount]) 1 \(name)\(number)"
            }
            try await client.send(commands)
            #expect(try await client.received() == (0..<3000).map { $0 % 50 == 0 ? ":2\r\n" : ":1\r\n" }.joined())
        }
        let payloads = shards.payloads.flatMap { $0 }
        #expect(payloads.count > 4)
        #expect(payloads.allSatisfy { $0.count <= 160_000 })
    }

    @Test("at one place as at several, with direct and other commands", arguments: [1, 3])
    func mixtures(placeCount: Int) async throws {
        let shards = HandShards(count: placeCount)
        let keys = HandShards.keys(for: placeCount)
        var random = SplitMix64(seed: 3)
        try await TestClient.connect(to: shards) { client in
            for key in keys { try await Self.fill(key, client) }
            var (commands, expected) = ([String](), "")
            for number in 0..<40 {
                let command =
                    switch random.below(4) {
                    case 0: "ZRANGEBYSCORE \(random.pick(keys)) \(number) +inf"
                    case 1: "ZSCORE \(random.pick(keys)) none"
                    default: "ZREVRANGE \(random.pick(keys)) 0 -1"
                    }
                commands.append(command)
                try await client.send(command)
                expected += try await client.received()
            }
            #expect(expected.utf8.count > 6 * ShardPart.roundByteCount)
            let before = try await client.onLoop { shards.handedOverCount }
            try await client.send(commands)
            #expect(try await client.received() == expected)
            #expect(try await client.onLoop { shards.handedOverCount } - before > 5)
        }
    }

    @Test("a round that fails answers what is left with the error, and takes back nothing that was answered")
    func failedRound() async throws {
        let shards = HandShards()
        try await TestClient.connect(to: shards) { client in
            try await Self.fill("k", client)
            let whole = try await Self.range("k", client)
            shards.hold()
            try await client.send((0..<9).map { $0 == 7 ? "PING" : "ZRANGE k 0 -1 WITHSCORES" })
            try await client.onLoop { shards.carryOut() }
            let first = try await client.received()
            let doneCount = first.utf8.count / whole.utf8.count
            #expect(0 < doneCount && doneCount < 7)
            try await client.onLoop { shards.carryOut(failing: .overloaded(retryAfter: 1)) }
            let busy = "-BUSY too much is waiting on this node, try again in a second\r\n"
            let rest = (doneCount..<9).map { $0 == 7 ? "+PONG\r\n" : busy }.joined()
            #expect(try await client.received() == rest)
            #expect(first == String(repeating: whole, count: doneCount))
            #expect(try await client.onLoop { shards.waiting.count } == 0)
        }
    }
}
