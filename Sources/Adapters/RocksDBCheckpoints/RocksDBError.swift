internal import CRocksDB
import CheckpointStores

extension CheckpointStoreError {
    /// What RocksDB said, sorted by what the caller can do about it. The C API gives the text only, which begins with
    /// the status code ("IO error: No space left on device: While appending to file: …").
    init(rocksDB message: String, doing what: String) {
        let text = "\(what): \(message)"
        if message.hasPrefix("Corruption") {
            self = .corrupted(text)
        } else if Self.fullDisk.contains(where: message.contains) {
            self = .noSpace(text)
        } else if Self.lockHeld.contains(where: message.contains) {
            self = .failed("\(what): another process, or another store of this one, holds the directory (\(message))")
        } else {
            self = .failed(text)
        }
    }

    private static let fullDisk = [
        "No space left on device", "Disk quota exceeded", "Max allowed space was reached",
    ]
    private static let lockHeld = ["While lock file", "lock hold by current process"]
}

/// Calls a function of RocksDB's C API and throws what it left behind its last argument.
func rocksDB<Result>(
    _ what: String, _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) throws(CheckpointStoreError) -> Result {
    var message: UnsafeMutablePointer<CChar>?
    let result = unsafe call(&message)
    guard let message = unsafe message else { return result }
    defer { unsafe rocksdb_free(message) }
    throw CheckpointStoreError(rocksDB: unsafe String(cString: message), doing: what)
}
