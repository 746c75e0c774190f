import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// Frames that announce or hold too much, over a real socket; what is a frame at all is `RESPTests`' matter.
    @Suite("Hostile Redis frames")
    final class HostileFrameTests {
        private struct Case {
            let name: String
            let text: String
            let answer: String
        }

        @Test("Who has no key is refused whatever is large, in Redis's words")
        func strangers() throws {
            let laureld = try start()
            try check(
                laureld, authenticated: false,
                [
                    Case(name: "many arguments", text: "*11\r\n", answer: "unauthenticated multibulk length"),
                    Case(name: "a million arguments", text: "*1048576\r\n", answer: "unauthenticated multibulk length"),
                    Case(name: "too many arguments", text: "*2147483647\r\n", answer: "invalid multibulk length"),
                    Case(
                        name: "a long one", text: "*2\r\n$4\r\nAUTH\r\n$16385\r\n",
                        answer: "unauthenticated bulk length"),
                    Case(name: "512 MB", text: "*2\r\n$4\r\nAUTH\r\n$536870912\r\n", answer: "invalid bulk length"),
                    Case(
                        name: "a line without end", text: String(repeating: "x", count: 70_000),
                        answer: "too big inline request"),
                ])
        }

        @Test("A frame that is none is refused, and ends that connection only")
        func malformed() throws {
            let laureld = try start()
            try check(
                laureld, authenticated: true,
                [
                    Case(name: "an array in an array", text: "*1\r\n*1\r\n", answer: "expected '$', got '*'"),
                    Case(
                        name: "arrays without end", text: String(repeating: "*1\r\n", count: 100_000),
                        answer: "expected '$', got '*'"),
                    Case(name: "a map", text: "*1\r\n%1\r\n", answer: "expected '$', got '%'"),
                    Case(name: "no number", text: "*1\r\n$x\r\n", answer: "invalid bulk length"),
                    Case(name: "a negative length", text: "*1\r\n$-1\r\n", answer: "invalid bulk length"),
                    Case(name: "an overflow", text: "*18446744073709551617\r\n", answer: "invalid multibulk length"),
                    Case(name: "too many arguments", text: "*1048577\r\n", answer: "invalid multibulk length"),
                    Case(name: "open quotes", text: "ZADD \"a\r\n", answer: "unbalanced quotes in request"),
                    Case(
                        name: "an endless count", text: "*" + String(repeating: "1", count: 70_000),
                        answer: "too big mbulk count string"),
                ])
        }

        @Test("Announcing half a gigabyte is refused at once and costs no memory")
        func announcements() throws {
            let laureld = try start()
            let before = try laureld.memory().now
            for _ in 0..<50 {
                let client = try RawConnection(to: laureld)
                try client.send("*3\r\n$4\r\nZADD\r\n$536870912\r\n")
                #expect(try client.receiveAll() == "-ERR Protocol error: invalid bulk length\r\n")
            }
            // What may be sent is announced, and does not come.
            let waiting = try (0..<100).map { _ in
                let client = try RawConnection(to: laureld)
                try client.send("*1048576\r\n$4\r\nZADD\r\n$1048576\r\nx")
                return client
            }
            #expect(try laureld.cli("ping") == "PONG\n")
            #expect(try laureld.memory().now - before < 64 << 20)
            withExtendedLifetime(waiting) {}
        }

        @Test("A command of a million arguments is served, or refused whole if it would change too much")
        func millionArguments() throws {
            let laureld = try start()
            let client = try RawConnection(to: laureld)
            #expect(try client.ask("ZADD m 1 m1 2 m2") == ":2")
            // A million, of which the name and the key are two.
            let members = (0..<999_998).map { "m\($0)" }
            try client.send(multibulk(["ZMSCORE", "m"] + members))
            #expect(try client.receiveLine() == "*999998")
            var scores: [String] = []
            for index in members.indices {
                let line = try client.receiveLine()
                if line == "$-1" { continue }
                scores.append("\(index) \(line) \(try client.receiveLine())")
            }
            #expect(scores == ["1 $1 1", "2 $1 2"])
            try client.send(multibulk(["EXISTS"] + repeatElement("m", count: 999_999)))
            #expect(try client.receiveLine() == ":999999")
            for changing in [
                ["ZREM", "m"] + members, ["ZADD", "m"] + members.flatMap { ["1", $0] }.prefix(999_998),
            ] {
                try client.send(multibulk(changing))
                let refusal = try client.receiveLine()
                #expect(refusal.hasPrefix("-ERR ") && refusal.contains("bytes of members here"), "\(refusal)")
            }
            #expect(try client.ask("ZCARD m") == ":2")
        }

        private func check(_ laureld: Laureld, authenticated: Bool, _ cases: [Case]) throws {
            let before = try laureld.memory().now
            let other = try RawConnection(to: laureld)
            for bad in cases {
                let port = try laureld.redisPort()
                let client = authenticated ? try RawConnection(to: laureld) : try RawConnection(port: port)
                // It may be refused before all of it is sent.
                try? client.send(bad.text)
                #expect(try client.receiveAll() == "-ERR Protocol error: \(bad.answer)\r\n", "\(bad.name)")
                #expect(try other.ask("PING") == "+PONG", "\(bad.name)")
            }
            #expect(try laureld.memory().now - before < 64 << 20)
        }

        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }
        deinit { directory.remove() }

        private func start() throws -> Laureld {
            try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
        }
    }
}
