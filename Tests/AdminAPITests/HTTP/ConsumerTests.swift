import CommitLogs
import ControlPlane
import Leaderboards
import Synchronization
import Testing

@testable import AdminAPI

/// Those for whom a cluster's log is kept, over HTTP.
@Suite struct ConsumerTests {
    /// Two logs: the first has the shards 0 and 2, the second 1 and 3. Checkpoints end at position 10.
    private func site() async throws -> AdminSite {
        let site = try await AdminSite()
        site.cluster.change { state in
            state.logs[0].consumers = [
                LogConsumer("behind", floor: LogPosition(5), unacknowledgedCount: 40),
                LogConsumer("close", floor: LogPosition(11), unacknowledgedCount: 2),
                LogConsumer("elsewhere", shards: [ShardID(1)], floor: LogPosition(1), unacknowledgedCount: 4),
            ]
            var other = LogCondition(name: "LAUREL_test_1")
            other.consumers = [
                LogConsumer("behind", shards: [ShardID(3)], floor: LogPosition(2), unacknowledgedCount: 0),
                LogConsumer("silent", floor: nil),
            ]
            state.logs.append(other)
        }
        _ = try await site.run { try await $0.post("nodes/4/remove") }
        return site
    }

    private func row(
        _ name: String, _ log: Int, _ shards: JSON, _ count: JSON, _ oldest: JSON, _ holdsCut: Bool
    ) -> JSON {
        [
            "holds_cut": .boolean(holdsCut), "log": .string("LAUREL_test_\(log)"), "name": .string(name),
            "oldest": oldest, "shards": shards, "unacknowledged": count,
        ]
    }

    @Test(
        "Each is listed with what it has not acknowledged, and whether something is kept for it that a checkpoint has")
    func list() async throws {
        let site = try await site()
        try await site.run { client in
            let answer = try await client.get("log/consumers")
            let expected = [
                row("behind", 0, .null, 40, 5, true), row("close", 0, .null, 2, 11, false),
                row("elsewhere", 0, [1], 4, 1, false), row("behind", 1, [3], 0, .null, false),
                row("silent", 1, .null, .null, .null, true),
            ]
            #expect(answer.items.count == expected.count)
            for (item, row) in zip(answer.items, expected) {
                for name in ["name", "log", "shards", "unacknowledged", "oldest", "holds_cut"] {
                    #expect(item[name] == row[name], "\(name) of \(item)")
                }
            }
            #expect(answer.json["unanswered"] == [])
            #expect(try await client.get("cluster").json["consumers"] == answer.json["items"])
            site.cluster.change { $0.logs[1].consumersProblem = "nobody answers" }
            let unanswered = try await client.get("log/consumers").json["unanswered"]
            #expect(unanswered == [["log": "LAUREL_test_1", "problem": "nobody answers"]])
        }
    }

    @Test("A cluster is not well when one keeps a log that is three quarters full from being cut, or nobody knows")
    func status() async throws {
        let site = try await site()
        try await site.run { client in
            #expect(try await client.get("cluster").json["problems"] == [])
            site.cluster.change { state in
                state.logs[0].byteCount = 75
                state.logs[1].consumersProblem = "nobody answers"
            }
            let ill = try await client.get("cluster")
            #expect(ill.json["healthy"] == .boolean(false))
            #expect(
                ill.json["problems"] == [
                    "log LAUREL_test_0 can't be cut: consumer behind has not acknowledged 40 records, from position 5 on",
                    "log LAUREL_test_1 is not cut, since its consumers can't be listed: nobody answers",
                ])
        }
    }

    @Test("One is forgotten by all logs that have it, or by one, after it was said what it had not acknowledged")
    func remove() async throws {
        let site = try await site()
        try await site.run { client in
            let dry = try await client.post("log/consumers/remove", #"{"consumer":"behind","dry_run":true}"#)
            #expect(dry.json["done"] == .boolean(false))
            #expect(site.cluster.state.withLock { $0.removals } == [])
            let done = try await client.post("log/consumers/remove", #"{"consumer":"behind"}"#)
            #expect(done.json["done"] == .boolean(true))
            #expect(done.json["consumers"] == dry.json["consumers"])
            #expect(site.cluster.state.withLock { $0.removals } == ["behind 0", "behind 1"])
            let note = try #require(try await site.office.lastNote())
            #expect(note.action == "consumer.remove" && note.target == "behind" && note.actor == "operator")
            #expect(
                note.detail
                    == "LAUREL_test_0: consumer behind has not acknowledged 40 records, from position 5 on; LAUREL_test_1: consumer behind has not acknowledged 0 records, from position 2 on"
            )
            #expect(try await client.post("log/consumers/remove", #"{"consumer":"behind"}"#).code == "unknown_consumer")
            let one = #"{"consumer":"silent","log":"LAUREL_test_1"}"#
            #expect(try await client.post("log/consumers/remove", one).status == 200)
            #expect(site.cluster.state.withLock { $0.removals.last } == "silent 1")
        }
    }

    @Test("Nothing is removed that is not there, without a line in the audit log, or while a log can't be asked")
    func refusals() async throws {
        let site = try await site()
        try await site.run { client in
            func remove(_ body: String) async throws -> AdminSite.Answer {
                try await client.post("log/consumers/remove", body)
            }
            #expect(try await remove(#"{"consumer":"nobody"}"#).code == "unknown_consumer")
            #expect(try await remove(#"{"consumer":"close","log":"LAUREL_test_1"}"#).status == 404)
            #expect(try await remove("{}").code == "invalid_fields")
            #expect(try await remove(#"{"consumer":1}"#).code == "invalid_fields")
            site.cluster.change { $0.logs[1].consumersProblem = "nobody answers" }
            #expect(try await remove(#"{"consumer":"behind"}"#).code == "not_possible")
            #expect(try await remove(#"{"consumer":"close","log":"LAUREL_test_0","dry_run":true}"#).status == 200)
            site.cluster.change { state in
                state.logs[1].consumersProblem = nil
                state.removalProblem = .failed("no quorum")
            }
            let failed = try await remove(#"{"consumer":"close"}"#)
            #expect(failed.code == "not_possible" && failed.text("detail")?.contains("no quorum") == true)
            site.cluster.change { $0.removalProblem = nil }
            site.office.database.isReachable = false
            #expect(try await remove(#"{"consumer":"close"}"#).code == "unavailable")
            #expect(site.cluster.state.withLock { $0.removals } == [])
        }
        let alone = try await AdminSite(cluster: FakeCluster(clusterName: nil))
        let codes = try await alone.run { client in
            [
                try await client.get("log/consumers").code,
                try await client.post("log/consumers/remove", #"{"consumer":"a"}"#).code,
            ]
        }
        #expect(codes == ["not_clustered", "not_clustered"])
    }
}
