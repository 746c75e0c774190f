internal import CUring
internal import Glibc

/// State behind a lock that threads can wait on: `Mutex` has no condition to wait for.
@safe final class Monitor<State>: @unchecked Sendable {
    // Sendable because `state` is touched only between lock and unlock.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: sending State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        _ = unsafe pthread_mutex_init(mutex, nil)
        _ = unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func withLock<Result, Failure>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Waits until `body` answers something, asking again after each `signal`.
    func wait<Result>(until body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            _ = unsafe pthread_cond_wait(condition, mutex)
        }
    }

    /// Wakes every thread that waits.
    func signal() { _ = unsafe pthread_cond_broadcast(condition) }
}

/// A thread of the operating system, for work that blocks.
@safe struct LogThread: Sendable {
    private let identifier: pthread_t

    /// Starts a thread. `name` is at most 15 bytes long.
    init(name: String, _ body: @escaping @Sendable () -> Void) {
        final class Box {
            let name: String
            let body: @Sendable () -> Void
            init(name: String, body: @escaping @Sendable () -> Void) {
                self.name = name
                self.body = body
            }
        }
        var identifier = pthread_t()
        let box = unsafe Unmanaged.passRetained(Box(name: name, body: body))
        let result = unsafe pthread_create(
            &identifier, nil,
            { argument in
                let box = unsafe Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue()
                unsafe posix_name_thread(box.name)
                box.body()
                return nil
            }, unsafe box.toOpaque())
        precondition(result == 0, "no thread to be had: error \(result)")
        self.identifier = identifier
    }

    /// Waits for its end. Once, and not from the thread itself.
    func join() { _ = pthread_join(identifier, nil) }
}

/// One thread that carries out blocking jobs in order.
final class BlockingWorker: Sendable {
    private struct Queue {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let queue = Monitor(Queue())
    private let thread: LogThread

    init(name: String) {
        let queue = queue
        thread = LogThread(name: name) {
            while true {
                let jobs = queue.wait { queue in
                    defer { queue.jobs = [] }
                    return queue.jobs.isEmpty && !queue.isStopped ? nil : queue.jobs
                }
                if jobs.isEmpty { return }
                for job in jobs { job() }
            }
        }
    }

    /// Runs `body` on the thread. Nil if the worker was stopped before.
    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
        unsafe await withUnsafeContinuation { continuation in
            let isAccepted = queue.withLock { queue in
                if queue.isStopped { return false }
                queue.jobs.append { unsafe continuation.resume(returning: body()) }
                return true
            }
            if isAccepted { queue.signal() } else { unsafe continuation.resume(returning: nil) }
        }
    }

    /// Carries out what was accepted, then ends.
    func stop() {
        queue.withLock { $0.isStopped = true }
        queue.signal()
        thread.join()
    }
}
