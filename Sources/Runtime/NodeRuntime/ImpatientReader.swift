internal import Leaderboards
internal import Sharding

/// A reader who waits for the log for a while only. It is told once, whatever comes first.
///
/// Sendable because it is touched on its shard's event loop only.
final class ImpatientReader: @unchecked Sendable {
    private var continuation: CheckedContinuation<Result<LogPosition, ServiceError>, Never>?

    init(_ continuation: CheckedContinuation<Result<LogPosition, ServiceError>, Never>) {
        self.continuation = continuation
    }

    func tell(_ result: Result<LogPosition, ServiceError>) {
        continuation?.resume(returning: result)
        continuation = nil
    }
}

extension ShardActor {
    func endPatience(of reader: ImpatientReader, after time: Duration) {
        let isStarted = environment.inBackground { [self] in
            try? await environment.clock.sleep(for: time)
            await give(up: reader)
        }
        if !isStarted { reader.tell(.failure(.unavailable("the node is stopping", retryAfter: 2))) }
    }

    private func give(up reader: ImpatientReader) {
        reader.tell(.failure(.unavailable("the log can't be reached", retryAfter: 1)))
        waiters.removeAll { if case .reader(let waiting) = $0.whom { waiting === reader } else { false } }
    }
}
