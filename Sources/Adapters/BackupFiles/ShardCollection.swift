internal import CheckpointStores
internal import CommitLogs
internal import Leaderboards
internal import Sharding

/// The files of one shard while a backup is taken: what is there, and what is being added.
final class ShardCollection {
    let shard: ShardID
    private(set) var backup: ShardBackup
    private let directory: BackupDirectory
    private var file: FileInTheMaking?
    private var log: ShardBackup.Log?
    /// What further records must follow.
    private var base: (number: UInt64, hash: String, position: UInt64)?
    /// The next record was given back before it was read.
    private(set) var lacksRecords = false

    init(_ shard: ShardID, _ backup: ShardBackup?, in directory: BackupDirectory) {
        self.shard = shard
        self.backup = backup ?? ShardBackup(shard: shard.number)
        self.directory = directory
        base = self.backup.end
    }

    private var folder: String { directory.path + "/" + BackupDirectory.folder(of: shard) }

    /// Removes what an earlier run has left unfinished, and takes over a checkpoint that it had finished.
    func tidy() throws(BackupError) {
        guard let names = try Disk.contents(of: folder) else { return }
        let known = Set((backup.checkpoints.map(\.file) + backup.logs.map(\.file)).map(\.path))
        for name in names {
            let path = BackupDirectory.folder(of: shard) + "/" + name
            if known.contains(path) { continue }
            let isWhole = name.hasPrefix("checkpoint-") && !name.hasSuffix(BackupDirectory.partial)
            if isWhole, let manifest = try? PieceFile(directory.path + "/" + path, of: shard).manifest,
                manifest.number > backup.end?.number ?? 0
            {
                let (byteCount, sha256) = try Disk.seal(directory.path + "/" + path)
                add(manifest, FileSeal(path: path, bytes: byteCount, sha256: sha256))
                if base == nil { base = backup.end }
            } else {
                try Disk.remove(directory.path + "/" + path)
            }
        }
    }

    private func add(_ manifest: ShardManifest, _ seal: FileSeal) {
        backup.checkpoints.removeAll { $0.number == manifest.number }
        backup.checkpoints.append(ShardBackup.Checkpoint(manifest, seal))
        backup.checkpoints.sort { $0.number < $1.number }
    }

    // MARK: Checkpoints

    /// Writes down a checkpoint as it comes.
    ///
    /// - Parameter isBridge: the records between those that are there and the checkpoint can't be had any more
    func takeCheckpoint(isBridge: Bool, _ stream: (([UInt8]) async throws -> Void) async throws -> Void) async throws {
        try Disk.makeDirectory(folder)
        let file = try FileInTheMaking(temporary: folder + "/checkpoint" + BackupDirectory.partial)
        var decoder = PieceDecoder(of: shard)
        var newest: [UInt8]?
        try await stream { part in
            decoder.feed(part)
            while let frame = try decoder.next() {
                if case .piece(let key, let bytes, _) = frame, key.kind == .shardManifest { newest = bytes }
            }
            try file.write(part)
        }
        guard decoder.isAtEnd, let newest else { throw BackupError.unavailable("the answer ended too early") }
        guard let manifest = try? newest.withUnsafeBytes({ try ShardManifest($0) }) else {
            throw BackupError.damaged("the manifest of shard \(shard) can't be read")
        }
        let path = BackupDirectory.folder(of: shard) + "/checkpoint-\(manifest.number)"
        let (byteCount, sha256) = try file.finish(as: directory.path + "/" + path)
        add(manifest, FileSeal(path: path, bytes: byteCount, sha256: sha256))
        // One that is older than what is there is of no use.
        if base == nil || isBridge && manifest.number > end?.number ?? 0 {
            base = (manifest.number, manifest.hash.description, manifest.position.value)
        }
    }

    // MARK: Records

    var bufferedByteCount: Int { file?.bufferedByteCount ?? 0 }
    func flush() throws(BackupError) { try file?.flush() }

    /// What the next record must follow.
    var end: (number: UInt64, hash: String, position: UInt64)? {
        log.map { ($0.last, $0.hash, $0.position) } ?? base
    }

    /// Takes a record that follows what is there. One that is there already is passed over.
    func take(_ entry: LogEntry) throws(BackupError) {
        let record = entry.record
        let end = end
        guard record.number > end?.number ?? 0, !lacksRecords else { return }
        // A shared log is cut shard by shard, so others may have records that are as old.
        if record.number > (end?.number ?? 0) + 1 {
            lacksRecords = true
            return
        }
        guard
            record.previousHash.description == end?.hash ?? ChainHash.zero.description
        else {
            throw .damaged(
                "record \(record.number) of shard \(shard) does not follow record \(end?.number ?? 0), which the backup has"
            )
        }
        if file == nil {
            try Disk.makeDirectory(folder)
            file = try FileInTheMaking(temporary: folder + "/log" + BackupDirectory.partial)
        }
        try file!.write(record.encoded().bytes)
        let time = record.time?.milliseconds
        var log =
            self.log
            ?? ShardBackup.Log(
                file: FileSeal(path: "", bytes: 0, sha256: ""), first: record.number, last: 0,
                previousHash: record.previousHash.description, hash: "", epoch: 0, position: 0)
        log.last = record.number
        log.hash = entry.hash.description
        log.epoch = record.epoch
        log.position = entry.position.value
        log.firstTime = log.firstTime ?? time
        log.lastTime = time ?? log.lastTime
        self.log = log
    }

    /// Forgets records that were begun and not finished: they are asked for again.
    func abandonRecords() {
        file = nil
        log = nil
        lacksRecords = false
    }

    func finishRecords() throws(BackupError) {
        guard var log, let file else { return }
        log.file.path = BackupDirectory.folder(of: shard) + "/log-\(log.first)-\(log.last)"
        let (byteCount, sha256) = try file.finish(as: directory.path + "/" + log.file.path)
        log.file.bytes = byteCount
        log.file.sha256 = sha256
        backup.logs.append(log)
        base = (log.last, log.hash, log.position)
        // Of the state before.
        backup.stateHash = nil
        backup.stateNumber = nil
        abandonRecords()
    }
}
