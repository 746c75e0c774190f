import Foundation

/// A new file that only its owner can read, for a key that is shown once.
///
/// It is made before the key is: a key that could not be kept would be lost.
struct KeyFile {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(.usage, "\(path) can't be made: \(String(cString: strerror(errno)))")
        }
    }

    func write(_ key: String) throws {
        defer { close(descriptor) }
        let bytes = Array((key + "\n").utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw Failure(
                .unavailable,
                "\(path) can't be written: \(String(cString: strerror(errno))). Revoke the key and make another.")
        }
    }

    /// There is no key after all.
    func abandon() {
        close(descriptor)
        unlink(path)
    }
}
