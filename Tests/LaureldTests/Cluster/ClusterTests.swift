import Foundation
import JetStreamSupport
import Testing
import TestSupport

extension RealClusters {
    /// Real nodes on a real log. `LAUREL_CLUSTER_ROUNDS=100` kills as many owners; 3 otherwise.
    @Suite("A cluster", .timeLimit(.minutes(30)))
    struct ClusterTests {
        private static let rounds = Int(ProcessInfo.processInfo.environment["LAUREL_CLUSTER_ROUNDS"] ?? "") ?? 3
        private static let board = Client.points("b")

        /// Submissions that were acknowledged and those of which nobody knows, by user.
        private struct Ledger {
            var acknowledged: [String: Int] = [:]
            var unknown: [String: Int] = [:]
        }

        private func submit(_ count: Int, to cluster: LaureldCluster, _ ledger: inout Ledger, first: Int = 0) throws {
            for number in 0..<count {
                let user = "u\(number % 7)"
                let body = #"{"leaderboard":"b","user":"\#(user)","score":1}"#
                _ = try cluster.ask(first: first) { client in
                    do {
                        let response = try client.post("/v1/scores/update", body)
                        if response.status == 200 { ledger.acknowledged[user, default: 0] += 1 }
                        if response.text.contains("outcome_unknown") { ledger.unknown[user, default: 0] += 1 }
                        return response
                    } catch {
                        // The node ended with the request on its way.
                        ledger.unknown[user, default: 0] += 1
                        throw error
                    }
                }
            }
        }

        private func check(_ ledger: Ledger, in cluster: LaureldCluster) throws {
            let found = try cluster.ask { try $0.get("/v1/leaderboards/b/top?limit=100") }
            let page: Page = try found.response.decoded()
            var scores: [String: Int] = [:]
            for entry in page.entries { scores[entry.user] = Int(entry.score) }
            for (user, count) in ledger.acknowledged {
                let score = scores[user] ?? 0
                #expect(count <= score && score <= count + ledger.unknown[user, default: 0], "\(user): \(score)")
            }
        }

        @Test("Owners that are killed lose nothing that was acknowledged, and come back")
        func killedOwners() throws {
            let cluster = try LaureldCluster(nodes: 3)
            defer { cluster.stop() }
            let made = try cluster.ask { try $0.post("/v1/leaderboards", Self.board) }
            #expect(made.response.status == 201)
            var ledger = Ledger()
            for _ in 0..<Self.rounds {
                try submit(30, to: cluster, &ledger)
                let owner = try cluster.ask { try $0.get("/v1/leaderboards/b/top?limit=1") }.node
                cluster.nodes[owner].kill()
                try submit(30, to: cluster, &ledger, first: owner + 1)
                try check(ledger, in: cluster)
                try cluster.add(owner)
            }
            try submit(30, to: cluster, &ledger)
            try check(ledger, in: cluster)
        }

        @Test("Nodes that are restarted one after the other hand their shards over, and nobody is left in doubt")
        func rollingRestart() throws {
            let cluster = try LaureldCluster(nodes: 3)
            defer { cluster.stop() }
            #expect(try cluster.ask { try $0.post("/v1/leaderboards", Self.board) }.response.status == 201)
            var ledger = Ledger()
            for index in 0..<3 {
                try submit(20, to: cluster, &ledger)
                #expect(try cluster.nodes[index].stop() == .exited(0))
                try submit(20, to: cluster, &ledger, first: index + 1)
                try cluster.add(index)
            }
            try check(ledger, in: cluster)
            #expect(ledger.unknown.isEmpty)
        }

        @Test("Servers of the log that are killed one after the other hold writes up, and lose nothing")
        func killedLogServer() throws {
            let cluster = try LaureldCluster(nodes: 3)
            defer { cluster.stop() }
            #expect(try cluster.ask { try $0.post("/v1/leaderboards", Self.board) }.response.status == 201)
            var ledger = Ledger()
            try submit(20, to: cluster, &ledger)
            for server in cluster.log.servers {
                server.kill()
                try submit(20, to: cluster, &ledger)
                try server.start()
            }
            try check(ledger, in: cluster)
        }

        @Test("Any node takes any request")
        func routing() throws {
            let cluster = try LaureldCluster(nodes: 3)
            defer { cluster.stop() }
            _ = try cluster.ask { try $0.post("/v1/leaderboards", Self.board) }
            for node in cluster.nodes {
                _ = try eventually("it takes a score") {
                    try node.client.post("/v1/scores/update", #"{"leaderboard":"b","user":"u","score":1}"#).status
                        == 200
                        ? true : nil
                }
                #expect(try node.client.get("/v1/leaderboards/b/rank/u").status == 200)
            }
            let rank = try cluster.nodes[1].client.get("/v1/leaderboards/b/rank/u")
            #expect(rank.text.contains(#""score":3"#))
        }

        @Test("While the log is down, who takes old answers gets them with their age")
        func oldAnswers() throws {
            let cluster = try LaureldCluster(nodes: 3)
            defer { cluster.stop() }
            _ = try cluster.ask { try $0.post("/v1/leaderboards", Self.board) }
            #expect(
                try cluster.ask { try $0.post("/v1/scores/update", #"{"leaderboard":"b","user":"u","score":7}"#) }
                    .response
                    .status == 200)
            // Followers have it, and say so.
            for node in cluster.nodes {
                _ = try eventually("it has what was written") {
                    let found = try node.client.get("/v1/leaderboards/b/top?max_age_ms=60000")
                    return found.status == 200 && found.text.contains(#""score":7"#) ? true : nil
                }
            }
            for server in cluster.log.servers { server.kill() }
            for node in cluster.nodes {
                // Until the owner's lease is over there are fresh ones.
                _ = try eventually("there is an old answer") {
                    let found = try node.client.get("/v1/leaderboards/b/top?stale_if_error_ms=3600000")
                    #expect(found.status == 200 && found.text.contains(#""score":7"#), "\(found.text)")
                    return found.text.contains(#""age_ms":0"#) ? nil : true
                }
            }
            for server in cluster.log.servers { try server.start() }
            #expect(
                try cluster.ask { try $0.post("/v1/scores/update", #"{"leaderboard":"b","user":"u","score":1}"#) }
                    .response
                    .status == 200)
            _ = try eventually("an answer is young again") {
                let found = try cluster.nodes[1].client.get("/v1/leaderboards/b/top?max_age_ms=3000")
                // The first attempt to enter it may have counted with nobody knowing.
                return found.status == 200 && !found.text.contains(#""score":7"#) ? true : nil
            }
        }

        @Test("A large upload becomes records that the log takes")
        func largeUpload() throws {
            let cluster = try LaureldCluster(nodes: 1)
            defer { cluster.stop() }
            _ = try cluster.ask { try $0.post("/v1/leaderboards", Self.board) }
            let ballast = String(repeating: "x", count: 950)
            let lines = (0..<2500).map {
                #"{"leaderboard":"b","user":"u\#($0)","score":1,"metadata":{"ballast":"\#(ballast)"}}"#
            }
            let answer = try cluster.nodes[0].client.upload(lines)
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""accepted":2500,"#), "\(answer.text)")
        }

        @Test("A node does not start on a log that would lose data")
        func gate() throws {
            let cluster = try LaureldCluster(nodes: 1)
            defer { cluster.stop() }
            for server in cluster.log.servers { server.kill() }
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let keys = directory.path + "/keys"
            try "1 \(String(repeating: "5a", count: 32))\n".write(toFile: keys, atomically: true, encoding: .utf8)
            let refusal = try Laureld.refusal(
                data: directory.path + "/data",
                settings: [
                    "cluster=test", "cluster-log=127.0.0.1:1", "cluster-gossip=127.0.0.1:0", "cluster-keys=\(keys)",
                    "cluster-listen=127.0.0.1:1", "cluster-cleartext=true",
                ])
            #expect(refusal?.text.contains("the cluster's log can't be used") == true)
        }
    }
}
