import CheckpointStores
internal import Glibc

/// How much room a disk has, asked before it is needed: RocksDB copes badly with a disk that fills up under it.
enum DiskSpace {
    /// Opening writes a manifest, options and the headings of the log, some 100 KB. This RocksDB, as Debian builds it,
    /// ends the process with an assertion if it can't write the latter.
    static let neededToOpen = 1 << 20

    static func check(_ directory: String, needed: Int) throws(CheckpointStoreError) {
        guard let free = freeBytes(directory), free < needed else { return }
        throw .noSpace("\(directory): \(free) bytes are free, and \(needed) needed")
    }

    /// Nil if the system doesn't say. A directory not yet made has the room of its parent.
    private static func freeBytes(_ directory: String) -> Int? {
        var status = statvfs()
        for path in [directory, parent(of: directory)] where unsafe statvfs(path, &status) == 0 {
            return Int(status.f_bavail) * Int(status.f_frsize)
        }
        return nil
    }

    private static func parent(of directory: String) -> String {
        directory.lastIndex(of: "/").map { String(directory[...$0]) } ?? "."
    }
}
