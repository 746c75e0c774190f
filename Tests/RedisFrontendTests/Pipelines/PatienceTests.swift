import NIOCore
import NIOEmbedded
import Testing

@testable import RedisFrontend

/// A client may owe something for so long and no longer. Time is the test's.
@Suite("Patience")
struct PatienceTests {
    private var configuration: RedisConfiguration {
        var configuration = RedisConfiguration()
        configuration.patienceSeconds = 60
        return configuration
    }

    @Test("a client that never says who it is goes after a minute, whatever else it says")
    func unauthenticated() async throws {
        try await TestClient.connect(to: HandShards(), configuration, isAuthenticated: false) { client in
            for _ in 0..<5 {
                await client.advance(bySeconds: 10)
                try await client.send("PING")
                #expect(try await client.replies() == "-NOAUTH Authentication required.")
            }
            await client.advance(bySeconds: 9)
            #expect(client.isOpen)
            await client.advance(bySeconds: 1)
            #expect(!client.isOpen)
        }
    }

    @Test("one that has said it may be silent for as long as it likes")
    func silent() async throws {
        try await TestClient.connect(to: HandShards(), configuration) { client in
            await client.advance(bySeconds: 100_000)
            try await client.send("ZCARD k")
            #expect(try await client.replies() == ":0")
            await client.advance(bySeconds: 100_000)
            #expect(client.isOpen)
        }
    }

    @Test("one that authenticates at the last moment has its patience anew")
    func lateAuthentication() async throws {
        try await TestClient.connect(to: HandShards(), configuration, isAuthenticated: false) { client in
            await client.advance(bySeconds: 59)
            try await client.send("AUTH \(TestClient.key)")
            #expect(try await client.reply() == "+OK")
            try await client.send(bytes: "*2\r\n$5\r\nZC")
            await client.advance(bySeconds: 2)
            #expect(client.isOpen, "half a command, but not for long")
            try await client.send(bytes: "ARD\r\n$1\r\nk\r\n")
            #expect(try await client.replies() == ":0")
        }
    }

    @Test("half a command is waited for, and more of its bytes are no progress")
    func halfACommand() async throws {
        try await TestClient.connect(to: HandShards(), configuration) { client in
            let command = Array(multibulk("ZADD key 1 member"))
            for (index, byte) in command.dropLast(2).enumerated() where client.isOpen {
                try await client.send(bytes: String(byte))
                if index % 4 == 3 { await client.advance(bySeconds: 10) }
            }
            await client.advance(bySeconds: 60)
            #expect(!client.isOpen)
            #expect(try await client.replies() == "")
        }
    }

    @Test("who is always in the midst of a command but gets on is never asked to leave")
    func progress() async throws {
        try await TestClient.connect(to: HandShards(), configuration) { client in
            let command = multibulk("ZCARD k")
            try await client.send(bytes: String(command.prefix(9)))
            for _ in 0..<20 {
                await client.advance(bySeconds: 50)
                // The rest of this one, and the beginning of the next.
                try await client.send(bytes: String(command.dropFirst(9)) + String(command.prefix(9)))
                #expect(try await client.replies() == ":0")
            }
            await client.advance(bySeconds: 60)
            await client.advance(bySeconds: 60)
            #expect(!client.isOpen)
        }
    }

    @Test("replies that nobody reads are kept for a minute, or up to two if it has just got on")
    func unread() async throws {
        try await TestClient.connect(to: HandShards(), configuration) { client in
            await client.advance(bySeconds: 100)
            try await client.send("PING")
            try await client.setWritable(false)
            await client.advance(bySeconds: 59)
            #expect(client.isOpen)
            await client.advance(bySeconds: 1)
            #expect(!client.isOpen)
        }
        try await TestClient.connect(to: HandShards(), configuration) { client in
            // The timer from before it authenticated is still set, and finds that there was progress.
            try await client.setWritable(false)
            await client.advance(bySeconds: 119)
            #expect(client.isOpen)
            await client.advance(bySeconds: 1)
            #expect(!client.isOpen)
        }
    }

    @Test("the last words to a client are kept for a minute as well")
    func lastWords() async throws {
        try await TestClient.connect(to: HandShards(), configuration) { client in
            await client.advance(bySeconds: 100)
            try await client.jam()
            try await client.send("PING", "QUIT")
            await client.advance(bySeconds: 59)
            #expect(client.isOpen)
            await client.advance(bySeconds: 1)
            #expect(!client.isOpen)
        }
    }

    @Test("who reads now and then, however late, stays")
    func slowReader() async throws {
        try await TestClient.connect(to: HandShards(), configuration) { client in
            for _ in 0..<10 {
                try await client.setWritable(false)
                await client.advance(bySeconds: 50)
                try await client.setWritable(true)
                try await client.send("PING")
                #expect(try await client.replies() == "+PONG")
            }
            #expect(client.isOpen)
        }
    }

    @Test("the node's own slowness is not held against a client")
    func slowNode() async throws {
        let shards = HandShards()
        try await TestClient.connect(to: shards, configuration) { client in
            shards.hold()
            try await client.send(bytes: multibulk("ZADD k 1 a") + "*2\r\n$5")
            await client.advance(bySeconds: 1000)
            #expect(client.isOpen)
            try await client.onLoop { shards.carryOut() }
            #expect(try await client.replies() == ":1")
            // From here on it owes the rest.
            await client.advance(bySeconds: 59)
            #expect(client.isOpen)
            await client.advance(bySeconds: 61)
            #expect(!client.isOpen)
        }
    }

    @Test("one timer serves for all, and only while something is owed")
    func timer() {
        let loop = EmbeddedEventLoop()
        var patience = Patience()
        let fired = Fired()
        let ring = { @Sendable in fired.count += 1 }
        patience.watch(owes: false, seconds: 5, on: loop, ring)
        loop.advanceTime(by: .seconds(100))
        #expect(fired.count == 0)
        for _ in 0..<3 { patience.watch(owes: true, seconds: 5, on: loop, ring) }
        loop.advanceTime(by: .seconds(4))
        patience.noteProgress()
        loop.advanceTime(by: .seconds(1))
        #expect(fired.count == 1)
        var isOver = patience.isOver
        #expect(!isOver, "there was progress")
        patience.watch(owes: true, seconds: 5, on: loop, ring)
        loop.advanceTime(by: .seconds(5))
        #expect(fired.count == 2)
        isOver = patience.isOver
        #expect(isOver)
        patience.watch(owes: true, seconds: 5, on: loop, ring)
        patience.watch(owes: false, seconds: 5, on: loop, ring)
        loop.advanceTime(by: .seconds(5))
        isOver = patience.isOver
        #expect(!isOver, "it was paid in the meantime")
        patience.watch(owes: true, seconds: 5, on: loop, ring)
        patience.end()
        loop.advanceTime(by: .seconds(100))
        #expect(fired.count == 3)
    }
}

/// Counts on one thread.
private final class Fired: @unchecked Sendable {
    var count = 0
}
