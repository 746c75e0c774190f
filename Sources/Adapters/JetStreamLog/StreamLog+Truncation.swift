package import CommitLogs
package import Leaderboards
internal import NATSClient

extension StreamLog {
    /// Gives back everything below, as far as no shard's last record is below. That bound may come from replicas that are
    /// behind: then it is lower than need be, and what is purged is less. Several are asked, since one that lost a
    /// shard's only record would set it too high.
    package func truncate(below position: LogPosition) async throws(AppendError) {
        if gates.isClosed { throw .closed }
        // Others of this region may need what this node has a checkpoint of.
        if options.originDomain != nil { return }
        let lasts = try await answer { () throws(LogReader.Trouble) in
            try await reader.lastPositionsOfReplicas()
        }
        guard let oldest = lasts.values.min() else { return }
        let bound = min(position.value, oldest.value)
        guard bound > 1 else { return }
        try await purge(JetStreamAPI.PurgeRequest(filter: nil, seq: bound))
        _ = raiseFirst(to: bound)
    }

    package func truncate(_ shard: ShardID, below position: LogPosition) async throws(AppendError) {
        if gates.isClosed { throw .closed }
        // Others of this region may need what this node has a checkpoint of.
        if options.originDomain != nil { return }
        let request = JetStreamAPI.GetRequest(last_by_subj: group.subject(of: shard))
        let last = try await answer { () throws(LogReader.Trouble) in try await reader.askLeader(request) }
        guard let last else { return }
        let bound = min(position.value, last.sequence)
        guard bound > 1 else { return }
        try await purge(JetStreamAPI.PurgeRequest(filter: group.subject(of: shard), seq: bound))
    }

    private func purge(_ request: JetStreamAPI.PurgeRequest) async throws(AppendError) {
        try await answer { () throws(LogReader.Trouble) in
            let outcome = await replicas.main.request(
                Request(
                    subject: JetStreamAPI.purge + group.stream, payload: JetStreamAPI.encode(request),
                    timeout: .seconds(5)))
            guard case .reply(let message) = outcome,
                let reply = JetStreamAPI.decode(JetStreamAPI.PurgeReply.self, message.payload)
            else { throw LogReader.Trouble(outcome) }
            guard reply.success == true else { throw LogReader.Trouble(reason: reply.error?.text ?? "no success") }
        }
    }

    /// Asks for so long as a reader would. Purging twice does no harm.
    private func answer<Value>(
        _ body: () async throws(LogReader.Trouble) -> Value
    ) async throws(AppendError) -> Value {
        let end = ContinuousClock.now + options.readPatience
        while true {
            do throws(LogReader.Trouble) {
                return try await body()
            } catch {
                if error.isClosed { throw .closed }
                if ContinuousClock.now > end || Task.isCancelled { throw .failed("can't truncate: \(error.reason)") }
            }
            await reader.pause()
        }
    }
}
