import Foundation
import JetStreamSupport
import TestSupport
import Testing

extension RealClusters {
    /// Servers of the log that all come back with what they had a while ago, under nodes that know better.
    @Suite("A log that has lost its end for good", .timeLimit(.minutes(5)))
    struct LostEnd {
        private struct Site {
            let cluster: LaureldCluster
            let directory: TemporaryDirectory

            func laurel(_ arguments: String...) throws -> AdminNode.Outcome {
                let node = cluster.nodes[0]
                return try AdminNode.run(
                    arguments,
                    environment: [
                        "LAUREL_ADMIN": try AdminNode.address(of: node.process),
                        "LAUREL_TOKEN": "@\(node.data)/operator.key",
                    ], directory: directory.path)
            }

            /// What the servers of the log have now, as a crash would leave it.
            func keepStores() throws {
                for server in cluster.log.servers { server.pause() }
                defer { for server in cluster.log.servers { server.resume() } }
                for server in cluster.log.servers {
                    try FileManager.default.copyItem(atPath: cluster.log.store(of: server), toPath: kept(server))
                }
            }

            /// All of them have what they had then.
            func putStoresBack() throws {
                for server in cluster.log.servers { server.kill() }
                for server in cluster.log.servers {
                    try FileManager.default.removeItem(atPath: cluster.log.store(of: server))
                    try FileManager.default.moveItem(atPath: kept(server), toPath: cluster.log.store(of: server))
                }
                for server in cluster.log.servers { try server.start() }
            }

            private func kept(_ server: NATSServer) -> String { "\(directory.path)/\(server.name)" }

            func score(at node: Int) throws -> Int? {
                let found = try cluster.nodes[node].client.get("/v1/leaderboards/b/rank/u")
                let object = try JSONSerialization.jsonObject(with: Data(found.text.utf8)) as? [String: Any]
                return object?["score"] as? Int
            }
        }

        @Test(
            "It is said what is lost, and given up when that is meant; the shard goes on, with nodes that had more in memory and on disk"
        )
        func acceptedLoss() throws {
            let directory = try TemporaryDirectory()
            let cluster = try LaureldCluster(
                nodes: 2, settings: LaureldCluster.oneShard + ["admin=127.0.0.1:0", "checkpoint-seconds=1"])
            let site = Site(cluster: cluster, directory: directory)
            defer {
                cluster.stop()
                directory.remove()
            }
            try cluster.makeBoard()
            for _ in 0..<5 { try cluster.add() }
            try site.keepStores()
            for _ in 0..<5 { try cluster.add() }
            let quarantined = try site.laurel("shards", "quarantine", "0", "--reason", "a doubt")
            #expect(quarantined.code == 0, "\(quarantined.complaint)")
            try eventually("all have let go") {
                let views = try site.laurel("shards", "show", "0", "--json").json()["views"] as? [[String: Any]]
                let isOver = views?.allSatisfy { $0["role"] as? String == "vacant" && $0["quarantine"] is String }
                return views?.count == 2 && isOver == true ? () : nil
            }
            try site.putStoresBack()

            // Until the servers have found together.
            let dry = try eventually("what is lost is known") {
                let answer = try site.laurel("shards", "release", "0", "--accept-loss", "--dry-run", "--json")
                return answer.code == 0 ? try answer.json() : nil
            }
            let last = try #require(dry["last_record"] as? Int)
            #expect(dry["lost_from"] as? Int == last + 1)
            #expect(dry["lost_to"] as? Int ?? 0 >= last + 5)
            #expect((dry["ahead"] as? [Any])?.isEmpty == false)
            #expect(try site.laurel("shards", "release", "0", "--accept-loss").code == 2)
            #expect(try site.laurel("shards", "list").output.contains("quarantined"))
            let done = try site.laurel("shards", "release", "0", "--accept-loss", "--yes")
            #expect(done.code == 0, "\(done.output) \(done.complaint)")
            #expect(done.output.contains("records \(last + 1) to "))

            for _ in 0..<8 { try cluster.add() }
            for node in 0..<2 { #expect(try site.score(at: node) == 13) }
            let audit = try site.laurel("audit", "list", "--json").json()["items"] as? [[String: Any]]
            #expect(audit?.contains { $0["action"] as? String == "shard.accept-loss" } == true)
            // With the orders that it reads, and the checkpoints that it has.
            #expect(try cluster.nodes[1].stop() == .exited(0))
            try cluster.add(1)
            try cluster.add(first: 1)
            try eventually("both have the same") { try site.score(at: 1) == 14 ? () : nil }
            let listed = try site.laurel("shards", "list", "--json").json()["items"] as? [[String: Any]]
            #expect(listed?.first?["state"] as? String != "quarantined")
        }
    }
}
