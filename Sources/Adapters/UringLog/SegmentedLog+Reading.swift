package import CommitLogs
package import Leaderboards

extension SegmentedLog {
    package func entries(from position: LogPosition) async throws(ReadError) -> any LogEntries {
        guard
            let opened = await worker.run({ [self] in
                Result { () throws(ReadError) in try LogCursor(self, from: position) }
            })
        else { throw .failed("the log is closed") }
        return SegmentedLogEntries(cursor: try opened.get(), worker: worker)
    }

    /// Calls `body` with every record from `position` on, in order, until it answers false. For replaying at the start:
    /// blocks, and makes no object for a record. The bytes are in the layout of `LogRecord+Codec`, have been compared
    /// with their checksums, and are valid during the call only.
    package func forEachRecord(
        from position: LogPosition, _ body: (LogPosition, UnsafeRawBufferPointer) -> Bool
    ) throws(ReadError) {
        let cursor = try LogCursor(self, from: position)
        var isWanted = true
        while isWanted {
            let isFound = try unsafe cursor.visitGroup { position, record in
                if isWanted { isWanted = unsafe body(position, record) }
                return nil
            }
            if !isFound { return }
        }
    }
}

/// A run through the files. Its reads happen on the log's reading thread.
private struct SegmentedLogEntries: LogEntries {
    let cursor: LogCursor
    let worker: BlockingWorker

    struct AsyncIterator: AsyncIteratorProtocol {
        let cursor: LogCursor
        let worker: BlockingWorker

        mutating func next() async throws(ReadError) -> [LogEntry]? {
            try await next(isolation: nil)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(ReadError) -> [LogEntry]? {
            let cursor = cursor
            let result = await worker.run { Result { () throws(ReadError) in try cursor.batch() } }
            guard let result else { throw .failed("the log is closed") }
            let batch = try result.get()
            return batch.isEmpty ? nil : batch
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cursor: cursor, worker: worker) }
}
