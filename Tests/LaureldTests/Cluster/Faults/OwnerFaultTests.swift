import Foundation
import JetStreamSupport
import Testing

extension RealClusters {
    /// Owners that stand still, are cut off, or come back without anything. Under load, the histories of which are checked.
    @Suite("Faults of owners", .timeLimit(.minutes(60)))
    struct OwnerFaults {
        private static let rounds = ClusterHistories.rounds

        @Test("Scenario 2: an owner that is stopped for seconds and goes on answers nothing from before")
        func stoppedOwner() async throws {
            let cluster = try LaureldCluster(nodes: 3, settings: LaureldCluster.oneShard)
            defer { cluster.stop() }
            try cluster.makeBoard()
            let load = ClusterLoad(cluster, seed: 2)
            try await load.run(clients: 3) {
                for _ in 0..<Self.rounds {
                    try load.progress(30)
                    try cluster.add()
                    let owner = try eventually("an owner") { cluster.owner() }
                    let frozen = cluster.nodes[owner]
                    // Connections that it took before it stood still.
                    let readers = try (0..<4).map { _ in try HTTPConnection(port: frozen.client.port) }
                    frozen.pause()
                    _ = try cluster.waitForOwner(otherThan: owner)
                    try cluster.add(first: owner + 1)
                    let due = try Self.score(cluster, first: owner + 1)
                    // What comes now was asked after that was acknowledged, and is answered when it goes on.
                    for reader in readers {
                        try reader.send(frozen.client.request("GET", "/v1/leaderboards/b/rank/u"))
                    }
                    frozen.resume()
                    for reader in readers {
                        let answer = try reader.receive()
                        #expect(answer.status == 200 || answer.status == 503, "\(answer.text)")
                        if answer.status == 200 { #expect(try answer.decoded(Entry.self).score >= due) }
                    }
                    try load.progress(30)
                }
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            print("stopped owner: \(findings)")
        }

        private static func score(_ cluster: LaureldCluster, first: Int) throws -> Double {
            try cluster.ask(first: first) { try $0.get("/v1/leaderboards/b/rank/u") }.response.decoded(Entry.self).score
        }

        @Test(
            "Scenarios 3 and 6: an owner that loses the log's replies, then the log, answers no reads after its lease; what was in doubt counts once"
        )
        func cutOwner() async throws {
            let log = try LogPaths.servers()
            let paths = try await LogPaths(nodes: 3, to: log)
            let cluster = try LaureldCluster(
                nodes: 3, settings: LaureldCluster.oneShard, log: log, surroundings: paths.surroundings)
            defer { cluster.stop() }
            try cluster.makeBoard()
            let load = ClusterLoad(cluster, seed: 3)
            try await load.run {
                for round in 1...Self.rounds {
                    try load.progress(30)
                    let owner = try eventually("an owner") { cluster.owner() }
                    let cut = cluster.nodes[owner]
                    // What it appends from here on is stored, and it does not learn so.
                    paths.loseReplies(of: owner)
                    let body = Array(#"{"leaderboard":"b","user":"v","score":1}"#.utf8)
                    let writer = try HTTPConnection(port: cut.client.port)
                    try writer.send(
                        cut.client.request(
                            "POST", "/v1/scores/update", body: body, headers: [("Idempotency-Key", "doubt-\(round)")]))
                    let doubt = try writer.receive()
                    #expect(doubt.status == 200 || doubt.code == "outcome_unknown", "\(doubt.text)")
                    paths.cut(owner)
                    // Clients still reach it. It answers nothing itself, and asks whoever has taken its shard.
                    _ = try cluster.waitForOwner(otherThan: owner)
                    _ = try eventually("an answer of that one") {
                        let answer = try cut.client.get("/v1/leaderboards/b/rank/v")
                        if answer.status == 200 { return answer }
                        #expect(answer.status == 503, "\(answer.text)")
                        return nil
                    }
                    paths.mend(owner)
                    try load.progress(30)
                    let score = try eventually("v has its point") {
                        let answer = try cut.client.get("/v1/leaderboards/b/rank/v")
                        return answer.status == 200 ? try answer.decoded(Entry.self).score : nil
                    }
                    #expect(score == Double(round))
                    let again = try eventually("it is known") {
                        let answer = try cut.client.post(
                            "/v1/scores/update", String(decoding: body, as: UTF8.self),
                            headers: [("Idempotency-Key", "doubt-\(round)")])
                        return answer.status == 200 ? answer : nil
                    }
                    #expect(try again.decoded(Receipt.self).replayed == true)
                }
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            print("cut owner: \(findings)")
            cluster.stop()
            await paths.close()
        }

        @Test(
            "Scenario 36: connections to the log that break again and again hold nobody up for long, and nothing is done twice"
        )
        func flapping() async throws {
            let log = try LogPaths.servers()
            let paths = try await LogPaths(nodes: 3, to: log)
            let cluster = try LaureldCluster(nodes: 3, log: log, surroundings: paths.surroundings)
            defer { cluster.stop() }
            let load = ClusterLoad(cluster, seed: 4)
            try await load.run {
                try load.progress(30)
                for _ in 0..<15 * Self.rounds {
                    let before = load.acknowledgedCount
                    paths.flap()
                    // A pause that is part of the fault: five times a second.
                    usleep(200_000)
                    _ = try eventually("something was acknowledged") { load.acknowledgedCount > before ? true : nil }
                }
            }
            let findings = try await load.check(cluster)
            #expect(findings.problems == [])
            print("flapping: \(findings)")
            cluster.stop()
            await paths.close()
        }

        @Test("Scenario 27: nodes whose clocks are an hour and a day ahead take over from each other as any do")
        func clocksApart() async throws {
            let mayShift = (try? ChildProcess.run(["unshare", "--time", "true"]))?.status == .exited(0)
            guard mayShift else {
                print("SKIPPED: this test gives nodes clocks of their own, which needs root")
                return
            }
            func ahead(_ seconds: Int) -> [String] {
                ["unshare", "--time", "--boottime", "\(seconds)", "--monotonic", "\(seconds)"]
            }
            let cluster = try LaureldCluster(
                nodes: 3, settings: LaureldCluster.oneShard,
                surroundings: .init(command: [1: ahead(3600), 2: ahead(86_400)]))
            defer { cluster.stop() }
            let load = ClusterLoad(cluster, seed: 6)
            try await load.run(clients: 3) {
                for _ in 0..<2 * Self.rounds {
                    try load.progress(30)
                    let owner = try eventually("an owner") { cluster.owner() }
                    cluster.nodes[owner].kill()
                    load.ask(cluster)
                    try load.progress(30)
                    try cluster.add(owner)
                    load.ask(cluster)
                }
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            print("clocks apart: \(findings)")
        }

        @Test(
            "Scenario 30: a node that lost its disk comes back under its name, and has everything before it owns anything"
        )
        func emptyDisk() async throws {
            let cluster = try LaureldCluster(nodes: 2, settings: LaureldCluster.oneShard)
            defer { cluster.stop() }
            try cluster.makeBoard()
            let load = ClusterLoad(cluster, seed: 5)
            try await load.run(clients: 2) {
                try load.progress(20)
                cluster.nodes[1].kill()
                try FileManager.default.removeItem(atPath: cluster.nodes[1].data)
                try cluster.add(1)
                load.ask(cluster)
                try load.progress(20)
                #expect(try cluster.nodes[0].stop() == .exited(0))
                load.ask(cluster)
                try load.progress(20)
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            #expect(cluster.owner() == 1)
        }
    }
}
