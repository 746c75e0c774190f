import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// `laurel-load` against servers as they are.
    @Suite("Load runs")
    struct LoadRunTests {
        private static let scenario = """
            name: short
            members: 2000
            preload: 2000
            boards: 2
            member_skew: 0.8
            mix: {update: 5, enter: 1, batch: 1, bulk: 1, rank: 5, top: 1, page: 1, around: 1, ping: 1}
            batch_size: 20
            arrivals: constant
            rate: 400
            connections: 8
            duration: 1.5
            drain: 30
            """

        /// Runs the scenario, and answers the report.
        private func run(_ arguments: [String], scenario: String = scenario, in directory: TemporaryDirectory) throws
            -> LaurelLoad.Report
        {
            let file = directory.path + "/short.yaml"
            try scenario.write(toFile: file, atomically: true, encoding: .utf8)
            let report = directory.path + "/report"
            let (status, text) = try LaurelLoad.run(["run", file, "--report", report] + arguments)
            #expect(status == .exited(0), "\(text)")
            return try LaurelLoad.Report(report)
        }

        private func expectComplete(_ report: LaurelLoad.Report) {
            #expect(report.scheduled == 600)
            #expect(report.all.count == 600)
            #expect(report.all.failed == 0)
            #expect(report.unanswered == 0)
            #expect(report.operations.count == 9)
            for operation in report.operations {
                #expect(operation.count > 0 && operation.latency.p50 > 0, "\(operation)")
                #expect(operation.latency.max >= operation.latency.p50)
            }
        }

        @Test("Every operation, in an open loop, against a redis-server")
        func redis() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let redis = try RedisServer(directory: directory.path)
            expectComplete(try run(["--target", "redis://127.0.0.1:\(redis.port)"], in: directory))
            try redis.stop()
        }

        @Test("Every operation, in an open loop, against laureld over both of its protocols")
        func laurel() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            let key = ["--key", "@\(laureld.dataDirectory)/admin.key"]
            let port = try laureld.redisPort()
            expectComplete(try run(["--target", "redis://127.0.0.1:\(port)"] + key, in: directory))
            let scenario = Self.scenario.replacing("boards: 2", with: "boards: 3")
            expectComplete(
                try run(["--target", "http://127.0.0.1:\(laureld.port)"] + key, scenario: scenario, in: directory))
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("A closed loop ends after its requests, and pipelines")
        func closedLoop() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let redis = try RedisServer(directory: directory.path)
            let scenario =
                "name: closed\nmix: {update: 1, rank: 1}\nconnections: 3\npipeline: 7\nrequests: 5000\nduration: 60\n"
            let report = try run(["--target", "redis://127.0.0.1:\(redis.port)"], scenario: scenario, in: directory)
            #expect(report.all.count == 5000)
            #expect(report.scheduled == nil)
            try redis.stop()
        }

        @Test("Errors of the server are counted, shown and end in status 1")
        func errors() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let redis = try RedisServer(directory: directory.path)
            _ = try ChildProcess.run(["redis-cli", "-p", "\(redis.port)", "set", "lb", "text"])
            let file = directory.path + "/wrong.yaml"
            try "name: wrong\nrequests: 50\nconnections: 2\n".write(toFile: file, atomically: true, encoding: .utf8)
            let (status, text) = try LaurelLoad.run(["run", file, "--target", "redis://127.0.0.1:\(redis.port)"])
            #expect(status == .exited(1), "\(text)")
            #expect(text.contains("50 requests failed") && text.contains("WRONGTYPE"), "\(text)")
            try redis.stop()
        }

        @Test("What can't be done is refused with a status that says so")
        func refusals() throws {
            let target = ["--target", "redis://127.0.0.1:1"]
            #expect(try LaurelLoad.run(["run", "bulk-import"] + target).status == .exited(2))
            let remote = try LaurelLoad.run(["run", "steady-game", "--target", "redis://192.0.2.1:6379"])
            #expect(remote.status == .exited(64))
            #expect(remote.text.contains("--allow-remote"))
            #expect(try LaurelLoad.run(["run", "no-such-scenario"] + target).status == .exited(64))
            let list = try LaurelLoad.run(["scenarios"])
            #expect(list.status == .exited(0) && list.text.contains("ten-million-members"))
        }
    }
}
