import CommitLogs
import Leaderboards
import Placement
import Sharding
import Testing

@testable import NodeRuntime

/// What is decided of what nodes, checkpoints and servers say.
@Suite struct LossSurveyTests {
    private func survey(_ nodes: [NodeSight], removed: Set<UInt64> = []) -> LossSurvey {
        var survey = LossSurvey(shard: ShardID(2))
        survey.take(nodes) { removed.contains($0) }
        return survey
    }

    private func node(_ number: UInt64, _ role: ShardSight.Role, quarantine: String? = nil) -> NodeSight {
        var sight = ShardSight(shard: ShardID(2), role: role)
        sight.log = LogSight(number: 10, epoch: 2, quarantine: quarantine)
        let report = NodeReport(node: number, incarnation: 1, state: "ready", shardCount: 4, shards: [sight])
        return NodeSight(ClusterMember(id: NodeID(number), state: .alive), .success(report))
    }

    private func letGo(_ number: UInt64) -> NodeSight { node(number, .vacant, quarantine: "a doubt") }

    @Test("All nodes must have let go, or be gone for good")
    func nodes() {
        #expect(survey([letGo(1), letGo(2)]).problems == [])
        for busy in [node(2, .owner), node(2, .follower, quarantine: "a doubt"), node(2, .vacant)] {
            #expect(survey([letGo(1), busy]).problems == ["Node 2 has not let go of the shard yet: ask again."])
        }
        let dead = NodeSight(ClusterMember(id: NodeID(4), state: .dead), nil)
        #expect(survey([letGo(1), dead]).problems.count == 1)
        #expect(survey([letGo(1), dead], removed: [4]).problems == [])
        #expect(survey([letGo(1), NodeSight(ClusterMember(id: NodeID(4), state: .left), nil)]).problems == [])
        var older = letGo(2)
        older.member.version = "0.1.0"
        #expect(survey([letGo(1), older]).problems.count == 1)
        // One that lives is asked, whatever was ordered of it.
        let silent = NodeSight(
            ClusterMember(id: NodeID(4), state: .alive), .failure(.unavailable("away", retryAfter: 1)))
        #expect(survey([letGo(1), silent], removed: [4]).problems == ["Node 4 does not answer: away."])
    }

    @Test("Servers of the log that are behind or away may have what is missing")
    func servers() {
        var condition = LogCondition(name: "s")
        condition.replicas = [.init(name: "n1", isCurrent: true), .init(name: "n2", isCurrent: false)]
        var survey = LossSurvey(shard: ShardID(2))
        survey.take(condition)
        #expect(survey.problems.count == 1 && survey.problems[0].hasPrefix("Server n2 of the log"))
    }

    @Test("Void is what is behind the point and not of a later epoch; the newest loss says how the log must end")
    func void() {
        func end(_ number: UInt64, epoch: UInt64, hash: UInt64 = 1) -> LogTail {
            LogTail(
                LogEntry(
                    position: LogPosition(number),
                    record: LogRecord(
                        kind: .data, shard: ShardID(0), epoch: epoch, node: 1, incarnation: 1, number: number,
                        previousHash: .zero, payload: []), hash: ChainHash(low: hash, high: 0)))
        }
        let hash = ChainHash(low: 1, high: 0)
        let losses = AcceptedLosses([
            AcceptedLoss(number: 9, position: LogPosition(9), hash: hash, epoch: 5),
            AcceptedLoss(number: 20, position: LogPosition(20), hash: hash, epoch: 8),
        ])
        #expect(!losses.voids(number: 9, epoch: 5) && losses.voids(number: 10, epoch: 5))
        #expect(!losses.voids(number: 20, epoch: 6) && losses.voids(number: 21, epoch: 6))
        #expect(!losses.voids(number: 1000, epoch: 9))
        #expect(losses.epoch == 8)
        #expect(losses.problem(of: end(20, epoch: 6)) == nil)
        #expect(losses.problem(of: end(21, epoch: 9, hash: 7)) == nil)
        for wrong in [end(20, epoch: 6, hash: 2), end(21, epoch: 6), end(9, epoch: 5), nil] {
            #expect(losses.problem(of: wrong) != nil)
        }
        #expect(AcceptedLosses().problem(of: nil) == nil)
    }
}
