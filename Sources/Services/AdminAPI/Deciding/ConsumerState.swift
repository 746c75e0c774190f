import CommitLogs
import Leaderboards
import NodeRuntime

/// A durable consumer of a log group, and whether records stay in the log for its sake.
struct ConsumerState: Sendable {
    /// The log's name, and its number.
    var log: String
    var group: Int
    var consumer: LogConsumer
    /// A checkpoint has what it has not acknowledged: were it not for it, that could be cut, or could once it is old enough.
    var holdsCut: Bool

    /// Where the first record that it has not acknowledged may be; nil if that is not known, or there is none.
    var oldest: LogPosition? { consumer.unacknowledgedCount == 0 ? nil : consumer.floor }
}

extension ClusterState {
    func consumers(of logGroups: [LogCondition]) -> [ConsumerState] {
        let shards = shards
        return logGroups.enumerated().flatMap { number, group in
            group.consumers.map { consumer in
                let holdsCut = shards.contains { shard in
                    Int(shard.id.number) % logGroups.count == number && consumer.reads(shard.id)
                        && consumer.holds(shard.owner?.sight.checkpointPosition ?? .start)
                }
                return ConsumerState(log: group.name, group: number, consumer: consumer, holdsCut: holdsCut)
            }
        }
    }
}

extension LogConsumer {
    /// Whether it holds up what a checkpoint has. One of which nothing is known does, whatever that is.
    fileprivate func holds(_ checkpoint: LogPosition) -> Bool {
        guard let floor else { return true }
        return unacknowledgedCount != 0 && floor <= checkpoint
    }
}
