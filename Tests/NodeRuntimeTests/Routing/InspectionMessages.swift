import Leaderboards
import NodeRuntime
import Sharding

extension ExampleMessage {
    /// What operators ask nodes for.
    static let inspections: [ExampleMessage] = [
        ExampleMessage("node", report), ExampleMessage("fingerprint", fingerprint),
        ExampleMessage(
            "fingerprint question", FingerprintQuestion(shard: 300, number: 5, position: LogPosition(600))),
        ExampleMessage("number", PeerNumber(300)),
        ExampleMessage("checkpoint question", CheckpointQuestion([0, 300], verifies: true)),
        ExampleMessage("checkpoint", checkpoint(.unknown)),
        ExampleMessage("sound checkpoint", checkpoint(.sound(ChainHash(low: 7, high: 8)))),
        ExampleMessage("damaged checkpoint", checkpoint(.damaged("gone"))),
    ]

    private static var report: NodeReport {
        var sight = ShardSight(shard: ShardID(300), role: .follower)
        sight.isBehind = true
        sight.epoch = 2
        sight.number = 300
        sight.position = LogPosition(500)
        sight.hash = ChainHash(low: 1, high: 2)
        sight.leaderboardCount = 3
        sight.memoryBytes = 4000
        sight.checkpoint = 5
        sight.checkpointPosition = LogPosition(400)
        sight.problem = "full"
        sight.log = LogSight(
            number: 301, epoch: 2, position: LogPosition(501), owner: .max, heir: nil, target: 9, quarantine: "why")
        return NodeReport(
            node: .max, incarnation: 7, state: "ready", shardCount: 256,
            shards: [sight, ShardSight(shard: ShardID(1), role: .vacant)])
    }

    private static var fingerprint: PlacedFingerprint {
        PlacedFingerprint(
            number: 300, position: LogPosition(500),
            content: ShardFingerprint(
                rest: ChainHash(low: 1, high: 2), leaderboards: [.init(key, ChainHash(low: 3, high: 4))]))
    }

    private static func checkpoint(_ verdict: CheckpointSight.Verdict) -> CheckpointSight {
        var sight = CheckpointSight(shard: ShardID(300), generation: 4)
        sight.number = 300
        sight.position = LogPosition(500)
        sight.epoch = 2
        sight.hash = ChainHash(low: 1, high: 2)
        sight.leaderboardCount = 3
        sight.entryCount = 4000
        sight.byteCount = 50_000
        sight.verdict = verdict
        return sight
    }
}
