/// Tasks for what is called and can't wait where it is called. They belong to a service, which runs them in `runAll`.
package final class BackgroundTasks: Sendable {
    package typealias Job = @Sendable () async -> Void
    private let jobs: AsyncStream<Job>
    private let submit: AsyncStream<Job>.Continuation

    package init() { (jobs, submit) = AsyncStream.makeStream() }

    /// False if no more are taken.
    package func run(_ job: @escaping Job) -> Bool {
        if case .enqueued = submit.yield(job) { true } else { false }
    }

    /// Takes no more: `runAll` returns when those that were taken have ended.
    package func finish() { submit.finish() }

    package func runAll() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
        }
    }
}
