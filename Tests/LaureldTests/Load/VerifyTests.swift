import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Load with a ledger")
    struct VerifyTests {
        private func node(_ directory: TemporaryDirectory, port: Int) throws -> Laureld {
            try Laureld(
                data: directory.path + "/data", settings: Laureld.busySettings + ["redis=127.0.0.1:\(port)"])
        }

        @Test("What laureld acknowledged is there after kill -9 and a restart while it was written to")
        func crash() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let port = try freePort()
            let first = try node(directory, port: port)
            let ledger = directory.path + "/ledger.txt"
            let key = ["--key", "@\(first.dataDirectory)/admin.key"]
            let load = try ChildProcess(
                [
                    LaurelLoad.binary(), "verify", "--target", "redis://127.0.0.1:\(port)", "--ledger", ledger,
                    "--seconds",
                    "6", "--members", "500", "--wait-seconds", "120",
                ] + key)
            #expect(load.output.line(containing: "acknowledged") != nil)
            try first.kill()
            let second = try node(directory, port: port)
            #expect(try load.wait(seconds: 600) == .exited(0), "\(load.output.text)")
            #expect(load.output.text.contains("0 lost, 0 unexpected"), "\(load.output.text)")

            // Canary: a write that is gone is noticed.
            let text = try String(contentsOfFile: ledger, encoding: .utf8)
            // Those from before the crash were written no more, so that nothing could hide what they lost.
            #expect(text.contains("members 1000\n"), "\(text.prefix(100))")
            let board = try #require(text.firstMatch(of: /board (.+)/)?.1)
            #expect(try second.cli("zrem", String(board), "ledger-7") == "1\n")
            let check =
                ["verify", "--target", "redis://127.0.0.1:\(port)", "--ledger", ledger, "--only", "check"] + key
            let (status, output) = try LaurelLoad.run(check)
            #expect(status == .exited(1), "\(output)")
            #expect(output.contains("1 lost, 0 unexpected") && output.contains("ledger-7:"), "\(output)")
            #expect(try second.stop() == .exited(0))
        }

        @Test("Canary: a server that forgets what it acknowledged is caught, though it is written to until the end")
        func forgetful() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let first = try RedisServer(directory: directory.path)
            let load = try ChildProcess([
                LaurelLoad.binary(), "verify", "--target", "redis://127.0.0.1:\(first.port)", "--ledger",
                directory.path + "/ledger.txt", "--seconds", "4", "--members", "200",
            ])
            #expect(load.output.line(containing: "acknowledged") != nil)
            try first.stop()
            let second = try RedisServer(directory: directory.path, port: first.port)
            #expect(try load.wait(seconds: 120) == .exited(1), "\(load.output.text)")
            #expect(load.output.text.contains("400 members checked: 200 lost, 0 unexpected"), "\(load.output.text)")
            try second.stop()
        }

        @Test("The ledger works over HTTP as well")
        func http() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let laureld = try Laureld(data: directory.path + "/data")
            let (status, text) = try LaurelLoad.run([
                "verify", "--target", "http://127.0.0.1:\(laureld.port)", "--key",
                "@\(laureld.dataDirectory)/admin.key",
                "--ledger", directory.path + "/ledger.txt", "--writes", "2000", "--members", "300", "--seconds", "60",
            ])
            #expect(status == .exited(0), "\(text)")
            #expect(text.contains("2,000 writes acknowledged, 0 in doubt"), "\(text)")
            #expect(text.contains("300 members checked: 0 lost, 0 unexpected"), "\(text)")
            #expect(try laureld.stop() == .exited(0))
        }
    }
}
