import Foundation
import Histories
import JetStreamSupport
import LogScanning
import Testing

extension RealClusters {
    /// What becomes of nodes when the servers of their log fail. Under load, the histories of which are checked.
    @Suite("Faults of the log, with nodes on top", .timeLimit(.minutes(60)))
    struct LogFaults {
        private static let rounds = ClusterHistories.rounds

        private func leader(of cluster: LaureldCluster) async throws -> NATSServer {
            let name = try await LogOperator.with(cluster.log, cluster: "test") { try await $0.leader(of: 0) }
            return cluster.log.server(named: name)!
        }

        @Test(
            "Scenarios 4 and 5: a leader that is killed, or stands still past an election, holds writes up, and owners stay"
        )
        func leaders() async throws {
            let cluster = try LaureldCluster(nodes: 3, settings: LaureldCluster.oneShard)
            defer { cluster.stop() }
            let load = ClusterLoad(cluster, seed: 6)
            try await load.run {
                for _ in 0..<Self.rounds {
                    try load.progress(30)
                    let claims = cluster.claimCount()
                    let killed = try await leader(of: cluster)
                    killed.kill()
                    try load.progress(30)
                    try killed.start()
                    try await LogOperator.with(cluster.log, cluster: "test") { try await $0.waitUntilCurrent(0) }
                    let frozen = try await leader(of: cluster)
                    frozen.pause()
                    do { try load.progress(30) } catch {
                        frozen.resume()
                        throw error
                    }
                    frozen.resume()
                    try load.progress(30)
                    try await LogOperator.with(cluster.log, cluster: "test") { try await $0.waitUntilCurrent(0) }
                    #expect(cluster.claimCount() == claims)
                }
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            print("log leaders: \(findings)")
        }

        @Test(
            "Scenario 38: with two of three servers down writes are refused in time and reads end with the lease; it goes on by itself"
        )
        func majorityDown() async throws {
            let cluster = try LaureldCluster(nodes: 3, settings: LaureldCluster.oneShard)
            defer { cluster.stop() }
            try cluster.makeBoard()
            let load = ClusterLoad(cluster, seed: 7)
            try await load.run(clients: 3) {
                for _ in 0..<Self.rounds {
                    try load.progress(30)
                    try cluster.add()
                    let owner = try eventually("an owner") { cluster.owner() }
                    for server in cluster.log.servers.prefix(2) { server.kill() }
                    for (method, target, body) in [
                        ("POST", "/v1/scores/update", #"{"leaderboard":"b","user":"v","score":1}"#),
                        ("GET", "/v1/leaderboards/b/rank/u", nil),
                    ] {
                        // The owner itself, and one that asks it.
                        for node in [owner, (owner + 1) % 3] {
                            let client = cluster.nodes[node].client
                            _ = try eventually("\(method) is refused") {
                                let answer = try client.send(method, target, body: body.map { Array($0.utf8) })
                                return answer.status == 503 ? true : nil
                            }
                        }
                    }
                    for server in cluster.log.servers.prefix(2) { try server.start() }
                    try load.progress(30)
                }
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            print("majority down: \(findings)")
        }

        @Test("Scenario 22: a full log refuses writes and says so, and goes on without a restart once there is room")
        func fullLog() async throws {
            let cluster = try LaureldCluster(
                nodes: 3, settings: LaureldCluster.oneShard + ["cluster-log-bytes=2097152"])
            defer { cluster.stop() }
            try cluster.makeBoard()
            let load = ClusterLoad(cluster, seed: 8)
            try await load.run(clients: 2) {
                try load.progress(20)
                let ballast = String(repeating: "x", count: 900)
                let updates = (0..<200).map {
                    #"{"leaderboard":"b","user":"v\#($0)","score":1,"metadata":{"ballast":"\#(ballast)"}}"#
                }
                let body = #"{"updates":[\#(updates.joined(separator: ","))]}"#
                _ = try eventually("a write is refused for want of space") {
                    let answer = try cluster.nodes[0].client.post("/v1/scores/update", body)
                    return answer.status == 507 || answer.text.contains("no_space") ? true : nil
                }
                try await LogOperator.with(cluster.log, cluster: "test") { try await $0.resize(0, to: 64 << 20) }
                try load.progress(20)
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            print("full log: \(findings)")
        }

        @Test("Scenario 26: a shard whose records an operator took away is touched by nobody, and others live")
        func purgedShard() async throws {
            let cluster = try LaureldCluster(nodes: 3, settings: ["shards=2", "cluster-log-groups=2"])
            defer { cluster.stop() }
            let (gone, other) = try await boards(on: cluster)
            for board in [gone, other] { try cluster.add(to: board) }
            try await LogOperator.with(cluster.log, cluster: "test") { try await $0.purge(shard: 0, of: 0) }
            try expectDead(gone, beside: other, in: cluster)
            let records = try await RawLog(cluster.log, cluster: "test").records(groups: 1)
            #expect(records == [], "somebody began anew")
        }

        @Test(
            "Scenario 15: a server that lost the end of its file and leads: nothing false is answered, and other shards live"
        )
        func truncatedReplica() async throws {
            let cluster = try LaureldCluster(nodes: 3, settings: ["shards=2", "cluster-log-groups=2"])
            defer { cluster.stop() }
            let (damaged, other) = try await boards(on: cluster)
            for _ in 0..<30 { try cluster.add(to: damaged) }
            try cluster.add(to: other)
            let isLeading = try await LogOperator.with(cluster.log, cluster: "test") { log in
                try await log.waitUntilCurrent(0)
                let leader = try await log.leader(of: 0)
                let follower = cluster.log.servers.first { $0.name != leader }!
                follower.terminate()
                let block = try #require(cluster.log.blocks(of: follower, group: 0).last)
                let bytes = try Data(contentsOf: URL(fileURLWithPath: block))
                try bytes.dropLast(bytes.count / 3).write(to: URL(fileURLWithPath: block))
                try follower.start()
                try await log.waitUntilCurrent(0)
                // A leader that sees that the other is behind does not give way.
                for _ in 0..<20 where try await log.stepDown(0, to: follower.name) == follower.name { return true }
                return false
            }
            print("the damaged server \(isLeading ? "leads" : "does not lead")")
            let body = #"{"leaderboard":"\#(damaged)","user":"u","score":1}"#
            // Thirty were acknowledged. An answer that has fewer, or another history, must not be.
            for node in 0..<3 {
                let answer = try cluster.nodes[node].client.post("/v1/scores/update", body)
                if answer.status == 200 { #expect(try answer.decoded(Receipt.self).score ?? 0 > 30) }
                let rank = try cluster.nodes[node].client.get("/v1/leaderboards/\(damaged)/rank/u")
                if rank.status == 200 { #expect(try rank.decoded(Entry.self).score >= 30) }
            }
            try cluster.add(to: other)
        }

        // MARK: Two shards

        /// A leaderboard on shard 0 and one on shard 1: where a submission's record is shows in the log.
        private func boards(on cluster: LaureldCluster) async throws -> (on0: String, on1: String) {
            var found: [Int: String] = [:]
            for number in 0..<32 where found.count < 2 {
                let board = "board-\(number)"
                try cluster.makeBoard(board)
                let metadata = OperationMark.metadata(board)
                let body = #"{"leaderboard":"\#(board)","user":"probe","score":1,"metadata":\#(metadata)}"#
                let answer = try cluster.ask { try $0.post("/v1/scores/update", body) }
                #expect(answer.response.status == 200)
                let records = try await RawLog(cluster.log, cluster: "test").records(groups: 2)
                if let record = records.first(where: { $0.operations == [board] }) { found[record.shard] = board }
            }
            return (try #require(found[0]), try #require(found[1]))
        }

        private func expectDead(_ board: String, beside other: String, in cluster: LaureldCluster) throws {
            let body = #"{"leaderboard":"\#(board)","user":"u","score":1}"#
            for node in cluster.nodes {
                let answer = try node.client.post("/v1/scores/update", body)
                #expect(answer.status >= 500, "\(answer.text)")
                try cluster.add(to: other)
            }
        }
    }
}
