import Foundation
import JetStreamSupport
import NATSClient
import Testing
import TestSupport

extension RealClusters {
    /// The command `laurel` against real nodes.
    @Suite("The administration of a cluster", .timeLimit(.minutes(15)))
    struct ClusterAdministrationTests {
        /// A cluster, and the command that talks to its first node.
        private struct Site {
            let cluster: LaureldCluster
            let directory: TemporaryDirectory
            static let boards = (0..<12).map { "b\($0)" }

            init(_ settings: String...) throws {
                cluster = try LaureldCluster(
                    nodes: 3, settings: ["admin=127.0.0.1:0", "checkpoint-seconds=1"] + settings)
                directory = try TemporaryDirectory()
                for board in Self.boards {
                    let body = Client.points(board)
                    _ = try cluster.ask { try $0.post("/v1/leaderboards", body) }
                }
            }

            func stop() {
                cluster.stop()
                directory.remove()
            }

            func laurel(_ arguments: String..., at node: Int = 0) throws -> AdminNode.Outcome {
                let node = cluster.nodes[node]
                return try AdminNode.run(
                    arguments,
                    environment: [
                        "LAUREL_ADMIN": try AdminNode.address(of: node.process),
                        "LAUREL_TOKEN": "@\(node.data)/operator.key",
                    ], directory: directory.path)
            }

            /// One point for each of some users on all boards; each must be acknowledged.
            func write(_ count: Int, first: Int = 0) throws {
                for number in 0..<count {
                    let board = Self.boards[number % Self.boards.count]
                    let body = #"{"leaderboard":"\#(board)","user":"u","score":1}"#
                    let response = try cluster.nodes[(first + number) % 3].client.post("/v1/scores/update", body)
                    #expect(response.status == 200, "\(response.text)")
                }
            }

            /// The points of all boards together.
            func points() throws -> Int {
                var sum = 0
                for board in Self.boards {
                    let found = try cluster.ask { try $0.get("/v1/leaderboards/\(board)/rank/u") }.response
                    guard found.status == 200 else { continue }
                    let object = try JSONSerialization.jsonObject(with: Data(found.text.utf8)) as? [String: Any]
                    sum += object?["score"] as? Int ?? 0
                }
                return sum
            }

            func nodes() throws -> [[String: Any]] {
                try laurel("nodes", "list", "--json").json()["items"] as? [[String: Any]] ?? []
            }

            /// The node that was started with this index.
            func node(_ index: Int) throws -> [String: Any] {
                try #require(try nodes().first { $0["zone"] as? String == "zone-\(index + 1)" })
            }

            func id(_ index: Int) throws -> String { try #require(try node(index)["id"] as? String) }

            func shard(_ number: Int) throws -> [String: Any] {
                try laurel("shards", "show", "\(number)", "--json").json()
            }

            func untilHealthy() throws {
                var last = ""
                // Each attempt is a process of its own.
                for _ in 0..<200 {
                    let status = try laurel("cluster", "status")
                    if status.code == 0 { return }
                    last = status.output + status.complaint
                }
                throw Failure("the cluster does not become healthy: \(last)")
            }
        }

        @Test(
            "A node is drained while all is written to, restarted, and resumed: nothing is lost, and nobody left in doubt"
        )
        func drain() throws {
            // With one follower each there are shards that the node which gets them has to read first.
            let site = try Site("cluster-followers=1")
            defer { site.stop() }
            try site.untilHealthy()
            try site.write(24)
            let id = try site.id(1)
            let planned = try site.laurel("nodes", "drain", id, "--dry-run")
            #expect(planned.code == 0, "\(planned.complaint)")
            #expect(planned.output.hasPrefix("SHARD"))
            #expect(try site.node(1)["drained"] as? Bool == false)
            let ordered = try site.laurel("nodes", "drain", id, "--no-wait")
            #expect(ordered.code == 0, "\(ordered.complaint)")
            try site.write(120)
            let done = try site.laurel("nodes", "drain", id)
            #expect(done.code == 0, "\(done.complaint)")
            try site.write(24)
            #expect(try site.points() == 168)
            #expect(try site.node(1)["owned"] as? Int == 0)
            #expect(try site.node(1)["followed"] as? Int == 0)

            // It comes back as it was, and takes requests for others.
            #expect(try site.cluster.nodes[1].stop() == .exited(0))
            try site.cluster.add(1)
            try eventually("it takes requests again") {
                let body = #"{"leaderboard":"b0","user":"u","score":1}"#
                return try site.cluster.nodes[1].client.post("/v1/scores/update", body).status == 200 ? () : nil
            }
            try site.untilHealthy()
            #expect(try site.node(1)["owned"] as? Int == 0)
            #expect(try site.node(1)["drained"] as? Bool == true)
            #expect(try site.laurel("nodes", "remove", id).code == 4)

            #expect(try site.laurel("nodes", "resume", id).code == 0)
            try site.write(24)
            try eventually("it owns shards again") { try site.node(1)["owned"] as? Int ?? 0 > 0 ? () : nil }
            try site.write(24)
            #expect(try site.points() == 217)
            let verified = try site.laurel("shards", "verify")
            #expect(verified.code == 0, "\(verified.output) \(verified.complaint)")
            let audit = try site.laurel("audit", "list")
            #expect(audit.output.contains("node.drain"))
            #expect(audit.output.contains("node.resume"))
        }

        @Test(
            "Shards are moved, compared, quarantined through a restart and released; their logs and checkpoints are looked at"
        )
        func shards() throws {
            let site = try Site()
            defer { site.stop() }
            try site.untilHealthy()
            try site.write(36)
            let owner = try #require(try site.shard(3)["owner"] as? String)
            let target = try #require(try site.nodes().compactMap { $0["id"] as? String }.first { $0 != owner })
            let planned = try site.laurel("shards", "move", "3", "--to", target, "--dry-run")
            #expect(planned.output.contains(target))
            #expect(try site.shard(3)["owner"] as? String == owner)
            let moved = try site.laurel("shards", "move", "3", "--to", target)
            #expect(moved.code == 0, "\(moved.complaint)")
            #expect(moved.complaint.contains("shard 3: owned by node \(target)"))
            #expect(try site.shard(3)["owner"] as? String == target)
            #expect(try site.shard(3)["pinned_to"] as? String == target)
            try site.write(36)
            #expect(try site.points() == 72)
            let verified = try site.laurel("shards", "verify", "--json")
            #expect(verified.code == 0, "\(verified.output) \(verified.complaint)")
            #expect((try verified.json()["items"] as? [Any])?.count == 8)
            #expect(try site.laurel("shards", "rebalance").code == 0)
            #expect(try site.shard(3)["pinned_to"] as? String == nil)

            let quarantined = try site.laurel("shards", "quarantine", "3", "--reason", "a doubt")
            #expect(quarantined.code == 0, "\(quarantined.complaint)")
            try eventually("nobody owns it") { try site.shard(3)["owner"] as? String == nil ? () : nil }
            let ill = try site.laurel("cluster", "status")
            #expect(ill.code == 6)
            #expect(ill.output.contains("1 shards are quarantined: 3"))
            #expect(ill.output.contains("a doubt"))
            #expect(try site.cluster.nodes[2].stop() == .exited(0))
            try site.cluster.add(2)
            try eventually("all nodes are there") {
                try site.nodes().filter { $0["state"] as? String == "alive" }.count == 3 ? () : nil
            }
            #expect(try site.shard(3)["state"] as? String == "quarantined")
            #expect(try site.shard(3)["owner"] as? String == nil)
            #expect(try site.laurel("shards", "release", "3").code == 0)
            try site.untilHealthy()
            #expect(try site.points() == 72)

            let log = try site.laurel("log", "inspect", "3", "--limit", "2000", "--json")
            #expect(log.code == 0, "\(log.complaint)")
            let records = try #require(try log.json()["items"] as? [[String: Any]])
            #expect(records.first?["kind"] as? String == "claim")
            #expect(records.map { $0["number"] as? Int } == Array(1...records.count))
            let tail = try site.laurel(
                "log", "inspect", "3", "--from", "\(records[1]["position"] as? Int ?? 0)", "--limit", "2")
            #expect(tail.code == 0)
            #expect(tail.output.split(separator: "\n").count == 3)
            try eventually("there are checkpoints") {
                let listed = try site.laurel("checkpoint", "list", "--json").json()["items"] as? [Any]
                return (listed?.count ?? 0) > 0 ? () : nil
            }
            let checked = try site.laurel("checkpoint", "verify")
            #expect(checked.code == 0, "\(checked.output) \(checked.complaint)")
            #expect(try site.laurel("shards", "move", "3", "--to", "1").code == 3)
            #expect(try site.laurel("shards", "show", "99").code == 3)
            try forgetConsumer(site)
        }

        /// One that is gone for good.
        private func forgetConsumer(_ site: Site) throws {
            func consumers() throws -> [[String: Any]] {
                try site.laurel("log", "consumers", "--json").json()["items"] as? [[String: Any]] ?? []
            }
            #expect(try consumers().isEmpty)
            let connection = try RawConnection(port: site.cluster.log.addresses[0].port)
            _ = try connection.receiveLine()
            let body =
                #"{"stream_name":"LRL-test-0","config":{"name":"rows","durable_name":"rows","ack_policy":"explicit"}}"#
            try connection.send(
                #"CONNECT {"verbose":false,"user":"laurel","pass":"log pass","lang":"test","version":"1"}"# + "\r\n"
                    + "SUB _INBOX.test 1\r\nPUB $JS.API.CONSUMER.CREATE.LRL-test-0.rows _INBOX.test \(body.utf8.count)\r\n"
                    + body + "\r\n")
            _ = try connection.receiveLine()
            try eventually("it is listed, with what is kept for it") {
                let rows = try consumers()
                return rows.count == 1 && rows[0]["unacknowledged"] as? Int ?? 0 > 0 ? () : nil
            }
            #expect(try consumers()[0]["log"] as? String == "LRL-test-0")
            #expect(try site.laurel("cluster", "status").output.contains("rows"))
            let planned = try site.laurel("log", "consumers", "remove", "rows", "--dry-run")
            #expect(planned.code == 0 && planned.output.contains("rows"), "\(planned.complaint)")
            #expect(try consumers().count == 1)
            let removed = try site.laurel("log", "consumers", "remove", "rows", "--yes")
            #expect(removed.code == 0, "\(removed.complaint)")
            #expect(try consumers().isEmpty)
            #expect(try site.laurel("log", "consumers", "remove", "rows", "--yes").code == 3)
            #expect(try site.laurel("audit", "list").output.contains("consumer.remove"))
        }
    }
}
