import Foundation
import Testing

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

        /// What is written down of accepted scores, day by day.
        private func written(_ node: AdminNode) throws -> [Int] {
            let usage = try node.run("usage", "show", "default", "--json").json()
            let days = try #require(usage["days"] as? [[String: Any]])
            return days.compactMap { ($0["metrics"] as? [String: Any])?["scores_accepted"] as? Int }
        }
    }
}
