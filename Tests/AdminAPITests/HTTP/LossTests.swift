import CommitLogs
import ControlPlane
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Synchronization
import Testing

@testable import AdminAPI

/// Shards that are given back without what their logs have lost, over HTTP.
@Suite struct LossTests {
    private static let hash = ChainHash(low: 0x1122_3344_5566_7788, high: 0x99AA_BBCC_DDEE_FF00)

    private func survey(problems: [String] = []) -> LossSurvey {
        var survey = LossSurvey(shard: ShardID(2))
        let record = LogRecord(
            kind: .data, shard: ShardID(2), epoch: 4, node: 1, incarnation: 1, number: 900, previousHash: .zero,
            payload: [])
        survey.end = LogTail(LogEntry(position: LogPosition(4500), record: record, hash: Self.hash))
        survey.basis = 850
        survey.witnesses = [
            .init(.node(1), number: 950, epoch: 5), .init(.checkpoint(node: 3, generation: 7), number: 1000, epoch: 6),
            .init(.gossip, number: 890, epoch: 4),
        ]
        survey.problems = problems
        return survey
    }

    private func quarantined() async throws -> AdminSite {
        let site = try await AdminSite()
        let survey = survey()
        site.cluster.change { $0.survey = .success(survey) }
        return site
    }

    @Test("A dry run says what is known to be lost, who has more, and changes nothing")
    func dryRun() async throws {
        let site = try await quarantined()
        try await site.run { client in
            _ = try await client.post("shards/2/quarantine", #"{"reason":"a doubt"}"#)
            let answer = try await client.post("shards/2/release", #"{"accept_loss":true,"dry_run":true}"#)
            #expect(answer.status == 200)
            for (name, value) in [
                "shard": 2, "last_record": 900, "last_epoch": 4, "made_from": 850, "lost_from": 901, "lost_to": 1000,
            ] { #expect(answer.json[name] == .integer(value), "\(name)") }
            #expect(answer.json["done"] == .boolean(false))
            #expect(answer.json["problems"] == [])
            #expect(
                answer.json["ahead"] == [
                    ["epoch": 6, "generation": 7, "node": "3", "number": 1000, "seen_in": "checkpoint"],
                    ["epoch": 5, "generation": .null, "node": "1", "number": 950, "seen_in": "log"],
                ])
            let orders = try await site.office.store.orders(of: "test")
            #expect(orders.map(\.id.text) == ["test/quarantine/2"])
            #expect(site.cluster.state.withLock { $0.released } == [[]])
        }
    }

    @Test(
        "Accepted, the loss stands beside the lifted quarantine, above every epoch that is known, and in the audit log")
    func accept() async throws {
        let site = try await quarantined()
        try await site.run { client in
            _ = try await client.post("shards/2/quarantine", #"{"reason":"a doubt"}"#)
            _ = try await client.post("nodes/4/remove")
            let answer = try await client.post("shards/2/release", #"{"accept_loss":true,"last_record":900}"#)
            #expect(answer.status == 200, "\(answer.json)")
            #expect(answer.json["done"] == .boolean(true))
            #expect(site.cluster.state.withLock { $0.asked } == ["survey 2 [4]"])
            let orders = try await site.office.store.orders(of: "test").filter { $0.kind != .removal }
            #expect(orders.map(\.id.text) == ["test/loss/2.1006"])
            let loss = try #require(orders.first?.loss.flatMap { AcceptedLoss($0) })
            #expect(
                loss == AcceptedLoss(number: 900, position: LogPosition(4500), hash: Self.hash, epoch: 1006))
            #expect(site.cluster.state.withLock { $0.released.last } == [ShardID(2)])
            let line = try await client.get("audit").items.first
            #expect(line?["action"] == "shard.accept-loss")
            #expect(
                line?["detail"]
                    == "records 901 to 1000 are given up, behind record 900 all is void up to epoch 1006; was quarantined: a doubt"
            )
            // Given back is given back.
            let again = try await client.post("shards/2/release", #"{"accept_loss":true,"last_record":900}"#)
            #expect(again.code == "not_possible")
            #expect(try await client.post("shards/2/release").json["done"] == .boolean(false))
            #expect(try await site.office.store.orders(of: "test").contains { $0.kind == .loss })
        }
    }

    @Test("What was not read, what nobody was asked about and what is not quarantined is not given up")
    func refusals() async throws {
        let site = try await quarantined()
        let ill = survey(problems: ["Node 3 does not answer: away.", "Server n2 of the log is not there."])
        try await site.run { client in
            let body = #"{"accept_loss":true,"last_record":900}"#
            #expect(try await client.post("shards/2/release", body).code == "not_possible")
            #expect(
                try await client.post("shards/2/release", #"{"accept_loss":true,"dry_run":true}"#).code
                    == "not_possible")
            _ = try await client.post("shards/2/quarantine", #"{"reason":"a doubt"}"#)
            for wrong in [
                #"{"accept_loss":true}"#, #"{"last_record":900}"#, #"{"dry_run":true}"#,
                #"{"accept_loss":true,"last_record":"900"}"#, #"{"accept_loss":1,"last_record":900}"#,
                #"{"accept_loss":true,"last_record":0}"#,
            ] { #expect(try await client.post("shards/2/release", wrong).code == "invalid_fields", "\(wrong)") }
            let other = try await client.post("shards/2/release", #"{"accept_loss":true,"last_record":899}"#)
            #expect(other.code == "not_possible")
            site.cluster.change { $0.survey = .success(ill) }
            let refused = try await client.post("shards/2/release", body)
            #expect(refused.code == "not_possible")
            #expect(
                refused.json["detail"]
                    == "Shard 2 can't go on from what its log has. Node 3 does not answer: away. Server n2 of the log is not there."
            )
            let dry = try await client.post("shards/2/release", #"{"accept_loss":true,"dry_run":true}"#)
            #expect(dry.json["problems"] == ["Node 3 does not answer: away.", "Server n2 of the log is not there."])
            #expect(try await site.office.store.orders(of: "test").map(\.kind) == [.quarantine])
        }
    }

    @Test("A quarantine that was lifted or given anew while the nodes were asked is not the one that was looked at")
    func changedMeanwhile() async throws {
        let site = try await quarantined()
        let store = site.office.store
        try await site.run { client in
            _ = try await client.post("shards/2/quarantine", #"{"reason":"a doubt"}"#)
            site.cluster.duringSurvey {
                var order = try await store.orders(of: "test")[0]
                order.reason = "another doubt"
                try await store.commit(
                    [.replace(.order(order))],
                    AuditNote(actor: "node 1", action: "shard.quarantine", target: "2", tenant: nil), at: order.at)
            }
            let refused = try await client.post("shards/2/release", #"{"accept_loss":true,"last_record":900}"#)
            #expect(refused.code == "version_conflict")
            #expect(try await store.orders(of: "test").map(\.reason) == ["another doubt"])
        }
    }
}
