import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// The programs and libraries that people have, each in both versions of the protocol.
    ///
    /// What the programs expect is held against a redis-server first, so that they test Laurel and not an opinion.
    @Suite("Redis clients")
    final class RedisClientTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }
        deinit { directory.remove() }

        @Test("redis-py does all it documents for sorted sets, keys, pipelines and transactions", arguments: Python.all)
        func python(client: Python) throws {
            try onBothServers { port, key in
                let (status, text) = try client.run(port: port, key: key)
                #expect(status == .exited(0), "\(client), key '\(key)':\n\(text)")
                #expect(text.contains(client.name) && text.contains("OK"), "\(text)")
            }
        }

        @Test("A C program with hiredis gets what it asks for, in pipelines and transactions", arguments: Hiredis.all)
        func hiredis(library: Hiredis) throws {
            try onBothServers { port, key in
                for version in library.versions {
                    let (status, text) = try ChildProcess.run(
                        [library.program(in: directory.path), "\(port)", key, "\(version)"])
                    #expect(status == .exited(0) && text.contains("protocol \(version): done"), "\(text)")
                }
            } preparing: {
                let (status, text) = try ChildProcess.run(library.compilation(in: directory.path))
                try #require(status == .exited(0), "\(text)")
            }
        }

        @Test("redis-cli takes a script with a transaction from its input", arguments: [2, 3])
        func script(version: Int) throws {
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            let commands = [
                "zadd k 1 a 2 b", "multi", "zincrby k 2.5 a", "zrange k 0 -1 withscores", "exec", "zscore k a",
            ]
            let text = try laureld.cli(input: commands.joined(separator: "\n"), ["-\(version)"])
            #expect(text == "2\nOK\nQUEUED\nQUEUED\n3.5\nb\n2\na\n3.5\n3.5\n")
            #expect(try laureld.cli(input: "zcard k", ["-\(version)"]) == "2\n")
        }

        @Test("redis-cli's transaction does nothing if another client changes what it watches", arguments: [2, 3])
        func watch(version: Int) throws {
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            let script = [Programs.path("watch.sh"), "\(try laureld.redisPort())", laureld.key, "\(version)"]
            let (status, text) = try ChildProcess.run(script)
            #expect(status == .exited(0))
            #expect(text == "1\nOK\n1\nOK\nQUEUED\n\n0\n")
        }

        @Test("redis-cli enters a hundred thousand entries in one stream, and looks through them")
        func massInsertion() throws {
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            let entries = (0..<100_000).map { multibulk("ZADD", "big", "\($0)", "m\($0)") }.joined()
            let answer = try laureld.cli(input: entries, ["--pipe"])
            #expect(answer.contains("errors: 0, replies: 100000"), "\(answer)")
            #expect(try laureld.cli("zcard", "big") == "100000\n")
            #expect(try laureld.cli("--bigkeys").contains("zsets with 100000 members"))
            #expect(try laureld.cli("--scan", "--pattern", "b*") == "big\n")
            #expect(try laureld.cli("--json", "zrange", "big", "0", "1", "withscores") == "[[\"m0\",0],[\"m1\",1]]\n")
            #expect(try laureld.cli("--csv", "zrange", "big", "0", "1", "withscores") == "\"m0\",\"0\",\"m1\",\"1\"\n")
        }

        @Test("redis-benchmark runs its own tests and a command of ours without an error", arguments: [2, 3])
        func benchmark(version: Int) throws {
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            let common =
                ["redis-benchmark", "-p", "\(try laureld.redisPort())", "-a", laureld.key, "-r", "1000"]
                + (version == 3 ? ["-3"] : [])
            let runs: [(arguments: [String], says: String)] = [
                (["-t", "zadd,zpopmin", "-n", "2000", "-q"], "ZPOPMIN: "),
                (["-t", "zadd,zpopmin", "-n", "20000", "-c", "20", "-P", "16", "-q"], "ZPOPMIN: "),
                (
                    ["-n", "20000", "-P", "16", "ZADD", "b", "__rand_int__", "m__rand_int__"],
                    "20000 requests completed"
                ),
                (["-n", "20000", "-P", "16", "ZREVRANGE", "b", "0", "9"], "20000 requests completed"),
            ]
            for run in runs {
                let (status, text) = try ChildProcess.run(common + run.arguments, seconds: 300)
                #expect(status == .exited(0) && text.contains(run.says), "\(text)")
                #expect(!text.contains("rror") && !text.contains("WARNING"), "\(text)")
            }
            #expect(try laureld.cli("zcard", "b") == "1000\n")
            // Twenty thousand were taken, and no more than a thousand entered.
            #expect(try laureld.cli("zcard", "myzset") == "0\n")
        }

        @Test("Canary: redis-benchmark says so when its commands are answered with errors")
        func benchmarkCanary() throws {
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            let login = ["-p", "\(try laureld.redisPort())", "-a", laureld.key]
            let (_, text) = try ChildProcess.run(["redis-benchmark"] + login + ["-n", "100", "ZADD", "b", "x", "m"])
            #expect(text.contains("Error from server: ERR value is not a valid float"))
        }

        /// Calls `body` with the port and key of a redis-server, which has none, and then of a laureld.
        private func onBothServers(_ body: (Int, String) throws -> Void, preparing: () throws -> Void = {}) throws {
            try preparing()
            let redis = try RedisServer(directory: directory.path)
            try body(redis.port, "")
            try redis.stop()
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            try body(try laureld.redisPort(), laureld.key)
            #expect(try laureld.stop() == .exited(0))
        }
    }
}
