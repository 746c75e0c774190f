import Foundation

/// A new file that only its owner can read, for a key or token that is shown once.
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

extension AdminOptions {
    /// Has something made that has a secret in it under the name `secret`, and shows it, with the secret or with it in a file.
    func make(
        _ secret: String, file path: String?, fields: [Column], _ send: (AdminClient) async throws -> Value
    ) async throws {
        let file = try path.map { try KeyFile($0) }
        let answer: Value
        do {
            answer = try await run(send)
        } catch {
            file?.abandon()
            throw error
        }
        guard let file, case .object(var record) = answer else {
            return try show(answer, as: fields + [Column(secret) { "\($0[secret].text)  (shown this once)" }])
        }
        try file.write(answer[secret].text)
        record[secret] = nil
        try show(.object(record), as: fields)
    }
}
