import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("The commands for shards of a node that stands alone")
    struct ShardCommandTests {
        @Test("It shows its log and its checkpoints, and says that it has no cluster")
        func alone() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory, settings: ["shards=4"])
                let client = Client(port: node.laureld.port, key: node.laureld.key)
                for board in 0..<8 {
                    let body = Client.points("b\(board)")
                    #expect(try client.post("/v1/leaderboards", body).status == 201)
                    let score = #"{"leaderboard":"b\#(board)","user":"u","score":1}"#
                    #expect(try client.post("/v1/scores/update", score).status == 200)
                }
                let log = try node.run("log", "inspect", "2", "--json")
                #expect(log.code == 0, "\(log.complaint)")
                let records = try #require(try log.json()["items"] as? [[String: Any]])
                #expect(records.first?["kind"] as? String == "claim")
                #expect(records.map { $0["number"] as? Int } == Array(1...records.count))
                #expect(try node.run("log", "inspect", "2").output.hasPrefix("NUMBER"))
                #expect(try node.run("log", "inspect", "4").code == 3)
                #expect(try node.run("log", "inspect", "2", "--limit", "0").code == 2)

                try eventually("there are checkpoints of all shards") {
                    let listed = try node.run("checkpoint", "list", "--json").json()["items"] as? [[String: Any]] ?? []
                    return Set(listed.compactMap { $0["shard"] as? Int }).count == 4 ? () : nil
                }
                let verified = try node.run("checkpoint", "verify")
                #expect(verified.code == 0, "\(verified.complaint)")
                #expect(verified.complaint.contains("verifying shard 3"))
                #expect(try node.run("checkpoint", "verify", "2", "--json").json()["items"] is [Any])

                for command in [
                    ["cluster", "status"], ["nodes", "list"], ["shards", "list"], ["shards", "verify", "1"],
                    ["log", "consumers"], ["log", "consumers", "remove", "rows", "--yes"],
                ] {
                    let outcome = try AdminNode.run(command + ["--admin", node.address], directory: node.directory)
                    #expect(outcome.code == 4, "\(command)")
                    #expect(outcome.complaint.contains("not_clustered"), "\(outcome.complaint)")
                }
                #expect(try node.run("log", "consumers", "remove", "rows").code == 2, "not without --yes")
                #expect(try node.laureld.stop() == .exited(0))
            }
        }
    }
}
