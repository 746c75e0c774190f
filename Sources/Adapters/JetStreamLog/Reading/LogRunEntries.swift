internal import CommitLogs
internal import Leaderboards

/// A run as a sequence of batches. Reads when it is asked to; the task that reads can be cancelled.
struct LogRunEntries: LogEntries {
    let run: LogRun

    struct AsyncIterator: AsyncIteratorProtocol {
        var run: LogRun

        mutating func next() async throws(ReadError) -> [LogEntry]? { try await next(isolation: nil) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(ReadError) -> [LogEntry]? {
            try await run.nextBatch()
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(run: run) }
}
