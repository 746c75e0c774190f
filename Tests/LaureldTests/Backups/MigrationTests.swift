import Foundation
import TestSupport
import Testing

extension RealClusters {
    @Suite("Moving into a cluster and back", .timeLimit(.minutes(10)))
    struct MigrationTests {
        private static let boards = (0..<5).map { "b\($0)" }
        private static let pepper = ["LAUREL_PEPPER": LaureldCluster.environment["LAUREL_PEPPER"]!]

        @Test(
            "A standalone node's tables are the same in a cluster of three, where writes go on, and the same again outside of it"
        )
        func thereAndBack() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/laurel-data"
                let settings = Laureld.busySettings + ["shards=8"]
                let node = try Laureld(data: data, settings: settings, environment: Self.pepper)
                let key = node.key
                var random = SplitMix64(seed: 5)
                for board in Self.boards {
                    try node.client().createLeaderboard(Client.points(board))
                    let lines = (0..<300).map {
                        #"{"leaderboard":"\#(board)","user":"u\#($0)","score":\#(random.below(1000))}"#
                    }
                    #expect(try node.client().upload(lines).status == 200)
                }
                let before = try tables(node.client())
                #expect(try node.stop() == .exited(0))

                let cluster = try LaureldCluster(nodes: 3, settings: ["admin=127.0.0.1:0"], starting: false)
                defer { cluster.stop() }
                try migrate(data, to: cluster, in: directory)
                for index in 0..<3 {
                    try key.write(toFile: cluster.data(of: index) + "/admin.key", atomically: true, encoding: .utf8)
                }
                for index in 0..<3 { try cluster.add(index) }
                for node in cluster.nodes { #expect(try tablesOfCluster(node.client) == before) }
                for number in 0..<30 {
                    let board = Self.boards[number % Self.boards.count]
                    let answer = try cluster.ask(first: number % 3) {
                        try $0.post("/v1/scores/update", #"{"leaderboard":"\#(board)","user":"u1","score":10}"#)
                    }
                    #expect(answer.response.status == 200, "\(answer.response.text)")
                }
                // Whoever takes over has it all as well.
                cluster.nodes[0].kill()
                let after = try tablesOfCluster(cluster.nodes[1].client)
                for (board, entries) in after {
                    let old = before[board]!.first { $0.user == "u1" }!
                    #expect(entries.first { $0.user == "u1" }!.score == old.score + 60)
                    #expect(Set(entries.map(\.user)) == Set(before[board]!.map(\.user)))
                }

                let back = try moveBack(cluster, 1, in: directory)
                let again = try Laureld(data: back, settings: settings, environment: Self.pepper)
                #expect(try tables(Client(port: again.port, key: key)) == after)
                try Client(port: again.port, key: key).submit("b0", "u1", 1)
                #expect(try again.stop() == .exited(0))
                let verdict = try ChildProcess.run(
                    [builtProduct("laureld"), "verify", "--data-dir", back] + settings.flatMap { ["--set", $0] })
                #expect(verdict.status == .exited(0), "\(verdict.text)")
            }
        }

        private func migrate(_ data: String, to cluster: LaureldCluster, in directory: TemporaryDirectory) throws {
            let file = directory.path + "/cluster.yaml"
            let lines = cluster.settings(of: 0).map { setting in
                let equals = setting.firstIndex(of: "=")!
                return "\(setting[..<equals]): \"\(setting[setting.index(after: equals)...])\""
            }
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            var environment = LaureldCluster.environment
            environment["LAUREL_SHARDS"] = "8"
            let arguments =
                ["migrate", "--data-dir", data, "--to-cluster", file]
                + (0..<3).flatMap { ["--to-directory", cluster.data(of: $0)] }
            let moved = try AdminNode.run(arguments, environment: environment, directory: directory.path)
            #expect(moved.code == 0, "\(moved.output)\(moved.complaint)")
            // Not into a cluster that has something already.
            let again = try AdminNode.run(
                [
                    "restore", cluster.data(of: 0) + ".backup", "--to-cluster", file, "--to-directory", "elsewhere",
                    "--without-control",
                ], environment: environment, directory: directory.path)
            #expect(again.code == 1 && again.complaint.contains("has records"), "\(again)")
        }

        private func moveBack(_ cluster: LaureldCluster, _ index: Int, in directory: TemporaryDirectory) throws
            -> String
        {
            let back = directory.path + "/back"
            let address = try AdminNode.address(of: cluster.nodes[index].process)
            let outcome = try AdminNode.run(
                [
                    "migrate", "--from-cluster", "--admin", address, "--token",
                    "@\(cluster.data(of: index))/operator.key", "--to-directory", back,
                ], directory: directory.path)
            #expect(outcome.code == 0, "\(outcome.output)\(outcome.complaint)")
            return back
        }

        private func tables(_ client: Client) throws -> [String: [Entry]] {
            Dictionary(uniqueKeysWithValues: try Self.boards.map { ($0, try client.ranking($0)) })
        }

        /// As soon as every shard has an owner.
        private func tablesOfCluster(_ client: Client) throws -> [String: [Entry]] {
            try eventually("the cluster answers") { try? tables(client) }
        }
    }
}
