import Foundation
import Testing

/// Runs each job on a thread of its own, so that a test may wait for processes and sockets in plain blocking calls
/// without taking away the threads that all tests share.
private final class ThreadForEachJob: TaskExecutor {
    static let shared = ThreadForEachJob()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// The tests of a suite run on threads of their own.
struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadForEachJob.shared) { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    static var ownThreads: Self { Self() }
}

/// The parent of the suites here that start single nodes. One after the other, since each uses the whole machine.
@Suite("The real process", .serialized, .ownThreads)
enum RealProcess {}

/// The parent of those that start several nodes and servers. They wait for elections and leases more than they work, so they run beside
/// the others, one after the other.
@Suite("Real clusters", .serialized, .ownThreads)
enum RealClusters {}
