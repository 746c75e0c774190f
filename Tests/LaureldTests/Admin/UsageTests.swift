import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Usage written down")
    struct UsageTests {
        @Test(
            "What a node counted stands under its day when it has stopped, once, also after a crash and another start")
        func days() async throws {
            try await TemporaryDirectory.with { directory in
                let first = try AdminNode(directory)
                let client = first.laureld.client()
                try client.createLeaderboard(#"{"id":"runs","columns":[{"name":"points","type":"integer"}]}"#)
                for user in 0..<3 { try client.submit("runs", "u\(user)", user) }
                #expect(try first.laureld.stop() == .exited(0))

                let second = try AdminNode(directory)
                #expect(try written(second).last == 3)
                try second.laureld.client().submit("runs", "u3", 3)
                try second.laureld.kill()

                // It writes what the log has.
                #expect(try AdminNode(directory).laureld.stop() == .exited(0))
                let third = try AdminNode(directory)
                // The newest day has everything, and so has the total: midnight may have come between.
                #expect(try written(third).last == 4)
                let usage = try third.run("usage", "show", "default", "--json").json()
                #expect((usage["total"] as? [String: Any])?["scores_accepted"] as? Int == 4)
                #expect(try third.laureld.stop() == .exited(0))
            }
        }

        @Test(
            "N requests over HTTP and Redis are N when the node has stopped and runs again, and none is lost with time")
        func requests() async throws {
            try await TemporaryDirectory.with { directory in
                let first = try AdminNode(directory, settings: ["redis=127.0.0.1:0"])
                try serve(first.laureld)
                #expect(try first.laureld.stop() == .exited(0))

                // Four and three; three and, of a pipeline, five.
                let second = try AdminNode(directory, settings: ["redis=127.0.0.1:0"])
                #expect(try total(second) == ["requests": 4 + 3 + 3 + 5, "reads": 3 + 4])
                try serve(second.laureld)
                #expect(try second.laureld.stop() == .exited(0))
                let third = try AdminNode(directory)
                #expect(try total(third) == ["requests": 30, "reads": 14])
                #expect(try third.laureld.stop() == .exited(0))
            }
        }

        @Test("After kill -9 scores are counted exactly, and requests and reads as far as they had been reported")
        func killed() async throws {
            try await TemporaryDirectory.with { directory in
                let first = try AdminNode(directory, settings: ["redis=127.0.0.1:0"])
                try serve(first.laureld)
                try eventually("the requests are reported") { try now(first)["requests"] == 15 ? () : nil }
                for _ in 0..<5 { _ = try first.laureld.client().page("runs/top") }
                try first.laureld.client().submit("runs", "last", 9)
                try first.laureld.kill()

                let second = try AdminNode(directory)
                let counted = try now(second)
                #expect(counted["scores_accepted"] == 3)
                #expect((15...21).contains(counted["requests"] ?? 0) && (7...12).contains(counted["reads"] ?? 0))
                #expect(try second.laureld.stop() == .exited(0))
                // What the log has is what is written down.
                let third = try AdminNode(directory)
                #expect(try total(third) == ["requests": counted["requests"], "reads": counted["reads"]])
                #expect(try third.laureld.stop() == .exited(0))
            }
        }

        /// Seven requests over HTTP, three of them reads, and eight over Redis, four of them reads.
        private func serve(_ laureld: Laureld) throws {
            let client = laureld.client()
            _ = try client.post("/v1/leaderboards", #"{"id":"runs","columns":[{"name":"points","type":"integer"}]}"#)
            for user in 0..<2 { try client.submit("runs", "u\(user)", user) }
            #expect(try client.get("/v1/leaderboards/runs/top").status == 200)
            #expect(try client.get("/v1/leaderboards/runs/rank/u1").status == 200)
            #expect(try client.get("/v1/leaderboards/none/rank/u1").status == 404)
            #expect(try client.post("/v1/scores/update", "{").status == 400)
            // Not let in.
            #expect(try client.get("/v1/nothing").status == 404)
            #expect(try Client(port: laureld.port, key: "wrong").get("/v1/leaderboards").status == 401)
            let redis = try RawConnection(to: laureld)
            #expect(try redis.ask("ZADD set 1 ann") == ":1")
            #expect(try redis.ask("ZCARD set") == ":1")
            #expect(try redis.ask("PING") == "+PONG")
            // DBSIZE ends a run, so that the one before it is looked at twice.
            try redis.send("ZCARD set\r\nDBSIZE\r\nZINCRBY set 1 ann\r\nEXISTS set\r\nZREM set ann\r\n")
            #expect(try (0..<6).map { _ in try redis.receiveLine() } == [":1", ":2", "$1", "2", ":1", ":1"])
        }

        /// What the admin API says of requests and reads on all days.
        private func total(_ node: AdminNode) throws -> [String: Int?] {
            let usage = try node.run("usage", "show", "default", "--json").json()
            let total = try #require(usage["total"] as? [String: Any])
            return ["requests": total["requests"] as? Int, "reads": total["reads"] as? Int]
        }

        private func now(_ node: AdminNode) throws -> [String: Int] {
            let usage = try node.run("usage", "show", "default", "--json").json()
            return try #require(usage["now"] as? [String: Int])
        }

        /// What is written down of accepted scores, day by day.
        private func written(_ node: AdminNode) throws -> [Int] {
            let usage = try node.run("usage", "show", "default", "--json").json()
            let days = try #require(usage["days"] as? [[String: Any]])
            return days.compactMap { ($0["metrics"] as? [String: Any])?["scores_accepted"] as? Int }
        }
    }
}
