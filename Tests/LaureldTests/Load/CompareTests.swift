import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Comparisons of servers")
    struct CompareTests {
        private static let redis = #"redis-server --port {port} --bind 127.0.0.1 --save "" --appendonly no --dir {dir}"#

        @Test("The shipped table, small: laureld and redis-server answer alike, and every row has its figures")
        func table() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let laurel = "\(try Laureld.binary()) --data-dir {dir} --http 127.0.0.1:0 --redis 127.0.0.1:{port}"
            let (status, text) = try LaurelLoad.run(
                [
                    "compare", "--table", "loadtest/tables/redis.yaml", "--members", "3000", "--repeats", "2",
                    "--duration",
                    "0.1", "--server", "laurel=\(laurel)", "--key", "laurel=@{dir}/admin.key", "--server",
                    "redis=\(Self.redis)", "--directory", directory.path, "--no-pinning",
                ], seconds: 600)
            #expect(status == .exited(0), "\(text)")
            #expect(text.contains("3,000 members, 2 turns each, medians; answers agree."), "\(text)")
            let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
            #expect(rows.count == 13)
            for row in rows { #expect(!row.contains("–  |") && row.contains("x"), "\(row)") }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        }

        @Test("Servers that answer differently are told apart")
        func differing() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let file = directory.path + "/table.yaml"
            let table = "name: t\nseconds: 0.1\nprobes: 10\nrows: [{name: increments, operation: increment}]\n"
            try table.write(toFile: file, atomically: true, encoding: .utf8)
            // One of them has a member more than the other.
            let other = directory.path + "/more.sh"
            let script = """
                redis-server --port $1 --bind 127.0.0.1 --save "" --dir $2 & id=$!
                trap "kill $id; wait $id" TERM
                until redis-cli -p $1 zadd lb 5 extra; do :; done
                wait $id
                """
            try script.write(toFile: other, atomically: true, encoding: .utf8)
            let (status, text) = try LaurelLoad.run([
                "compare", "--table", file, "--members", "100", "--repeats", "1", "--server", "a=\(Self.redis)",
                "--server",
                "b=bash \(other) {port} {dir}", "--directory", directory.path, "--no-pinning",
            ])
            #expect(status == .exited(1), "\(text)")
            #expect(text.contains("**answers differ**"), "\(text)")
        }

        @Test("A scenario is compared on two running servers")
        func scenario() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let (first, second) = (
                try RedisServer(directory: directory.path), try RedisServer(directory: directory.path)
            )
            let (status, text) = try LaurelLoad.run([
                "compare", "steady-game", "--members", "1000", "--duration", "1", "--repeats", "2", "--no-pinning",
                "--server", "a=redis://127.0.0.1:\(first.port)", "--server", "b=redis://127.0.0.1:\(second.port)",
            ])
            #expect(status == .exited(0), "\(text)")
            for name in ["update", "rank, p50", "all, p99"] { #expect(text.contains("| \(name) | "), "\(text)") }
            try first.stop()
            try second.stop()
        }
    }
}
