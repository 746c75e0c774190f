private import Foundation

/// A thread that does one thing after another, and may be blocked by each: libpq waits for the network.
final class PostgresThread: Sendable {
    private let queue: Queue

    init(name: String) {
        let queue = Queue()
        self.queue = queue
        let thread = Thread { while let work = queue.next() { work() } }
        thread.name = name
        thread.start()
    }

    deinit { queue.end() }

    /// Not affected by the end of the caller's task: what was sent to the server can't be called back.
    func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let outcome = await withCheckedContinuation { (done: CheckedContinuation<Result<Value, Failure>, Never>) in
            queue.add {
                let result: Result<Value, Failure>
                do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
                done.resume(returning: result)
            }
        }
        return try outcome.get()
    }

    /// Safe to share: `work` and `isEnded` are touched with the condition locked.
    private final class Queue: @unchecked Sendable {
        private let condition = NSCondition()
        private var work: [@Sendable () -> Void] = []
        private var isEnded = false

        func add(_ one: @escaping @Sendable () -> Void) {
            condition.withLock {
                work.append(one)
                condition.signal()
            }
        }

        /// Nil after the end, once all is done.
        func next() -> (@Sendable () -> Void)? {
            condition.withLock {
                while work.isEmpty, !isEnded { condition.wait() }
                return work.isEmpty ? nil : work.removeFirst()
            }
        }

        func end() {
            condition.withLock {
                isEnded = true
                condition.broadcast()
            }
        }
    }
}
