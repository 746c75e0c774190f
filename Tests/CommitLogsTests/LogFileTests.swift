import CommitLogs
import Glibc
import Leaderboards
import Sharding
import TestSupport
import Testing
import UringLog

@Suite("The log on a real file system")
struct LogFileTests {
    private func smallOptions() -> SegmentedLogOptions {
        var options = SegmentedLogOptions()
        options.segmentByteCount = 64 << 10
        return options
    }

    @Test("only one log can be open on a directory, and the second learns who has it")
    func lock() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = try SegmentedLog.open(directory: directory.path, options: smallOptions())
        #expect(throws: LogOpenError.locked(by: getpid())) {
            try SegmentedLog.open(directory: directory.path, options: smallOptions())
        }
        #expect(throws: LogOpenError.locked(by: getpid())) { try SegmentedLog.verify(directory: directory.path) }
        // Another process is refused too.
        #expect(try run("/usr/bin/flock", ["-n", directory.path + "/lock", "true"]) == 1)
        await log.close()
        #expect(try run("/usr/bin/flock", ["-n", directory.path + "/lock", "true"]) == 0)
        let again = try SegmentedLog.open(directory: directory.path, options: smallOptions())
        #expect(again.openCount == 2)
        await again.close()
    }

    @Test("a lock of another process keeps the log shut")
    func foreignLock() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        // `flock` takes the lock, says so by making a directory, and holds it until its input ends.
        var pipe: [Int32] = [0, 0]
        #expect(Glibc.pipe(&pipe) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipe[0], 0)
        posix_spawn_file_actions_addclose(&actions, pipe[1])
        var ready: [Int32] = [0, 0]
        #expect(Glibc.pipe(&ready) == 0)
        posix_spawn_file_actions_adddup2(&actions, ready[1], 1)
        posix_spawn_file_actions_addclose(&actions, ready[0])
        defer { posix_spawn_file_actions_destroy(&actions) }
        let child = try spawn(
            "/usr/bin/flock", ["-n", directory.path + "/lock", "sh", "-c", "echo held; cat"], &actions)
        close(pipe[0])
        close(ready[1])
        var byte: UInt8 = 0
        #expect(read(ready[0], &byte, 1) == 1)
        #expect(throws: LogOpenError.locked(by: nil)) {
            try SegmentedLog.open(directory: directory.path, options: smallOptions())
        }
        close(pipe[1])
        close(ready[0])
        var status: Int32 = 0
        waitpid(child, &status, 0)
        let log = try SegmentedLog.open(directory: directory.path, options: smallOptions())
        await log.close()
    }

    @Test("replaying by bytes gives the same as reading entries, and can be ended early")
    func replay() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = try SegmentedLog.open(directory: directory.path, options: smallOptions())
        var chains = (0..<20).map { RecordChain(shard: ShardID(UInt16($0))) }
        var last = [LogPosition?](repeating: nil, count: 20)
        for step in 0..<600 {
            let index = step % 20
            last[index] = try await log.append(
                chains[index].next([UInt8](repeating: 1, count: step)), after: last[index])
        }
        let entries = try await collect(log, from: .start)
        #expect(entries.count == 600)
        var replayed: [LogPosition] = []
        try log.forEachRecord(from: entries[77].position) { position, bytes in
            let decoded = try? LogRecord.decode(bytes)
            #expect(decoded?.hash == entries[77 + replayed.count].hash)
            replayed.append(position)
            return replayed.count < 500
        }
        #expect(replayed == entries[77..<577].map(\.position))
        #expect(throws: ReadError.self) {
            try log.forEachRecord(from: .start) { _, _ in
                truncateBehind(directory.path)
                return true
            }
        }
        await log.close()
    }

    /// Damages the third segment under a reader's eyes.
    private func truncateBehind(_ directory: String) {
        truncate(directory + "/00000003.log", 4096)
    }

    @Test("segments are made ready ahead and their space is used again")
    func preparation() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = try SegmentedLog.open(directory: directory.path, options: smallOptions())
        var chain = RecordChain(shard: ShardID(1))
        var last: LogPosition?
        for _ in 0..<400 {
            last = try await log.append(chain.next([UInt8](repeating: 7, count: 2000)), after: last)
            try await log.truncate(below: last!)
        }
        let files = directory.names.filter { $0.hasSuffix(".log") }
        #expect(files.count <= 5, "\(files)")
        await log.close()
        let reopened = try SegmentedLog.open(directory: directory.path, options: smallOptions())
        #expect(reopened.recovery.wasClosed && reopened.recovery.tornByteCount == 0)
        #expect(try await collect(reopened, from: reopened.firstPosition()).last?.position == last)
        await reopened.close()
    }
}

func spawn(
    _ path: String, _ arguments: [String], _ actions: UnsafePointer<posix_spawn_file_actions_t>? = nil
) throws -> pid_t {
    var pointers: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var child = pid_t()
    let result = posix_spawn(&child, path, actions, nil, &pointers, environ)
    guard result == 0 else { throw SystemError("posix_spawn", path, code: result) }
    return child
}

/// Runs a program and answers its exit code.
@discardableResult
func run(_ path: String, _ arguments: [String]) throws -> Int32 {
    let child = try spawn(path, arguments)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status >> 8 & 0xFF
}
