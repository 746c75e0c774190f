import Foundation
import JetStreamSupport
import Synchronization
import TestSupport
import Testing

extension RealClusters.RegionsTests {
    private struct Report: Decodable {
        struct Stream: Decodable {
            struct Shard: Decodable { var number: Int }
            var lost_records: Int?
            var loss_window_seconds: Double?
            var shards: [String: Shard]
        }
        var fenced: Bool
        var streams: [String: Stream]
    }

    private struct Promoted: Decodable {
        struct Log: Decodable {
            var mirror: Bool
            var last: UInt64
            var noted_last: UInt64
            var fenced: Bool
            var loss_window_ms: Double
        }
        struct Shard: Decodable { var number: Int }
        var done: Bool
        var logs: [Log]
        var shards: [Shard]
    }

    private static let promotedBoard =
        #"{"id":"eu-cup","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#

    private func promotion(of pair: LaureldRegions, report: String, _ more: String...) throws -> ChildProcess {
        let server = pair.us.log.servers[0]
        return try ChildProcess(
            [
                "/usr/bin/env", "python3", Repository.path + "/cluster/regions.py", "promote", "--server",
                "127.0.0.1:\(server.port)", "--cluster", "eu-cluster", "--domain", "us", "--report", report,
                "--wait-seconds", "60",
            ] + more, environment: ["LAUREL_CLUSTER_LOG_PASSWORD": "log pass"])
    }

    private func report(at path: String) throws -> Report {
        try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test(
        "A mirror is promoted while the old region lives: that one is fenced, and nothing that was acknowledged is lost"
    )
    func promotion() throws {
        let pair = try LaureldRegions(mirrored: true)
        defer { pair.stop() }
        let there = pair.eu.nodes[0].client
        _ = try eventually("it is made") {
            try there.post("/v1/leaderboards", Self.promotedBoard).status == 201 ? true : nil
        }
        // Somebody writes to the old region all the while.
        let counts = Mutex((acknowledged: 0, unknown: 0))
        let ended = DispatchSemaphore(value: 0)
        let (port, key) = (there.port, there.key)
        let writer = Thread {
            let client = Client(port: port, key: key)
            let body = #"{"leaderboard":"eu-cup","user":"ann","score":1}"#
            while let answer = try? client.post("/v1/scores/update", body) {
                counts.withLock { if answer.status == 200 { $0.acknowledged += 1 } else { $0.unknown += 1 } }
            }
            counts.withLock { $0.unknown += 1 }
            ended.signal()
        }
        writer.start()
        _ = try eventually("some is mirrored") {
            let found = try pair.us.nodes[0].client.get("/v1/leaderboards/eu-cup/top?max_age_ms=60000")
            return found.status == 200 && found.text.contains(#""user":"ann""#) && found.text.contains("age_ms")
                ? true : nil
        }
        let next = try pair.laurel("regions", "promote", "eu", "--dry-run")
        #expect(next.code == 0 && next.output.contains("Next: seal the origins of LRL-eu-cluster-0"), "\(next)")
        #expect(try pair.laurel("regions", "promote", "eu").complaint.contains("--yes"))
        let process = try ChildProcess(
            [try builtProduct("laurel"), "regions", "promote", "eu", "--yes", "--timeout", "60", "--json"],
            environment: try pair.laurelEnvironment())
        #expect(process.output.line(containing: "waiting until the connection") != nil, "\(process.output.text)")
        #expect(process.output.text.contains("fenced: the origins of"), "\(process.output.text)")
        // The connection is cut, and the old region with it.
        pair.eu.nodes[0].kill()
        for server in pair.eu.log.servers { server.kill() }
        ended.wait()
        #expect(try process.wait(seconds: 90) == .exited(0), "\(process.output.text)")
        // Progress stands before it.
        let text = process.output.text
        let report = try JSONDecoder().decode(Promoted.self, from: Data(text[text.firstIndex(of: "{")!...].utf8))
        #expect(report.done && report.logs.count == 3 && report.shards.count == 8, "\(text)")
        for log in report.logs {
            #expect(log.fenced && log.loss_window_ms == 0 && !log.mirror && log.last == log.noted_last)
        }
        #expect(try pair.laurel("regions", "promote", "eu", "--yes").code == 0)

        // The region goes on where its mirror was.
        let promoted = try LaureldCluster(nodes: 1, log: pair.us.log) { _ in pair.settingsOfEU }
        defer { promoted.stop() }
        let (acknowledged, unknown) = counts.withLock { $0 }
        struct Rank: Decodable { var score: Int }
        let rank: Rank = try eventually("it is served") {
            let found = try pair.us.nodes[0].client.get("/v1/leaderboards/eu-cup/rank/ann")
            return found.status == 200 ? try found.decoded() : nil
        }
        #expect(acknowledged > 0)
        #expect(acknowledged <= rank.score && rank.score <= acknowledged + unknown)
        let more = try pair.us.nodes[0].client.post(
            "/v1/scores/update", #"{"leaderboard":"eu-cup","user":"ann","score":1000}"#)
        #expect(more.status == 200 && more.text.contains("\(rank.score + 1000)"), "\(more.text)")
    }

    @Test(
        "A region that can't be reached is not promoted over unless its operator answers for it, and the loss is stated"
    )
    func promotionOfTheLost() throws {
        let pair = try LaureldRegions(mirrored: true)
        defer { pair.stop() }
        let there = pair.eu.nodes[0].client
        _ = try eventually("it is made") {
            try there.post("/v1/leaderboards", Self.promotedBoard).status == 201 ? true : nil
        }
        _ = try eventually("it is mirrored") {
            let found = try pair.us.nodes[0].client.get("/v1/leaderboards/eu-cup/top?max_age_ms=60000")
            return found.status == 200 ? true : nil
        }
        pair.eu.nodes[0].kill()
        for server in pair.eu.log.servers { server.kill() }
        let unfenced = try pair.laurel("regions", "promote", "eu", "--yes")
        #expect(unfenced.code == 4 && unfenced.complaint.contains("can't be fenced"), "\(unfenced)")
        let next = try pair.laurel("regions", "promote", "eu", "--dry-run", "--accept-loss", "--json")
        #expect(try next.json()["step"] as? String == "note")
        let path = pair.directory.path + "/promotion.json"
        let refused = try promotion(of: pair, report: path)
        #expect(try refused.wait(seconds: 90) == .exited(1))
        #expect(refused.output.text.contains("--old-region-is-down"), "\(refused.output.text)")
        #expect(!FileManager.default.fileExists(atPath: path))
        let process = try promotion(of: pair, report: path, "--old-region-is-down")
        #expect(try process.wait(seconds: 90) == .exited(0), "\(process.output.text)")
        #expect(process.output.text.contains("NOT FENCED"), "\(process.output.text)")
        let report = try report(at: path)
        #expect(!report.fenced)
        for stream in report.streams.values { #expect(stream.lost_records == nil && stream.loss_window_seconds != 0) }
    }
}
