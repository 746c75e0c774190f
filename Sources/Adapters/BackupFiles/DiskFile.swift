internal import Crypto
internal import Glibc

/// What a file must be: how long, and with what SHA-256.
package struct FileSeal: Hashable, Sendable, Codable {
    /// From the backup's directory on.
    package var path: String
    package var bytes: Int
    package var sha256: String

    package init(path: String, bytes: Int, sha256: String) {
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// A file in the making: under another name until it is whole and on disk.
///
/// Is closed between two writes, so that thousands can be in the making at once.
final class FileInTheMaking {
    let temporary: String
    private var digest = SHA256()
    private(set) var byteCount = 0
    private var buffer: [UInt8] = []

    /// - Parameter temporary: its path while it is made; what is there is overwritten
    init(temporary: String) throws(BackupError) {
        self.temporary = temporary
        try Disk.remove(temporary)
    }

    var bufferedByteCount: Int { buffer.count }

    func write(_ bytes: some Collection<UInt8>) throws(BackupError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferByteCount { try flush() }
    }

    private static let bufferByteCount = 256 << 10

    func flush() throws(BackupError) {
        if buffer.isEmpty { return }
        try Disk.append(buffer, to: temporary)
        digest.update(data: buffer)
        byteCount += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Makes it durable under its name.
    func finish(as path: String) throws(BackupError) -> (byteCount: Int, sha256: String) {
        try flush()
        if byteCount == 0 { try Disk.append([], to: temporary) }
        try Disk.sync(temporary)
        try Disk.rename(temporary, to: path)
        return (byteCount, Disk.hexadecimal(digest.finalize()))
    }
}

/// The calls of the operating system, with errors that name the file.
enum Disk {
    static func append(_ bytes: [UInt8], to path: String) throws(BackupError) {
        let file = try open(path, O_WRONLY | O_CREAT | O_APPEND)
        defer { close(file) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, bytes.count - done) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("written", path)
            }
            done += count
        }
    }

    static func sync(_ path: String) throws(BackupError) {
        let file = try open(path, O_RDONLY)
        defer { close(file) }
        if fsync(file) != 0 { throw failure("synced", path) }
    }

    /// Durable when it returns.
    static func rename(_ old: String, to new: String) throws(BackupError) {
        if Glibc.rename(old, new) != 0 { throw failure("renamed to \(new)", old) }
        try sync(directory(of: new))
    }

    /// Does nothing if there is no such file.
    static func remove(_ path: String) throws(BackupError) {
        if unlink(path) != 0, errno != ENOENT { throw failure("removed", path) }
    }

    static func makeDirectory(_ path: String) throws(BackupError) {
        if mkdir(path, 0o700) == 0 { return try sync(directory(of: path)) }
        if errno != EEXIST { throw failure("made", path) }
    }

    /// Nil if there is no such directory.
    static func contents(of path: String) throws(BackupError) -> [String]? {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return nil }
            throw failure("listed", path)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Nil if there is no such file.
    static func read(_ path: String) throws(BackupError) -> [UInt8]? {
        if access(path, F_OK) != 0, errno == ENOENT { return nil }
        var bytes: [UInt8] = []
        try forEachPart(of: path) { bytes += $0 }
        return bytes
    }

    static func forEachPart(of path: String, _ body: (ArraySlice<UInt8>) throws(BackupError) -> Void)
        throws(BackupError)
    {
        let file = try open(path, O_RDONLY)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress!, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            if count == 0 { return }
            try body(buffer[..<count])
        }
    }

    static func open(_ path: String, _ flags: Int32) throws(BackupError) -> Int32 {
        let file = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        if file < 0 { throw failure("opened", path) }
        return file
    }

    /// What a file is.
    static func seal(_ path: String) throws(BackupError) -> (byteCount: Int, sha256: String) {
        var digest = SHA256()
        var byteCount = 0
        try forEachPart(of: path) { part in
            digest.update(data: part)
            byteCount += part.count
        }
        return (byteCount, hexadecimal(digest.finalize()))
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func failure(_ what: String, _ path: String) -> BackupError {
        .file("\(path) can't be \(what): \(String(cString: strerror(errno)))")
    }
}
