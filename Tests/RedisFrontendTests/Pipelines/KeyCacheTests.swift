import Leaderboards
import NIOCore
import TestSupport
import Testing

@testable import NodeRuntime
@testable import RedisFrontend

/// What is remembered of keys is what is true of them.
@Suite("Remembered keys")
struct KeyCacheTests {
    private let shards = HandShards(count: 16)

    private func reference(_ cache: KeyCache, _ key: [UInt8], project: String = "p") -> KeyReference? {
        key.withUnsafeBytes { cache.reference($0, project: project) }
    }

    private func isRight(_ reference: KeyReference?, _ key: String, project: String = "p") -> Bool {
        reference.map {
            $0.key.project == project && $0.key.id == key && $0.place == shards.place(of: $0.key)
        } ?? false
    }

    @Test("far more keys than are remembered, again and again, of several projects", arguments: UInt64(0)..<4)
    func collisions(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let cache = KeyCache(service: shards)
        for _ in 0..<30_000 {
            // Many share a slot of 4096; some come again right away, some after others took their slot.
            let key = "key-\(random.chance(3) ? random.below(20_000) : random.below(50))"
            let project = random.pick(["p", "q", ""])
            let found = reference(cache, Array(key.utf8), project: project)
            if !isRight(found, key, project: project) { Issue.record("\(project) \(key)") }
        }
    }

    @Test("a key that is remembered is not looked up anew, and another of its slot does not pass for it")
    func remembering() throws {
        let cache = KeyCache(service: shards)
        let first = try #require(reference(cache, Array("a".utf8)))
        #expect(reference(cache, Array("a".utf8)) === first)
        #expect(reference(cache, Array("a".utf8), project: "q") !== first)
        // The other project's took the slot.
        #expect(reference(cache, Array("a".utf8)) !== first)
        var displaced: String?
        for number in 0..<100_000 where displaced == nil {
            let before = try #require(reference(cache, Array("a".utf8)))
            _ = reference(cache, Array("other-\(number)".utf8))
            if reference(cache, Array("a".utf8)) !== before { displaced = "other-\(number)" }
        }
        let other = try #require(displaced, "none of 100,000 keys shares a slot of 4096 with this one")
        for _ in 0..<3 {
            #expect(isRight(reference(cache, Array(other.utf8)), other))
            #expect(isRight(reference(cache, Array("a".utf8)), "a"))
        }
    }

    @Test("keys at the greatest length, of no byte, and of any text")
    func unusual() {
        let cache = KeyCache(service: shards)
        for key in [
            "", String(repeating: "k", count: 512), "\u{0}\r\n", "schlüssel-🗝", String(repeating: "ü", count: 256),
        ] {
            #expect(isRight(reference(cache, Array(key.utf8)), key))
        }
        #expect(reference(cache, Array(repeating: 0x6B, count: 513)) == nil)
    }

    @Test(
        "what is no UTF-8 is no key, before and after",
        arguments: [[0xFF], [0xC3], [0x61, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func notText(bytes: [UInt8]) {
        let cache = KeyCache(service: shards)
        #expect(reference(cache, bytes) == nil)
        #expect(isRight(reference(cache, Array("a".utf8)), "a"))
        #expect(reference(cache, bytes) == nil)
    }

    @Test("a client is told of a key that is none, by direct and other commands alike")
    func errors() async throws {
        try await TestClient.connect(to: shards) { client in
            let long = String(repeating: "k", count: 513)
            try await client.send("ZCARD \(long)", "ZREM \(long) a", "ZADD k 1 a", "ZCARD k")
            let error = "-ERR a key has at most 512 bytes here"
            #expect(try await client.replies() == "\(error) \(error) :1 :1")
            try await client.send(command("ZCARD", [0xFF]))
            try await client.send(command("EXISTS", [0xFF]))
            #expect(try await client.replies() == "-ERR a key must be UTF-8 here -ERR a key must be UTF-8 here")
        }
    }
}

/// A command of a name and one argument of any bytes.
private func command(_ name: String, _ argument: [UInt8]) -> ByteBuffer {
    let start = "*2\r\n$\(name.utf8.count)\r\n\(name)\r\n$\(argument.count)\r\n"
    return ByteBuffer(bytes: Array(start.utf8) + argument + Array("\r\n".utf8))
}
