import CommitLogs
import Leaderboards
import TestSupport
import Testing
import UringLog

@Suite("Every log keeps the promises of CommitLog")
struct ConformanceTests {
    @Test("in memory", arguments: CommitLogConformance.checks)
    func inMemory(_ check: CommitLogConformance.Check) async throws {
        let subject = CommitLogConformance.Subject(truncationByteCount: 0) {
            InMemoryCommitLog()
        } reopen: { log in
            await log.close()
            return InMemoryCommitLog(reopening: log as! InMemoryCommitLog)
        }
        try await check.run(subject)
    }

    @Test("in memory, shared by nodes", arguments: SharedLogConformance.checks)
    func shared(_ check: SharedLogConformance.Check) async throws {
        try await check.run(
            SharedLogConformance.Subject {
                let log = InMemoryCommitLog()
                return (log, log)
            })
    }

    @Test("in files, written plainly", arguments: CommitLogConformance.checks)
    func plain(_ check: CommitLogConformance.Check) async throws { try await run(check, .plain) }

    @Test("in files, written through a ring", arguments: CommitLogConformance.checks)
    func ring(_ check: CommitLogConformance.Check) async throws {
        do throws(SystemError) {
            _ = try PosixFileSystem().makeRing()
        } catch {
            print("skipped: no io_uring here (\(error))")
            return
        }
        try await run(check, .ring)
    }

    private func run(
        _ check: CommitLogConformance.Check, _ method: SegmentedLogOptions.WriteMethod
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var options = SegmentedLogOptions()
        // Small where nothing large is written, so that the checks go over many segments.
        options.segmentByteCount = check.description.contains("largest") ? 16 << 20 : 32 << 10
        options.writeMethod = method
        let subject = CommitLogConformance.Subject(truncationByteCount: options.segmentByteCount) { [options] in
            try SegmentedLog.open(directory: directory.path, options: options)
        } reopen: { [options] log in
            await log.close()
            return try SegmentedLog.open(directory: directory.path, options: options)
        }
        try await check.run(subject)
    }
}
