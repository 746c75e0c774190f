internal import CommitLogs
internal import Leaderboards
internal import NATSClient
internal import NIOCore
internal import Sharding
internal import Synchronization

/// A commit log kept by a NATS JetStream cluster: one stream, with a subject for each shard.
///
/// The log itself refuses a deposed owner: an append names the sequence of the record it follows, and the stream's
/// leader takes it only if that is the subject's last. What each answer to an append proves is `AppendResolution`'s
/// matter; what may be believed of an answer to a reader, `LogRun`'s. Nothing here relies on what this process knows of
/// other shards, or of what other processes did to its own.
///
/// A record's position is its sequence in the stream. Must be closed.
package final class StreamLog: SharedLog {
    package let group: LogGroup
    let options: StreamLogOptions
    let replicas: ReplicaSet
    let reader: LogReader
    let witness: Witness
    let gates = ShardGates()
    let notice: @Sendable (StreamLogNotice) -> Void
    /// The oldest position that this log knows of; only ever rises.
    let firstKnown = Mutex(LogPosition.start)
    /// The furthest end that a leader has named; only ever rises.
    let lastKnown = Mutex(LogPosition.start)

    init(
        options: StreamLogOptions, replicas: ReplicaSet, notice: @escaping @Sendable (StreamLogNotice) -> Void
    ) {
        group = options.group
        self.options = options
        self.replicas = replicas
        self.notice = notice
        witness = Witness()
        reader = LogReader(
            group: options.group, replicas: replicas, options: options, witness: witness, notice: notice)
    }

    /// The stream takes 1 MiB, with the headers.
    package static let recordByteCountMax = (1 << 20) - 4096
    package var recordByteCountMax: Int { Self.recordByteCountMax }

    /// Requests to the servers that have no outcome, or listen for late replies: 0 when nothing is under way.
    package func requestCount() async -> Int { await replicas.main.requestCount() }

    package func close() async {
        gates.close()
        let (gates, replicas) = (gates, replicas)
        let timer = replicas.main.eventLoop.scheduleTask(in: TimeAmount(options.closePatience)) {
            gates.abandon()
            // Who has not sent anything yet may be asking without end.
            replicas.beginClosing()
        }
        await gates.waitUntilIdle()
        timer.cancel()
        await replicas.close()
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
