/// What the log asks of a file system: a seam, so that tests can cut the power between any two calls, tear writes and
/// fail the n-th one. `PosixFileSystem` is the real one.
package protocol LogFileSystem: Sendable {
    /// Makes the directory and those above it. No error if it exists.
    func createDirectory(_ path: String) throws(SystemError)
    /// The names of what lies in a directory, in no order.
    func contents(of directory: String) throws(SystemError) -> [String]
    func open(_ path: String, _ mode: LogFileMode) throws(SystemError) -> any LogFile
    func rename(_ path: String, to newPath: String) throws(SystemError)
    func remove(_ path: String) throws(SystemError)
    /// Makes creations, renames and removals in the directory durable.
    func syncDirectory(_ path: String) throws(SystemError)
    /// Takes the exclusive lock that `path` stands for, or says who holds it.
    func lock(_ path: String) throws(LogLockError) -> any LogLock
    /// A ring to write through, or why there is none.
    func makeRing() throws(SystemError) -> any SubmissionRing
}

package enum LogFileMode: Sendable {
    case read
    case readWrite
    /// Empty, whether or not it existed.
    case create
}

/// An open file. Closed when released, at the latest.
package protocol LogFile: AnyObject, Sendable {
    /// What system calls know the file by; nil in a simulated file system.
    var descriptor: Int32? { get }
    func byteCount() throws(SystemError) -> Int
    /// Reads up to the buffer's size. 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int
    /// Writes what it can, at least one byte, and answers how many.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int
    /// Reserves blocks, so that writing to them later can't fail for want of space.
    func allocate(byteCount: Int) throws(SystemError)
    /// fdatasync: the bytes, and the size.
    func syncData() throws(SystemError)
    /// fsync.
    func sync() throws(SystemError)
    func close()
}

extension LogFile {
    /// Writes all of it, continuing after short writes.
    func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            written += try unsafe write(rest, at: offset + written)
        }
    }

    /// Fills the buffer as far as the file goes and answers how many bytes that were.
    func readAll(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = try unsafe read(into: rest, at: offset + filled)
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

/// Held until released.
package protocol LogLock: AnyObject, Sendable {
    func release()
}

/// Takes one write linked to one fdatasync at a time. Confined to the thread that made it.
package protocol SubmissionRing: AnyObject {
    /// Starts; `bytes` must stay until `wait` has answered. An error means that nothing was started.
    func submit(_ bytes: UnsafeRawBufferPointer, to file: any LogFile, at offset: Int) throws(SystemError)
    func wait() throws(SystemError) -> RingCompletion
}

/// What the two halves answered: byte count or 0, or a negated error number. A short write cancels the sync.
package struct RingCompletion: Sendable {
    package let written: Int32
    package let synced: Int32

    package init(written: Int32, synced: Int32) {
        self.written = written
        self.synced = synced
    }
}

/// A call that the operating system refused.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let call: String
    package let path: String
    package let code: Int32

    package init(_ call: String, _ path: String, code: Int32) {
        self.call = call
        self.path = path
        self.code = code
    }
}

package enum LogLockError: Error, Hashable, Sendable {
    /// Another log is open on the directory, in the process named where that could be read.
    case held(by: Int32?)
    case failed(SystemError)
}
