internal import CommitLogs
internal import NATSClient
internal import NIOCore
internal import Sharding

/// Carries out what `AppendResolution` decides for one record: sends, waits, reads, until there is a verdict.
///
/// Each attempt is a request of its own and goes on listening when the next is made, so a reply that comes late counts.
struct AppendAttempts {
    let record: EncodedRecord
    let request: Request
    let options: StreamLogOptions
    let replicas: ReplicaSet
    let reader: LogReader

    /// - Parameter mailbox: gets what comes back, and `.abandon` if nobody will wait any longer.
    func run(expected: UInt64, mailbox: AppendMailbox) async -> AppendResolution.Verdict {
        var resolution = AppendResolution(expected: expected, regressionPatience: options.regressionPatience)
        var sent: [(connection: NATSConnection, id: RequestID)] = []
        defer { for (connection, id) in sent { connection.forget(id) } }
        var effects: [AppendResolution.Effect] = []
        resolution.handle(.begin, at: .now, effects: &effects)
        while true {
            for effect in effects {
                switch effect {
                case .send(let attempt): sent.append(send(attempt, on: replicas.main, mailbox))
                case .sendElsewhere(let attempt):
                    sent.append(send(attempt, on: await replicas.connection(attempt), mailbox))
                case .pause(let pause): mailbox.wake(after: duration(of: pause), on: replicas.main.eventLoop)
                case .read(let sequence): mailbox.post(.read(await readBack(after: expected, through: sequence)))
                case .finish(let verdict): return verdict
                }
            }
            effects = []
            resolution.handle(await mailbox.next(), at: .now, effects: &effects)
        }
    }

    private func send(
        _ attempt: Int, on connection: NATSConnection, _ mailbox: AppendMailbox
    ) -> (connection: NATSConnection, id: RequestID) {
        let id = connection.makeRequestID()
        connection.send(request, as: id) { event in
            switch event {
            case .end(let outcome): mailbox.post(.reply(attempt: attempt, AppendReply(outcome)))
            case .late(let message): mailbox.post(.reply(attempt: attempt, AppendReply(message)))
            case .part: break
            }
        }
        return (connection, id)
    }

    private func duration(of pause: AppendResolution.Pause) -> Duration {
        let (low, high) = (options.retryPause.lowerBound, options.retryPause.upperBound)
        // Owners that wait for the same leader must not come back in step.
        let retry = low + (high - low) * Double.random(in: 0...1)
        return switch pause {
        case .retry: retry
        case .regression: retry * 10
        }
    }

    private func readBack(after expected: UInt64, through sequence: UInt64) async -> AppendResolution.ReadBack {
        await reader.firstRecord(of: record.shard, after: expected, through: sequence, isMine: { $0 == record.hash })
    }
}
