internal import CUring
internal import Glibc

/// The real file system.
package struct PosixFileSystem: LogFileSystem {
    package init() {}

    package func createDirectory(_ path: String) throws(SystemError) {
        if unsafe mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemError("mkdir", path, code: errno)
        }
        try createDirectory(String(path[..<slash]))
        guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else { throw SystemError("mkdir", path, code: errno) }
        // The new name must outlive a power cut as surely as what will be written below it.
        try syncDirectory(String(path[..<slash]))
    }

    package func contents(of directory: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw SystemError("opendir", directory, code: errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw SystemError("readdir", directory, code: errno) }
                return names
            }
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    package func open(_ path: String, _ mode: LogFileMode) throws(SystemError) -> any LogFile {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT | O_TRUNC
            }
        return PosixFile(try openDescriptor(path, flags | O_CLOEXEC), path: path)
    }

    package func rename(_ path: String, to newPath: String) throws(SystemError) {
        guard unsafe Glibc.rename(path, newPath) == 0 else { throw SystemError("rename", path, code: errno) }
    }

    package func remove(_ path: String) throws(SystemError) {
        guard unsafe unlink(path) == 0 else { throw SystemError("unlink", path, code: errno) }
    }

    package func syncDirectory(_ path: String) throws(SystemError) {
        let descriptor = try openDescriptor(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, code: errno) }
    }

    package func lock(_ path: String) throws(LogLockError) -> any LogLock {
        do {
            return try PosixLock(openDescriptor(path, O_RDWR | O_CREAT | O_CLOEXEC), path: path)
        } catch let error as SystemError {
            throw .failed(error)
        } catch let error as LogLockError {
            throw error
        } catch {
            fatalError("unreachable: \(error)")
        }
    }

    package func makeRing() throws(SystemError) -> any SubmissionRing { try UringRing() }
}

private func openDescriptor(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
    while true {
        let descriptor = unsafe Glibc.open(path, flags, 0o640)
        if descriptor >= 0 { return descriptor }
        if errno != EINTR { throw SystemError("open", path, code: errno) }
    }
}

private final class PosixFile: LogFile {
    private let number: Int32
    private let path: String
    // Only `close` writes it, and the owner calls that once, last.
    private nonisolated(unsafe) var isOpen = true

    init(_ descriptor: Int32, path: String) {
        number = descriptor
        self.path = path
    }

    deinit { close() }

    var descriptor: Int32? { number }

    func byteCount() throws(SystemError) -> Int {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw SystemError("fstat", path, code: errno) }
        return Int(status.st_size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        while true {
            let count = unsafe pread(number, buffer.baseAddress, buffer.count, offset)
            if count >= 0 { return count }
            if errno != EINTR { throw SystemError("pread", path, code: errno) }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        while true {
            let count = unsafe pwrite(number, bytes.baseAddress, bytes.count, offset)
            if count > 0 { return count }
            // Nothing written and no error: a device that is full, by POSIX. Continuing would loop.
            if count == 0 { throw SystemError("pwrite", path, code: ENOSPC) }
            if errno != EINTR { throw SystemError("pwrite", path, code: errno) }
        }
    }

    func allocate(byteCount: Int) throws(SystemError) {
        while true {
            let code = posix_fallocate(number, 0, byteCount)
            if code == 0 { return }
            if code != EINTR { throw SystemError("fallocate", path, code: code) }
        }
    }

    // Neither sync is ever repeated, not after EINTR either: a second call may answer for pages the first one dropped.
    func syncData() throws(SystemError) {
        guard fdatasync(number) == 0 else { throw SystemError("fdatasync", path, code: errno) }
    }

    func sync() throws(SystemError) {
        guard fsync(number) == 0 else { throw SystemError("fsync", path, code: errno) }
    }

    func close() {
        guard unsafe isOpen else { return }
        unsafe isOpen = false
        _ = Glibc.close(number)
    }
}

/// Both kinds of lock, since each has file systems where the other does nothing. Both belong to the open file, so a
/// second log in the same process is refused too.
private final class PosixLock: LogLock {
    private let descriptor: Int32
    private nonisolated(unsafe) var isHeld = true

    init(_ descriptor: Int32, path: String) throws {
        self.descriptor = descriptor
        let isLocked = posix_lock_file(descriptor) == 0
        guard isLocked else {
            let code = errno
            defer {
                unsafe isHeld = false
                _ = Glibc.close(descriptor)
            }
            guard code == EWOULDBLOCK || code == EACCES else {
                throw LogLockError.failed(SystemError("flock", path, code: code))
            }
            throw LogLockError.held(by: Self.holder(descriptor))
        }
        // For the second opener's message only; the lock is what counts.
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    deinit { release() }

    func release() {
        guard unsafe isHeld else { return }
        unsafe isHeld = false
        _ = Glibc.close(descriptor)
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = unsafe text.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}

extension SystemError {
    package var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return "\(call) \(path): \(reason)"
    }

    /// The disk or the quota is used up.
    var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
    var isNotFound: Bool { code == ENOENT }
}
