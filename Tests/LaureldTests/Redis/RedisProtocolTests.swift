import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// The Redis protocol beside a real redis-server, and with its own client.
    @Suite("Redis protocol")
    struct RedisProtocolTests {
        @Test("Replies to random commands are those of a redis-server, byte for byte", arguments: [2, 3])
        func differential(version: Int) throws {
            let directory = try TemporaryDirectory()
            let redis = try RedisServer(directory: directory.path)
            let laureld = try Laureld(data: directory.path + "/data", settings: Self.settings)
            let script = Repository.path + "/Tests/LaureldTests/Redis/differential.py"
            let (status, text) = try ChildProcess.run(
                [
                    "python3", script, "\(redis.port)", "\(try laureld.redisPort())", laureld.key, "--protocol",
                    "\(version)", "--seed", "\(version)", "--commands", "100000",
                ], seconds: 600)
            #expect(status == .exited(0), "\(text)")
            #expect(text.contains("100000 commands, ") && text.contains(", 0 differences"), "\(text)")
            try redis.stop()
            #expect(try laureld.stop() == .exited(0))
            // What the log holds leads to the same state again.
            #expect(try Laureld.verify(directory.path + "/data").status == .exited(0))
        }

        @Test("What was replied to is there after kill -9, over Redis and over HTTP")
        func durability() throws {
            let directory = try TemporaryDirectory()
            let data = directory.path + "/data"
            let laureld = try Laureld(data: data, settings: Self.settings)
            #expect(try laureld.cli("zadd", "plain", "1.5", "ann", "2", "bob") == "2\n")
            #expect(try laureld.cli("zincrby", "plain", "0.25", "ann") == "1.75\n")
            #expect(try laureld.cli("pexpireat", "plain", "33177117420000") == "1\n")
            try laureld.kill()
            let again = try Laureld(data: data, settings: Self.settings)
            #expect(try again.cli("zrange", "plain", "0", "-1", "withscores") == "ann\n1.75\nbob\n2\n")
            #expect(try again.cli("pexpiretime", "plain") == "33177117420000\n")
            #expect(try again.client().get("/v1/leaderboards/plain/rank/bob").status == 200)
            #expect(try again.cli("expire", "plain", "-1", "GT") == "0\n")
            #expect(try again.cli("zrem", "plain", "ann", "bob") == "2\n")
            #expect(try again.cli("exists", "plain") == "0\n")
            #expect(try again.stop() == .exited(0))
        }

        @Test("A leaderboard is read and written under its definition's rules, and not deleted")
        func leaderboard() throws {
            let directory = try TemporaryDirectory()
            let laureld = try Laureld(data: directory.path + "/data", settings: Self.settings)
            let definition = """
                {"id":"runs","columns":[{"name":"points","type":"integer","order":"desc","operator":"best"}]}
                """
            #expect(try laureld.client().post("/v1/leaderboards", definition).status == 201)
            #expect(try laureld.cli("zadd", "runs", "10", "ann", "30", "bob", "5", "ann") == "2\n")
            #expect(try laureld.cli("zrevrange", "runs", "0", "-1", "withscores") == "bob\n30\nann\n10\n")
            #expect(try laureld.cli("zadd", "runs", "1.5", "ann").contains("does not take such a number"))
            #expect(try laureld.cli("zincrby", "runs", "1", "ann").contains("operator sum"))
            #expect(try laureld.cli("del", "runs").contains("over HTTP only"))
            #expect(try laureld.cli("flushdb") == "OK\n")
            #expect(try laureld.cli("zcard", "runs") == "2\n")
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("Nobody does anything without a key, and a malformed frame ends that connection only")
        func strangers() throws {
            let directory = try TemporaryDirectory()
            let laureld = try Laureld(data: directory.path + "/data", settings: Self.settings)
            #expect(try laureld.cli(["zadd", "a", "1", "b"], key: nil).contains("NOAUTH"))
            #expect(try laureld.cli(["ping"], key: "wrong").contains("WRONGPASS"))
            let open = try RawConnection(port: try laureld.redisPort())
            try open.send("AUTH \(laureld.key)\r\n")
            #expect(try open.receive(until: "+OK\r\n") == "+OK\r\n")
            let broken = try RawConnection(port: try laureld.redisPort())
            try broken.send("*1\r\n:5\r\n")
            #expect(try broken.receiveAll() == "-ERR Protocol error: expected '$', got ':'\r\n")
            let huge = try RawConnection(port: try laureld.redisPort())
            try huge.send("AUTH \(laureld.key)\r\n")
            _ = try huge.receive(until: "+OK\r\n")
            try huge.send("*2\r\n$4\r\nECHO\r\n$536870912\r\n")
            #expect(try huge.receiveAll() == "-ERR Protocol error: invalid bulk length\r\n")
            try open.send("PING\r\n")
            #expect(try open.receive(until: "+PONG\r\n") == "+PONG\r\n")
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("What would not fit into a record of the log is refused, and changes nothing")
        func tooMuchAtOnce() throws {
            let directory = try TemporaryDirectory()
            let laureld = try Laureld(data: directory.path + "/data", settings: Self.settings)
            let connection = try RawConnection(port: try laureld.redisPort())
            try connection.send("AUTH \(laureld.key)\r\n")
            _ = try connection.receive(until: "\r\n")
            func replies(_ text: String) throws -> String {
                try connection.send(text)
                return try connection.receive(until: "\r\n")
            }
            let padding = String(repeating: "x", count: 200)
            for part in 0..<20 {
                let members = (0..<1000).map { "1 \(padding)\(part)-\($0)" }
                let words = (["zadd", "big"] + members).joined(separator: " ").split(separator: " ")
                let command = words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
                #expect(try replies("*\(words.count)\r\n" + command) == ":1000\r\n")
            }
            for command in [
                "copy big {big}2", "zpopmin big 20000", "zremrangebyrank big 0 -1", "zunionstore {big}3 1 big",
            ] {
                let reply = try replies(command + "\r\n")
                #expect(reply.contains("bytes of members here"), "\(command): \(reply)")
            }
            #expect(try replies("multi\r\n") == "+OK\r\n")
            for part in 0..<12 {
                let words = ["zadd", "big"] + (0..<1000).flatMap { ["1", "\(padding)t\(part)-\($0)"] }
                let command = words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
                #expect(try replies("*\(words.count)\r\n" + command) == "+QUEUED\r\n")
            }
            #expect(try replies("exec\r\n").hasPrefix("-EXECABORT"))
            #expect(try replies("zcard big\r\n") == ":20000\r\n")
            #expect(try laureld.stop() == .exited(0))
        }

        static let settings = Laureld.busySettings + ["redis=127.0.0.1:0"]
    }
}
