import CommitLogs
import ControlPlane
import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Synchronization
import Testing

@testable import AdminAPI

/// Nodes and shards, over HTTP.
@Suite struct ClusterTests {
    private func orders(_ site: AdminSite) async throws -> [String] {
        try await site.office.store.orders(of: "test").map { "\($0.id) \($0.state.rawValue)" }
    }

    @Test("Nodes are listed with what each owns and follows, and who does not answer")
    func nodes() async throws {
        let site = try await AdminSite()
        site.cluster.change { $0.sights[1].report = .failure(.unavailable("it is away", retryAfter: 1)) }
        site.cluster.change(3, shard: 0) { $0.log.quarantine = "a doubt" }
        try await site.run { client in
            let items = try await client.get("nodes").items
            #expect(items.map { $0["id"] } == ["1", "2", "3", "4"])
            #expect(items.map { $0["owned"] } == [4, .null, 0, .null])
            #expect(items.map { $0["followed"] } == [0, .null, 4, .null])
            #expect(items.map { $0["quarantined"] } == [0, .null, 1, .null])
            #expect(items.map { $0["problem"] } == [.null, "it is away", .null, .null])
            #expect(items.map { $0["state"] } == ["alive", "alive", "alive", "dead"])
            #expect(items[0]["address"] == "10.0.0.1:7947")
        }
    }

    @Test("A node is drained and resumed; both are written down, and told to all nodes")
    func drain() async throws {
        let site = try await AdminSite()
        let move = PlacementPlan.Move(shard: ShardID(1), from: NodeID(1), to: NodeID(3))
        site.cluster.change { $0.moves = [move] }
        try await site.run { client in
            let dry = try await client.post("nodes/1/drain", #"{"dry_run":true}"#)
            #expect(dry.json["done"] == .boolean(false))
            #expect(dry.json["moves"] == [["from": "1", "shard": 1, "to": "3"]])
            #expect(try await orders(site) == [])
            #expect(site.cluster.state.withLock { $0.released } == [])
            let done = try await client.post("nodes/1/drain")
            #expect(done.json["done"] == .boolean(true))
            #expect(try await orders(site) == ["test/drain/1 in_force"])
            #expect(site.cluster.state.withLock { $0.released } == [[]])
            #expect(try await client.get("nodes").items[0]["drained"] == .boolean(true))
            #expect(try await site.office.lastNote()?.action == "node.drain")
            #expect(try await site.office.lastNote()?.actor == "operator")
            // Again: nothing is to be done.
            #expect(try await client.post("nodes/1/drain").json["done"] == .boolean(false))
            #expect(try await client.post("nodes/1/resume").json["done"] == .boolean(true))
            #expect(try await orders(site) == [])
            #expect(try await client.post("nodes/1/drain").json["done"] == .boolean(true))
            // One has to be left.
            #expect(try await client.post("nodes/2/drain").status == 200)
            let last = try await client.post("nodes/3/drain")
            #expect(last.code == "not_possible")
            #expect(last.status == 409)
        }
    }

    @Test("Only a node that is gone and owns nothing is removed, unless it is forced; its pins go with it")
    func remove() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            #expect(try await client.post("shards/2/move", #"{"to":"2"}"#).status == 200)
            #expect(try await client.post("nodes/2/remove").code == "not_possible")
            #expect(try await client.post("nodes/4/remove").status == 200)
            #expect(try await client.get("nodes").items.map { $0["id"] } == ["1", "2", "3"])
            #expect(try await orders(site) == ["test/pin/2 in_force", "test/removal/4 in_force"])
            // It is dead, and the log has it as an owner still.
            site.cluster.change { $0.sights[1] = NodeSight(FakeCluster.node(2, member: .dead).member, nil) }
            site.cluster.change(1, shard: 0) { sight in
                sight.role = .follower
                sight.log.owner = 2
            }
            let refused = try await client.post("nodes/2/remove")
            #expect(refused.code == "not_possible")
            #expect(refused.text("detail")?.contains("owns 1 shards") == true)
            #expect(try await client.post("nodes/2/remove", #"{"force":true}"#).status == 200)
            #expect(try await orders(site) == ["test/removal/2 in_force", "test/removal/4 in_force"])
            #expect(try await client.post("nodes/4/resume").json["done"] == .boolean(true))
            #expect(try await orders(site) == ["test/removal/2 in_force"])
        }
    }

    @Test("A shard is pinned to a node that has it; one that has not follows it first")
    func move() async throws {
        let site = try await AdminSite()
        site.cluster.change(3, shard: 1) { $0.role = .vacant }
        try await site.run { client in
            let first = try await client.post("shards/1/move", #"{"to":"3"}"#)
            #expect(first.json["orders"]?.first?["state"] == "preparing")
            #expect(try await client.get("shards/1").text("state") == "preparing")
            site.cluster.change(3, shard: 1) { $0.role = .follower }
            let second = try await client.post("shards/1/move", #"{"to":"3"}"#)
            #expect(second.json["orders"]?.first?["state"] == "in_force")
            #expect(try await orders(site) == ["test/pin/1 in_force"])
            site.cluster.change(1, shard: 1) { $0.log.target = 3 }
            #expect(try await client.get("shards/1").text("state") == "moving")
            #expect(try await client.get("shards/1").text("pinned_to") == "3")
            #expect(try await client.post("shards/2/move", #"{"to":"2"}"#).json["done"] == .boolean(true))
            #expect(try await client.post("shards/2/unpin").json["done"] == .boolean(true))
            #expect(try await client.post("shards/2/unpin").json["done"] == .boolean(false))
            let all = try await client.post("shards/rebalance", #"{"dry_run":true}"#)
            #expect(all.json["done"] == .boolean(false))
            #expect(try await client.post("shards/rebalance").json["done"] == .boolean(true))
            #expect(try await orders(site) == [])
        }
    }

    @Test("Shards are moved to nodes that are there, take shards and answer, and nowhere else")
    func refusals() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            #expect(try await client.post("shards/1/move", #"{"to":"4"}"#).code == "not_possible")
            #expect(try await client.post("shards/1/move", #"{"to":"9"}"#).code == "unknown_node")
            #expect(try await client.post("shards/1/move", #"{"to":"x"}"#).code == "invalid_fields")
            #expect(try await client.post("shards/1/move", #"{"to":"2","dry_run":1}"#).code == "invalid_fields")
            #expect(try await client.post("shards/4/move", #"{"to":"2"}"#).code == "unknown_shard")
            #expect(try await client.get("shards/x").code == "invalid_path")
            #expect(try await client.post("nodes/x/drain").code == "invalid_path")
            #expect(try await client.post("nodes/9/drain").code == "unknown_node")
            _ = try await client.post("nodes/2/drain")
            #expect(try await client.post("shards/1/move", #"{"to":"2"}"#).code == "not_possible")
            site.cluster.change { $0.sights[2].report = .failure(.unavailable("away", retryAfter: 1)) }
            #expect(try await client.post("shards/1/move", #"{"to":"3"}"#).code == "not_possible")
            _ = try await client.post("shards/1/quarantine", #"{"reason":"a doubt"}"#)
            #expect(try await client.post("shards/1/move", #"{"to":"1"}"#).code == "not_possible")
            #expect(try await client.post("shards/1/quarantine").code == "invalid_fields")
            #expect(try await client.get("checkpoints?shard=4").code == "unknown_shard")
            #expect(try await client.get("shards/1/log?position=x").code == "invalid_parameter")
        }
    }

    @Test("A shard is quarantined with a reason, and released; both are told to all nodes")
    func quarantine() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            _ = try await client.post("shards/2/quarantine", #"{"reason":"a doubt"}"#)
            #expect(try await orders(site) == ["test/quarantine/2 in_force"])
            let shown = try await client.get("shards/2")
            #expect(shown.text("state") == "quarantined")
            #expect(shown.text("reason") == "a doubt")
            #expect(try await client.post("shards/2/release").json["done"] == .boolean(true))
            #expect(try await orders(site) == [])
            #expect(site.cluster.state.withLock { $0.released } == [[], [ShardID(2)]])
            // What a node has found itself, and nobody has written down.
            site.cluster.change(1, shard: 3) { $0.log.quarantine = "the log is empty" }
            #expect(try await client.get("shards/3").text("reason") == "the log is empty")
            #expect(try await client.post("shards/3/release").status == 200)
            #expect(site.cluster.state.withLock { $0.released.last } == [ShardID(3)])
        }
    }

    @Test("Shards are listed with the lag of their followers")
    func shards() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let items = try await client.get("shards").items
            #expect(items.count == 4)
            #expect(items[0]["owner"] == "1")
            #expect(items[0]["epoch"] == 2)
            #expect(items[0]["checkpoint"] == 5)
            #expect(
                items[0]["followers"] == [
                    ["lag": 0, "node": "2", "number": 10], ["lag": 2, "node": "3", "number": 8],
                ])
            let views = try await client.get("shards/0").json["views"]
            #expect(views?.count == 3)
        }
    }

    @Test("Replicas that differ are named")
    func verify() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            #expect(try await client.post("shards/3/verify").json["same"] == .boolean(true))
            site.cluster.change {
                $0.comparison = .success(
                    ShardComparison(
                        shard: 3, owner: 1, number: 7, hash: .zero,
                        followers: [(2, .differs(["p/race"])), (3, .unknown("away"))]))
            }
            let answer = try await client.post("shards/3/verify")
            #expect(answer.json["same"] == .boolean(false))
            #expect(
                answer.json["followers"] == [
                    ["differences": ["p/race"], "finding": "differs", "node": "2"],
                    ["differences": ["away"], "finding": "unknown", "node": "3"],
                ])
            site.cluster.change { $0.comparison = .failure(.unavailable("no node owns shard 3", retryAfter: 1)) }
            #expect(try await client.post("shards/3/verify").code == "not_possible")
        }
    }

    @Test("A log's records and checkpoints are shown, also by a node that stands alone; all else is for clusters")
    func alone() async throws {
        let site = try await AdminSite(cluster: FakeCluster(clusterName: nil))
        site.cluster.change { state in
            state.inspection.lines = [
                LogInspection.Line(
                    number: 1, position: LogPosition(8), epoch: 1, kind: .claim, node: .max, incarnation: 2,
                    byteCount: 96, hash: .zero)
            ]
            state.inspection.problems = ["record 1 at 8: it is odd"]
            state.inspection.next = LogPosition(9)
            var sight = CheckpointSight(shard: ShardID(3), generation: 2)
            sight.verdict = .damaged("gone")
            state.checkpoints = [
                NodeCheckpoints(1, .success([sight])),
                NodeCheckpoints(2, .failure(.unavailable("away", retryAfter: 1))),
            ]
        }
        try await site.run { client in
            let log = try await client.get("shards/3/log?position=5&limit=7")
            #expect(log.items.first?["node"] == "18446744073709551615")
            #expect(log.items.first?["kind"] == "claim")
            #expect(log.json["problems"] == ["record 1 at 8: it is odd"])
            #expect(log.json["next"] == 9)
            let checkpoints = try await client.get("checkpoints?shard=3")
            #expect(checkpoints.items.first?["problem"] == "gone")
            #expect(checkpoints.json["unanswered"] == [["node": "2", "problem": "away"]])
            #expect(try await client.post("shards/3/checkpoints/verify").items.count == 1)
            #expect(
                site.cluster.state.withLock { $0.asked } == [
                    "log 3 5 7", "checkpoints [3] false", "checkpoints [3] true",
                ])
            for path in ["cluster", "nodes", "shards", "shards/3"] {
                #expect(try await client.get(path).code == "not_clustered", "\(path)")
            }
            #expect(try await client.post("shards/3/verify").code == "not_clustered")
        }
    }

    @Test("A cluster is healthy until somebody should look, and then says at what")
    func status() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            // Node 4 is dead.
            #expect(try await client.get("cluster").json["problems"] == ["node 4 is dead"])
            _ = try await client.post("nodes/4/remove")
            let well = try await client.get("cluster")
            #expect(well.json["healthy"] == .boolean(true))
            #expect(well.json["problems"] == [])
            #expect(well.json["shards"]?["owned"] == 4)
            site.cluster.change(1, shard: 0) { $0.role = .follower }
            site.cluster.change(1, shard: 1) { $0.log.target = 2 }
            site.cluster.change { state in
                state.sights[2].report = .failure(.unavailable("away", retryAfter: 1))
                state.logs[0].replicas[1].isCurrent = false
                state.logs[0].byteCount = 95
            }
            _ = try await client.post("shards/2/quarantine", #"{"reason":"a doubt"}"#)
            let ill = try await client.get("cluster")
            #expect(ill.json["healthy"] == .boolean(false))
            #expect(
                ill.json["problems"] == [
                    "node 3 does not answer: away", "1 shards are owned by nobody: 0", "1 shards are quarantined: 2",
                    "log LAUREL_test_0: 1 replicas are behind or away",
                    "log LAUREL_test_0 is nearly full: 95 of 100 bytes",
                ])
            #expect(ill.json["moves"] == [["from": "1", "shard": 1, "state": "moving", "to": "2"]])
            #expect(ill.json["quarantines"] == [["reason": "a doubt", "shard": 2]])
        }
    }

    @Test("While the database is away nothing is ordered")
    func away() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            site.office.database.isReachable = false
            let refused = try await client.post("nodes/1/drain")
            #expect(refused.code == "unavailable")
            #expect(site.cluster.state.withLock { $0.released } == [])
        }
    }
}

extension JSON {
    fileprivate var first: JSON? { if case .array(let elements) = self { elements.first } else { nil } }
    fileprivate var count: Int? { if case .array(let elements) = self { elements.count } else { nil } }
}
