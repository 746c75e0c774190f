import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// Clients that mean harm, or are broken. In the end somebody else must still be served, by a node of about the same
    /// size as before.
    @Suite("Hostile Redis clients")
    final class HostileClientTests {
        @Test("Ten thousand clients are served at once, and one more is told that it is too many")
        func manyClients() throws {
            let count = try Self.clientCountMax(wanted: 10_000)
            let laureld = try start("redis-connections-max=\(count)")
            let script = ["/usr/bin/python3", Programs.path("many_connections.py")]
            let (status, text) = try ChildProcess.run(
                script + ["\(try laureld.redisPort())", laureld.key, "\(count)"], seconds: 300)
            #expect(status == .exited(0) && text.contains("\(count) clients were served at once"), "\(text)")
            try eventually("all of them are forgotten") { try laureld.clientCount() == 1 ? () : nil }
        }

        @Test("Clients that send a byte at a time keep nobody from being served, and are served themselves")
        func slowClients() throws {
            let laureld = try start()
            let other = try RawConnection(to: laureld)
            let slow = try (0..<200).map { _ in try RawConnection(port: try laureld.redisPort()) }
            let login = Array(multibulk("AUTH", laureld.key).utf8)
            let entry = Array(multibulk("ZADD", "slow", "1", "a slow member").utf8)
            let inline = Array("ZCARD slow\r\n".utf8)
            for byte in login + entry + inline {
                for client in slow { try client.send([byte]) }
                #expect(try other.ask("PING") == "+PONG")
            }
            var added = 0
            for client in slow {
                #expect(try client.receiveLine() == "+OK")
                added += try client.receiveLine() == ":1" ? 1 : 0
                #expect(try client.receiveLine() == ":1")
            }
            #expect(added == 1)
        }

        @Test("Half a command is dropped with the connection, whether it says goodbye or not")
        func halfCommands() throws {
            let laureld = try start()
            let command = Array(multibulk("ZADD", "half", "1", "ann").utf8)
            for length in 0..<command.count {
                for isReset in [true, false] {
                    let client = try RawConnection(to: laureld)
                    try client.send(command[..<length])
                    if isReset { client.reset() }
                }
            }
            try eventually("all of them are forgotten") { try laureld.clientCount() == 1 ? () : nil }
            #expect(try laureld.cli("exists", "half") == "0\n")
        }

        @Test("Commands that were sent before a reset are done or not, and the node goes on")
        func resetWithRepliesUnderway() throws {
            let laureld = try start()
            for number in 0..<50 {
                let client = try RawConnection(to: laureld)
                try client.send((0..<200).map { multibulk("ZADD", "r\(number)", "\($0)", "m\($0)") }.joined())
                client.reset()
            }
            try eventually("all of them are forgotten") { try laureld.clientCount() == 1 ? () : nil }
            for number in 0..<50 {
                // What is there is the start of what was sent: nothing was left out.
                let members = try laureld.cli("zrange", "r\(number)", "0", "-1").split(separator: "\n")
                #expect(members == members.indices.map { Substring("m\($0)") })
            }
            #expect(try laureld.stop() == .exited(0))
            #expect(try Laureld.verify(laureld.dataDirectory).status == .exited(0))
        }

        @Test("A client that asks for a lot and reads nothing is disconnected, and the node does not grow with it")
        func unreadReplies() throws {
            let laureld = try start("redis-patience-seconds=1")
            let client = try RawConnection(to: laureld)
            let padding = String(repeating: "x", count: 200)
            for part in 0..<5 {
                let entries = (0..<1000).flatMap { ["1", "\(padding)\(part)-\($0)"] }
                try client.send(multibulk(["ZADD", "big"] + entries))
                #expect(try client.receiveLine() == ":1000")
            }
            let replySize = 5000 * 200
            let before = try laureld.memory()
            // 256 MiB in all.
            let count = (256 << 20) / replySize
            try client.send(String(repeating: "ZRANGE big 0 -1\r\n", count: count))
            try eventually("it is disconnected") { try laureld.clientCount() == 1 ? () : nil }
            #expect(try laureld.memory().peak - before.peak < 64 << 20)
            #expect(client.discardAll() < count * replySize)
            #expect(try laureld.cli("zcard", "big") == "5000\n")
        }

        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }
        deinit { directory.remove() }

        private func start(_ settings: String...) throws -> Laureld {
            try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings + settings)
        }

        /// How many clients a process may hold, with a few descriptors left for files. Says so if that is less than wanted.
        static func clientCountMax(wanted: Int) throws -> Int {
            let spare = 500
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            // The server inherits it. Only root may raise what is hard.
            var raised = limit
            raised.rlim_cur = rlim_t(wanted + spare)
            raised.rlim_max = max(limit.rlim_max, raised.rlim_cur)
            if limit.rlim_cur >= raised.rlim_cur { return wanted }
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { return wanted }
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let count = max(Int(limit.rlim_max) - spare, 10)
            if count >= wanted { return wanted }
            print(
                "SCALED DOWN: \(count) clients and not \(wanted), since a process may open only \(limit.rlim_max) files"
            )
            return count
        }
    }
}
