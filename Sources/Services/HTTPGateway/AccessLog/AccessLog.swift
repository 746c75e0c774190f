internal import Glibc
package import Logging
internal import NIOPosix
package import NodeRuntime
internal import ServiceLifecycle
internal import Synchronization

/// One line for each request, in a file or on standard output.
///
/// Requests never wait for it: a line goes into a queue in memory, and one thread writes what has gathered. What the queue has no
/// room for, because the disk is slower than the clients, is dropped, counted, and the count written as a line of its own.
package final class AccessLog: Sendable {
    /// Of lines that wait to be written.
    private let byteCountMax: Int
    private let path: String
    private let logger: Logger
    let clock: any NodeClock
    private let queue = Mutex(Queue())
    private let file: Mutex<Int32>
    private let isReopening = Atomic(false)
    private let wakeUps = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    private struct Queue {
        var bytes: [UInt8] = []
        var lineCount = 0
        /// Since it was last told.
        var droppedCount = 0
    }

    /// - Parameter path: `-` for standard output
    package init(
        path: String, byteCountMax: Int = 4 << 20, clock: any NodeClock = SystemClock(), logger: Logger
    ) throws(OpenFailure) {
        self.path = path
        self.byteCountMax = byteCountMax
        self.clock = clock
        self.logger = logger
        file = Mutex(try Self.open(path))
    }

    deinit { file.withLock { if $0 > STDERR_FILENO { close($0) } } }

    package struct OpenFailure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Puts a line into the queue. Its end of line is added.
    func append(_ line: [UInt8]) {
        let wasEmpty = queue.withLock { queue in
            guard queue.bytes.count + line.count < byteCountMax else {
                queue.droppedCount += 1
                return false
            }
            defer {
                queue.bytes += line
                queue.bytes.append(UInt8(ascii: "\n"))
                queue.lineCount += 1
            }
            return queue.bytes.isEmpty
        }
        if wasEmpty { wakeUps.continuation.yield() }
    }

    /// Has the file opened anew: whoever keeps it small has moved it away. What waits goes to the new one.
    package func reopen() {
        isReopening.store(true, ordering: .relaxed)
        wakeUps.continuation.yield()
    }

    private static func open(_ path: String) throws(OpenFailure) -> Int32 {
        if path == "-" { return STDOUT_FILENO }
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard file >= 0 else {
            throw OpenFailure(
                description: "the access log \(path) can't be written: \(String(cString: strerror(errno)))")
        }
        return file
    }
}

extension AccessLog: Service {
    package func run() async throws {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        await withGracefulShutdownHandler {
            for await _ in wakeUps.stream { try? await thread.runIfActive { self.write() } }
        } onGracefulShutdown: {
            self.wakeUps.continuation.finish()
        }
        try? await thread.shutdownGracefully()
        // The last lines. Here, since a thread's work is not begun for a task that was cancelled.
        write()
    }

    /// Writes all that waits. Blocks.
    func write() {
        if isReopening.exchange(false, ordering: .relaxed) { openAnew() }
        let taken = queue.withLock { queue in
            defer { queue = Queue() }
            return queue
        }
        var bytes: [UInt8] = []
        if taken.droppedCount > 0 {
            bytes += AccessLine.dropped(taken.droppedCount, at: clock.now()).bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        bytes += taken.bytes
        guard !bytes.isEmpty else { return }
        let file = file.withLock { $0 }
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + start, $0.count - start) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                logger.error("access log: \(reason); lines are lost", metadata: ["lines": "\(taken.lineCount)"])
                queue.withLock { $0.droppedCount += taken.droppedCount + taken.lineCount }
                return
            }
            start += count
        }
    }

    private func openAnew() {
        guard path != "-" else { return }
        do {
            let new = try Self.open(path)
            let old = file.withLock { file in
                defer { file = new }
                return file
            }
            close(old)
        } catch {
            logger.error("\(error.description); the one that was open stays")
        }
    }
}
