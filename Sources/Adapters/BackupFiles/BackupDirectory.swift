package import Leaderboards

/// A backup on disk:
///
///     manifest.json                    what there is: written last, and replaced as a whole
///     control.jsonl                    tenants, projects, keys: a dump of the control database
///     shards/0007/checkpoint-81        what shard 7 was after its record 81 (PieceStream)
///     shards/0007/log-82-97            its records after that (RecordStream)
///
/// A file that is not whole is called `….partial`. What the manifest does not name does not count.
package struct BackupDirectory: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    static let manifestName = "manifest.json"
    static let controlName = "control.jsonl"
    static let partial = ".partial"

    /// Nil if there is none.
    package func manifest() throws(BackupError) -> BackupManifest? {
        guard let bytes = try Disk.read(path + "/" + Self.manifestName) else { return nil }
        do throws(BackupError) { return try BackupManifest(bytes) } catch {
            throw .damaged("\(path)/\(Self.manifestName): \(error)")
        }
    }

    /// Of a backup that is to be read.
    package func existingManifest() throws(BackupError) -> BackupManifest {
        guard let manifest = try manifest() else {
            throw .refused("\(path) is no whole backup: it has no \(Self.manifestName)")
        }
        return manifest
    }

    /// From here on the backup is what `manifest` says.
    package func commit(_ manifest: BackupManifest) throws(BackupError) {
        let temporary = path + "/" + Self.manifestName + Self.partial
        try Disk.remove(temporary)
        try Disk.append(manifest.encoded(), to: temporary)
        try Disk.sync(temporary)
        try Disk.rename(temporary, to: path + "/" + Self.manifestName)
    }

    /// Makes it, if need be. A directory that has something else in it is refused.
    func make() throws(BackupError) {
        let names = try Disk.contents(of: path) ?? []
        let own = [Self.manifestName, Self.controlName, "shards"]
        if let other = names.first(where: { name in !own.contains { name == $0 || name == $0 + Self.partial } }) {
            throw .refused("\(path) has '\(other)' in it, and is no directory of a backup")
        }
        try Disk.makeDirectory(path)
        try Disk.makeDirectory(path + "/shards")
    }

    static func folder(of shard: ShardID) -> String {
        let digits = String(shard.number)
        return "shards/" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    package func path(of file: FileSeal) -> String { path + "/" + file.path }

    package func checkpoint(_ checkpoint: ShardBackup.Checkpoint, of shard: ShardID) throws(BackupError) -> PieceFile {
        try PieceFile(path(of: checkpoint.file), of: shard)
    }

    package func records(_ log: ShardBackup.Log) throws(BackupError) -> RecordFile {
        try RecordFile(path(of: log.file))
    }

    /// Nil if the backup has none.
    package func control(_ manifest: BackupManifest) throws(BackupError) -> [UInt8]? {
        guard let file = manifest.control else { return nil }
        try check(file)
        return try Disk.read(path(of: file))
    }

    /// That a file is what the manifest says.
    package func check(_ file: FileSeal) throws(BackupError) {
        let (byteCount, sha256) = try Disk.seal(path(of: file))
        guard byteCount == file.bytes, sha256 == file.sha256 else {
            throw .damaged("\(path(of: file)) is not what was written: \(byteCount) bytes, SHA-256 \(sha256)")
        }
    }
}
